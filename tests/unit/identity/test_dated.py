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


"""What in the files of credentials ends by itself."""

from __future__ import annotations

import datetime

from cryptography.hazmat.primitives import hashes
import testtools

from cryptography import x509

from nova_native_tls.identity import dated
from nova_native_tls.pki import credential_set
from tests.unit.pki import certificates

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


def crl(next_update: datetime.datetime | None = NOW + DAY) -> bytes:
    """A revocation list."""
    issuer = certificates.certificate('a CA').subject
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=issuer, last_update=NOW, next_update=next_update
    )
    signed = builder.sign(certificates.key(), hashes.SHA256())
    return signed.public_bytes(certificates.serialization.Encoding.PEM)


class DatedTest(testtools.TestCase):
    """Read from whatever files there are."""

    def read(self, **content: bytes) -> tuple[dated.Dated, ...]:
        files = {
            f'{name.replace("_", "-")}.pem': credential_set.File(content=each)
            for name, each in content.items()
        }
        return dated.read(
            credential_set.CredentialSet(directory='/d', files=files)
        )

    def test_certificates(self):
        """Each with its file, its subject and its dates."""
        one = certificates.certificate('one')
        (found,) = self.read(server_cert=certificates.pem(one))
        self.assertEqual('server-cert.pem', found.file)
        self.assertEqual('CN=one,O=Nova', found.subject)
        self.assertEqual(one.fingerprint(hashes.SHA256()).hex(), found.sha256)
        self.assertEqual(certificates.BEGIN, found.not_before)
        self.assertEqual(certificates.END, found.not_after)
        self.assertFalse(found.is_list)

    def test_every_file(self):
        """All that QEMU reads, but keys and parameters."""
        pem = certificates.pem(certificates.certificate('one'))
        everything = {
            name.removesuffix('.pem').replace('-', '_'): pem
            for name in credential_set.NAMES
        }
        everything['ca_crl'] = crl()
        found = self.read(**everything)
        self.assertEqual(
            {
                name
                for name in credential_set.NAMES
                if 'key' not in name and 'dh' not in name
            },
            {each.file for each in found},
        )

    def test_bundle(self):
        """Each CA, once."""
        first, second = (
            certificates.pem(certificates.certificate(name)) for name in 'ab'
        )
        found = self.read(ca_cert=first + second + first)
        self.assertEqual(
            ['CN=a,O=Nova', 'CN=b,O=Nova'], [each.subject for each in found]
        )

    def test_lists(self):
        """Each revocation list, by the date on which the next one is due."""
        found = self.read(ca_crl=crl() + crl(NOW + 2 * DAY))
        self.assertEqual(
            [NOW + DAY, NOW + 2 * DAY], [each.not_after for each in found]
        )
        for each in found:
            self.assertEqual('CN=a CA,O=Nova', each.subject)
            self.assertEqual(NOW, each.not_before)
            self.assertTrue(each.is_list)

    def test_unreadable(self):
        """What is missing, empty or damaged is said by others."""
        good = certificates.pem(certificates.certificate('one'))
        found = self.read(
            server_cert=b'',
            client_cert=b'no certificate',
            ca_cert=good[:-60],
            ca_crl=crl()[:-60],
        )
        self.assertEqual((), found)

    def test_through_a_socket(self):
        """In types that get through it, and as it was."""
        (found,) = self.read(
            server_cert=certificates.pem(certificates.certificate('one'))
        )
        primitives = found.to_primitives()
        self.assertEqual({str}, set(map(type, primitives.values())))
        self.assertEqual(found, dated.Dated.from_primitives(primitives))
