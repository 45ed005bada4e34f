# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Hosts whose certificates come from the CA of this project."""

from __future__ import annotations

import datetime
import pathlib
from typing import Any

from cryptography.hazmat.primitives import serialization
import fixtures
import testtools

from nova_native_tls.ca import authority
from nova_native_tls.ca import birth
from nova_native_tls.ca import reading
from nova_native_tls.pki import key_type
from tests.functional import credentials
from tests.functional import qemu_tls
from tests.unit.ca import authorities

#: What qemu-img says once its credentials are loaded: as a source nobody
#: listens, and as a destination it does not dial.
LOADED = (
    'Connection refused',
    'Expected TLS credentials for a client endpoint',
)
NAME = '{}.example.org'


class Host:
    """A directory that QEMU reads, and the names that it is for."""

    def __init__(self, directory: pathlib.Path, name: str) -> None:
        directory.mkdir()
        directory.chmod(0o755)
        self.directory = directory
        self.short = name
        self.name = NAME.format(name)
        self.write('dh-params.pem', credentials.dh_parameters())

    def write(self, name: str, content: bytes) -> None:
        """Put a file there."""
        (self.directory / name).write_bytes(content)

    def install(self, key: Any, chain: bytes) -> None:
        """Put a key and its certificate there, for both ends."""
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        for role in ('server', 'client'):
            self.write(f'{role}-key.pem', pem)
            self.write(f'{role}-cert.pem', chain)

    def trust(self, bundle: bytes, crl: bytes | None) -> None:
        """Trust these, but not whom they revoke."""
        self.write('ca-cert.pem', bundle)
        if crl is not None:
            self.write('ca-crl.pem', crl)

    def loads(self) -> tuple[str, str]:
        """What QEMU says of it, as a source and as a destination."""
        source, destination = (
            qemu_tls.load(self.directory, endpoint)
            for endpoint in ('client', 'server')
        )
        return source, destination


def shake_hands(source: Host, destination: Host) -> qemu_tls.Said:
    """Let one QEMU dial the other."""
    return qemu_tls.shake_hands(
        qemu_tls.credentials(source.directory, 'client'),
        qemu_tls.credentials(destination.directory, 'server'),
        name=destination.name,
    )


class HostsTestCase(testtools.TestCase):
    """A CA, and hosts that have what it issues."""

    def setUp(self) -> None:
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        # QEMU may run as another user.
        self.root.chmod(0o755)
        self.directory = str(self.root / 'ca')
        self.now = datetime.datetime.now(datetime.UTC)

    def init(self, kind: key_type.KeyType = key_type.DEFAULT) -> None:
        """Make the CA."""
        birth.init(self.directory, kind=kind)

    def host(self, name: str, kind: Any = key_type.DEFAULT) -> Host:
        """Set a host up."""
        host = Host(self.root / name, name)
        self.renew(host, kind)
        self.trust(host)
        return host

    def renew(self, host: Host, kind: Any = key_type.DEFAULT) -> None:
        """Give a host a new key and certificate."""
        key = key_type.make(kind)
        names = (host.name, host.short, '127.0.0.1')
        # Several hosts have this address here.
        replacement = authority.Replacement(any_key=True)
        with authority.working(
            self.directory, authorities.no_passphrase
        ) as ca:
            chain = ca.sign(
                authorities.request(*names, key=key),
                terms=authorities.terms(*names, replacement=replacement),
            )
        host.install(key, chain)

    def trust(self, host: Host) -> None:
        """Give a host the bundle and the lists of now."""
        ca = reading.Reading(self.directory)
        host.trust(ca.bundle(self.now), ca.revocation_lists())

    def assert_loads(self, host: Host) -> None:
        """Assert that QEMU takes what is there, at both ends."""
        for said, loaded in zip(host.loads(), LOADED, strict=True):
            self.assertIn(loaded, said)

    def assert_shake_hands(self, source: Host, destination: Host) -> None:
        """Assert that one QEMU accepts the other, both ways."""
        said = shake_hands(source, destination)
        # The empty disk that the destination exports.
        self.assertIn('virtual size', said.source)
        self.assertEqual('', said.destination)
