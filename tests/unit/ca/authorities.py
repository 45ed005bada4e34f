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

"""CAs in temporary directories, and requests of hosts."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import datetime
import pathlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509
import fixtures
import testtools

from nova_native_tls.ca import allowed_names
from nova_native_tls.ca import authority
from nova_native_tls.ca import birth
from nova_native_tls.ca import reading
from nova_native_tls.pki import key_type
from nova_native_tls.pki import profile

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
HOST = 'host1.example.org'


def no_passphrase() -> bytes:
    """Nobody is to be asked."""
    raise AssertionError('the passphrase was asked for')


def request(
    *names: str,
    key: Any = None,
    extensions: Sequence[x509.ExtensionType] = (),
    common_name: str = 'a host',
    digest: Any = None,
) -> bytes:
    """A certificate request in PEM.

    :param names: in subjectAltName.
    :param key: a new one by default.
    """
    key = ec.generate_private_key(ec.SECP256R1()) if key is None else key
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName(profile.general_names(names)), False
        )
    for extension in extensions:
        builder = builder.add_extension(extension, False)
    algorithm = key_type.digest(key) and (digest or hashes.SHA256())
    csr = builder.sign(key, algorithm)
    return csr.public_bytes(serialization.Encoding.PEM)


def terms(*names: str, **changes: Any) -> authority.Terms:
    """Terms that allow these names."""
    return authority.Terms(
        allowed=allowed_names.AllowedNames(names=names), **changes
    )


class AuthorityTestCase(testtools.TestCase):
    """Offers one CA."""

    def setUp(self) -> None:
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.directory = self.root / 'ca'

    def init(self, **changes: Any) -> None:
        """Make the CA."""
        changes.setdefault('now', NOW)
        birth.init(str(self.directory), **changes)

    @contextlib.contextmanager
    def working(self, ask: Any = no_passphrase) -> Iterator[Any]:
        """Work with it."""
        with authority.working(str(self.directory), ask) as ca:
            yield ca

    def sign(
        self, *names: str, key: Any = None, ask: Any = None, **changes: Any
    ) -> x509.Certificate:
        """Sign a request for names that are all allowed."""
        now = changes.pop('now', NOW)
        with self.working(ask or no_passphrase) as ca:
            signed = ca.sign(
                request(*names, key=key),
                terms=terms(*names, **changes),
                now=now,
            )
        return x509.load_pem_x509_certificate(signed)

    def reading(self) -> reading.Reading:
        """Look at it."""
        return reading.Reading(str(self.directory))

    def contents(self) -> dict[str, bytes]:
        """What is in its files."""
        return {
            path.name: path.read_bytes()
            for path in sorted(self.directory.iterdir())
        }
