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

"""A host to be given an identity, and a CA that signs what it asks for."""

from __future__ import annotations

import datetime
import pathlib
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509
import fixtures
import testtools

from nova_native_tls.host import qemu_user
from nova_native_tls.identity import candidate
from nova_native_tls.identity import enroll
from nova_native_tls.identity import pending
from nova_native_tls.identity import place
from nova_native_tls.migration import versions
from nova_native_tls.store import swap
from tests.functional import credentials
from tests.functional import qemu_tls

HOST = 'host1.example.org'
#: Short, as no migration begins here unless a test wants it.
PATIENCE = swap.Patience(quiet_s=0.02, settle_s=0.01, limit_s=20.0)
#: What QEMU says once it has loaded a set, of either end.
LOADED = {
    'client': 'Connection refused',
    'server': 'Expected TLS credentials for a client endpoint',
}


def sign(
    csr_pem: bytes,
    ca: credentials.Identity,
    *extensions: tuple[Any, bool],
    names: tuple[str, ...] | None = None,
    days: tuple[int, int] = (-1, 7),
) -> bytes:
    """Sign a request.

    :param names: instead of those that are asked for.
    :param days: valid from and until, counted from now.
    """
    csr = x509.load_pem_x509_csr(csr_pem)
    asked = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return certificate(
        csr.public_key(),
        ca,
        asked.value
        if names is None
        else x509.SubjectAlternativeName([x509.DNSName(n) for n in names]),
        *extensions,
        days=days,
    )


def certificate(
    key: Any,
    ca: credentials.Identity,
    names: x509.SubjectAlternativeName,
    *extensions: tuple[Any, bool],
    days: tuple[int, int] = (-1, 7),
) -> bytes:
    """Issue a certificate for a public key."""
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(credentials.issue('a host').cert.subject)
        .issuer_name(ca.cert.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * credentials.DAY)
        .not_valid_after(now + days[1] * credentials.DAY)
        .add_extension(names, critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    signed = builder.sign(ca.key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


class IdentityTestCase(testtools.TestCase):
    """An empty directory of a host, whose QEMU runs as nobody."""

    def setUp(self) -> None:
        super().setUp()
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        root.chmod(0o755)
        self.ca = credentials.authority()
        self.directory = root / 'pki'
        self.place = place_at(self.directory)

    def request(self, **options: Any) -> pending.Pending:
        """Ask for a certificate."""
        options.setdefault('names', (HOST,))
        return enroll.enroll(self.place, **options)

    def signed(self, **changes: Any) -> candidate.Given:
        """Ask for a certificate, and get one."""
        asked = self.request(replace=True)
        return candidate.Given(
            cert=sign(asked.request.csr_pem, self.ca, **changes),
            ca=self.ca.cert_pem,
        )

    def content(self) -> dict[str, bytes]:
        """What readers get."""
        return {
            path.name: path.read_bytes()
            for path in self.directory.glob('*.pem')
            if path.exists()
        }

    def assert_qemu_loads(self) -> None:
        """The real QEMU loads what is installed, as a user of its own."""
        assert_qemu_loads(self.directory)


def place_at(directory: pathlib.Path) -> place.Place:
    """A host whose certificates are there."""
    return place.Place(
        host_name=HOST,
        directory=str(directory),
        user=qemu_user.described(
            qemu_tls.NOBODY, qemu_tls.NOBODY, said_by='a test'
        ),
        qemu=(versions.Version(7, 2),),
    )


def assert_qemu_loads(directory: pathlib.Path) -> None:
    """The real QEMU loads what is there, as a user of its own."""
    for endpoint, sentence in LOADED.items():
        said = qemu_tls.load(directory, endpoint, as_nobody=True)
        if sentence not in said:
            raise AssertionError(f'{endpoint}: {said}')
