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

"""What is read from a certificate, and what is refused."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509
import testtools

from nova_native_tls import exception
from nova_native_tls.pki import inspect
from nova_native_tls.pki import model
from tests.unit.pki import certificates

NAME = 'host2.example.org'

#: Object identifiers of two extensions, in DER.
ALTERNATIVE_NAME = bytes.fromhex('0603551d11')
ISSUER_ALTERNATIVE_NAME = bytes.fromhex('0603551d12')


def _wrapped(der: bytes) -> bytes:
    return (
        b'-----BEGIN CERTIFICATE-----\n'
        + base64.encodebytes(der)
        + b'-----END CERTIFICATE-----\n'
    )


class DescribeTest(testtools.TestCase):
    """The facts of a faultless certificate."""

    def test_every_fact(self) -> None:
        """Names, dates, serial and fingerprint are those issued."""
        issued = certificates.certificate(
            'a host',
            dns=(NAME, '*.Example.org'),
            ip=('203.0.113.2', '2001:db8:0::2'),
        )
        self.assertEqual(
            model.CertificateInfo(
                subject='CN=a host,O=Nova',
                issuer='CN=a host,O=Nova',
                common_names=('a host',),
                dns_names=(NAME, '*.Example.org'),
                ip_addresses=('203.0.113.2', '2001:db8::2'),
                not_valid_before_utc=certificates.BEGIN,
                not_valid_after_utc=certificates.END,
                serial=certificates.SERIAL,
                sha256=issued.fingerprint(hashes.SHA256()).hex(),
            ),
            inspect.describe(issued),
        )

    def test_no_alternative_names(self) -> None:
        """A certificate without subjectAltName has no such names."""
        facts = inspect.describe(certificates.certificate('a', 'b'))
        self.assertEqual(((), ()), (facts.dns_names, facts.ip_addresses))
        self.assertEqual(('a', 'b'), facts.common_names)

    def test_no_common_name(self) -> None:
        """A subject needs none."""
        facts = inspect.describe(certificates.certificate(dns=(NAME,)))
        self.assertEqual((), facts.common_names)

    def test_other_alternative_names(self) -> None:
        """Names of other types are neither host names nor addresses."""
        facts = inspect.describe(
            certificates.certificate(
                other=(
                    x509.RFC822Name('root@example.org'),
                    x509.UniformResourceIdentifier('http://example.org'),
                )
            )
        )
        self.assertEqual(((), ()), (facts.dns_names, facts.ip_addresses))


class HostNamesTest(testtools.TestCase):
    """Which names count as host names."""

    def test_alternative_names_count_alone(self) -> None:
        """The common name is nothing beside a DNS name."""
        self.assertEqual(
            ('a', 'b'), certificates.info('cn', dns=('a', 'b')).host_names
        )

    def test_an_address_silences_the_common_name(self) -> None:
        """A certificate for addresses only has no host name."""
        self.assertEqual(
            (), certificates.info(NAME, ip=('203.0.113.2',)).host_names
        )

    def test_the_only_common_name(self) -> None:
        """Without subjectAltName one common name counts."""
        self.assertEqual((NAME,), certificates.info(NAME).host_names)

    def test_several_common_names(self) -> None:
        """Of several none counts, not even of two that are equal."""
        self.assertEqual((), certificates.info(NAME, NAME).host_names)
        self.assertEqual((), certificates.info('a', 'b').host_names)

    def test_no_name(self) -> None:
        """A certificate may name nobody."""
        self.assertEqual((), certificates.info().host_names)


class FirstCertificateTest(testtools.TestCase):
    """A file as an operator leaves it."""

    def _names(self, pem: bytes) -> tuple[str, ...]:
        return inspect.first_certificate(pem).dns_names

    def test_the_first_counts(self) -> None:
        """A chain begins with the host's own certificate."""
        first, second = (
            certificates.pem(certificates.certificate(dns=(name,)))
            for name in ('first', 'second')
        )
        self.assertEqual(('first',), self._names(first + second))
        self.assertEqual(('second',), self._names(second + first))

    def test_what_stands_around_it(self) -> None:
        """Text, a key, and ends of line of another system do not matter."""
        pem = certificates.pem(certificates.certificate(dns=(NAME,)))
        for file in (
            b'X.509 Certificate Information:\n\tVersion: 3\n' + pem,
            pem + b'\ntrailing text without an end',
            certificates.key_pem() + pem,
            pem.replace(b'\n', b'\r\n'),
            pem.rstrip(),
        ):
            self.assertEqual((NAME,), self._names(file))

    def test_not_a_certificate(self) -> None:
        """What has none in it is refused in one line."""
        issued = certificates.certificate(dns=(NAME,))
        pem = certificates.pem(issued)
        der = issued.public_bytes(serialization.Encoding.DER)
        for file in (
            b'',
            b'\n',
            b'certificate',
            b'\x00' * 100,
            b'\xff\xfe' + pem.decode().encode('utf-16-le'),
            certificates.key_pem(),
            der,
            pem[: len(pem) // 2],
            pem.replace(b'BEGIN CERT', b'BEGIN CRT'),
            _wrapped(b''),
            _wrapped(b'no DER'),
            _wrapped(der[:-1]),
            _wrapped(der + b'\x00'),
            _wrapped(der[:100] + bytes(50) + der[150:]),
        ):
            err = self.assertRaises(
                exception.CertificateUnreadable,
                inspect.first_certificate,
                file,
            )
            self.assertNotIn('\n', str(err))

    def test_a_bad_one_is_not_skipped(self) -> None:
        """The second is not taken for the first."""
        good = certificates.pem(certificates.certificate(dns=(NAME,)))
        self.assertRaises(
            exception.CertificateUnreadable,
            inspect.first_certificate,
            _wrapped(b'no DER') + good,
        )

    def test_size_limit(self) -> None:
        """A file of the greatest size is read, a longer one is refused."""
        pem = certificates.pem(certificates.certificate(dns=(NAME,)))
        room = inspect.MAX_BYTES - len(pem)
        self.assertEqual((NAME,), self._names(pem + b'\n' * room))
        err = self.assertRaises(
            exception.CertificateUnreadable,
            inspect.first_certificate,
            pem + b'\n' * (room + 1),
        )
        self.assertIn(str(inspect.MAX_BYTES + 1), str(err))

    def test_two_extensions_of_one_kind(self) -> None:
        """A certificate that says its names twice is refused."""
        der = certificates.certificate(
            dns=(NAME,), issuer_dns=('issuer.example',)
        ).public_bytes(serialization.Encoding.DER)
        doubled = der.replace(ISSUER_ALTERNATIVE_NAME, ALTERNATIVE_NAME)
        self.assertEqual(
            (NAME,), inspect.first_certificate(_wrapped(der)).dns_names
        )
        err = self.assertRaises(
            exception.CertificateUnreadable,
            inspect.first_certificate,
            _wrapped(doubled),
        )
        self.assertIn('uplicate', str(err))


class DamagedTest(testtools.TestCase):
    """Single bytes changed in a good certificate."""

    def setUp(self) -> None:
        super().setUp()
        self.der = certificates.certificate(
            'a host',
            dns=('host2.example.org',),
            other=(x509.RFC822Name('root@example.org'),),
        ).public_bytes(serialization.Encoding.DER)

    def _refused(self, old: bytes, new: bytes) -> None:
        self.assertIn(old, self.der)
        der = self.der.replace(old, new, 1)
        pem = (
            b'-----BEGIN CERTIFICATE-----\n'
            + base64.encodebytes(der)
            + b'-----END CERTIFICATE-----\n'
        )
        self.assertRaises(
            exception.CertificateUnreadable, inspect.first_certificate, pem
        )

    def test_version(self) -> None:
        """A version that X.509 has not."""
        self._refused(bytes.fromhex('a003020102'), bytes.fromhex('a003020126'))

    def test_general_name_type(self) -> None:
        """A kind of name that cryptography does not know."""
        self._refused(b'\x81\x10root@', b'\xa5\x10root@')

    def test_string_type_in_the_subject(self) -> None:
        """A kind of string that ASN.1 has not."""
        self._refused(b'\x0c\x06a host', b'\x4f\x06a host')

    def test_bit_string(self) -> None:
        """A kind of string that a common name has not."""
        self._refused(b'\x0c\x06a host', b'\x03\x06a host')
