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

from __future__ import annotations

import testtools

from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import library

from tests.functional.fidelity import certificates
from tests.functional.fidelity import world
from tests.unit.pki import pairs


class CertificateTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.pair = pairs.pair()
        self.template = self.pair.destination.leaf

    def read(self) -> certificate.Certificate:
        return certificate.Certificate.from_der(self.template.der(pairs.NOW))


class TestFields(CertificateTestCase):
    def test_times(self):
        """Seconds since 1970."""
        now = int(pairs.NOW.timestamp())
        found = self.read()
        self.assertEqual(now + self.template.since, found.not_before())
        self.assertEqual(now + self.template.until, found.not_after())

    def test_names(self):
        """Subject and issuer."""
        self.assertEqual('CN=a server', self.read().subject())
        self.assertEqual('CN=a root', self.read().issuer())

    def test_empty_subject(self):
        """It is an error where QEMU asks for it, and empty where we do."""
        self.template.subject = []
        found = self.read()
        self.assertEqual('', found.subject())
        self.assertRaises(library.Failed, found.distinguished_name)

    def test_basic_constraints(self):
        """Three answers: a CA, none, and nothing said."""
        for basic, expected in (
            ((True, None, True), True),
            ((False, None, True), False),
            (None, None),
        ):
            self.template.cached = None
            self.template.basic = basic
            self.assertIs(expected, self.read().is_ca())

    def test_malformed_constraints(self):
        """They are not taken for absent."""
        self.template.extra.append(
            (certificates.BASIC_CONSTRAINTS, True, b'\x30\x05\x01')
        )
        self.assertRaises(library.Failed, self.read().is_ca)

    def test_key_usage(self):
        """The bits, and if it is critical."""
        self.assertIsNone(self.read().key_usage())
        for critical in (True, False):
            self.template.cached = None
            self.template.usage = ('digitalSignature', 'keyCertSign'), critical
            self.assertEqual(
                (
                    library.KEY_DIGITAL_SIGNATURE | library.KEY_KEY_CERT_SIGN,
                    critical,
                ),
                self.read().key_usage(),
            )

    def test_purposes(self):
        """All of them, also very long ones."""
        self.assertEqual((), self.read().purposes())
        long = '1.3.6.1.4.1.' + '.'.join(['1234567'] * 9)
        self.template.cached = None
        self.template.purposes = (certificates.SERVER_AUTH, long), True
        self.assertEqual(
            ((certificates.SERVER_AUTH, True), (long, True)),
            self.read().purposes(),
        )

    def test_der(self):
        """What was read is given back."""
        self.assertEqual(self.template.der(pairs.NOW), self.read().der())

    def test_serial_that_others_refuse(self):
        """GnuTLS reads what QEMU reads."""
        self.template.serial = -5
        self.assertEqual('CN=a server', self.read().subject())


class TestNames(CertificateTestCase):
    def test_covers(self):
        """By subjectAltName, of the right type only."""
        found = self.read()
        for name, expected in (
            (world.HOST, True),
            (world.HOST.upper(), True),
            (world.ADDRESS, True),
            ('203.0.113.3', False),
            (f'{world.HOST}.', False),
            ('', False),
            ('\udcff', False),
        ):
            self.assertIs(expected, found.covers(name), name)


class TestLists(CertificateTestCase):
    def pem(self, count: int) -> bytes:
        return world.pem_of(self.template, pairs.NOW) * count

    def test_all(self):
        """Also more than GnuTLS begins with."""
        for count in (1, 2, 1024, 1025, 2100):
            self.assertEqual(
                count, len(certificate.read_list(self.pem(count)))
            )

    def test_first_ones(self):
        """More than asked for are left out, not refused."""
        self.assertEqual(
            16, len(certificate.read_list(self.pem(17), at_most=16))
        )

    def test_none(self):
        """That is an error."""
        err = self.assertRaises(
            library.Failed, certificate.read_list, b'nothing'
        )
        self.assertEqual(library.E_NO_CERTIFICATE_FOUND, err.code)

    def test_damaged_one_among_them(self):
        """One is enough."""
        damaged = self.pem(1) + world.pem('CERTIFICATE', b'nonsense')
        self.assertRaises(library.Failed, certificate.read_list, damaged)

    def test_first_of_a_file(self):
        """The rest of the file does not matter."""
        damaged = self.pem(1) + world.pem('CERTIFICATE', b'nonsense')
        found = certificate.Certificate.from_pem(damaged)
        self.assertEqual('CN=a server', found.subject())


class TestVerify(CertificateTestCase):
    def root(self) -> certificate.Certificate:
        return certificate.Certificate.from_der(self.pair.root.der(pairs.NOW))

    def test_good(self):
        """Its CA is there."""
        self.assertEqual(0, certificate.verify([self.read()], [self.root()]))

    def test_unknown_issuer(self):
        """Its CA is not there, or there is none."""
        other = pairs.pair().new_authority('another root')
        foreign = certificate.Certificate.from_der(other.der(pairs.NOW))
        for authorities in ([], [foreign]):
            status = certificate.verify([self.read()], authorities)
            self.assertTrue(status & library.CERT_SIGNER_NOT_FOUND)

    def test_issued_by(self):
        """By the name of the issuer."""
        self.assertTrue(self.read().issued_by(self.root()))
        self.assertFalse(self.root().issued_by(self.read()))
