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

"""The name that is chosen is one that GnuTLS finds in the certificate."""

from __future__ import annotations

from cryptography.x509 import oid

from cryptography.hazmat.primitives import hashes

from collections.abc import Iterator
import itertools

from cryptography import x509
import testtools

from nova_native_tls.pki import inspect
from nova_native_tls.pki import server_name
from tests.functional import gnutls_library
from tests.unit.pki import certificates

HOST = 'host2.example.org'

#: Names as certificates bear them, wildcards at and beyond the limits.
PATTERNS = (
    HOST,
    'HOST2.Example.ORG',
    'host2',
    'host2.example.net',
    'other.example.org',
    '*.example.org',
    '*.EXAMPLE.org',
    '*.org',
    '*',
    '*.',
    '*.example.org.',
    '*.*.org',
    '*.host2.example.org',
    '*.a.b.example.org',
    'host2.*.org',
    'h*.example.org',
)
NAMES = (
    HOST,
    'host2',
    'other.example.org',
    'host2.example.net',
    'a.host2.example.org',
    'x.a.b.example.org',
    'example.org',
    'host2.org',
    'org',
)


class CoversTest(testtools.TestCase):
    """One name in the certificate against one host name."""

    def test_every_pair(self) -> None:
        """Both say the same of each, as DNS name and as common name."""
        verdicts = set()
        for pattern in PATTERNS:
            for issued in (
                certificates.certificate(dns=(pattern,)),
                certificates.certificate(pattern),
            ):
                asked = gnutls_library.Certificate(certificates.pem(issued))
                for name in NAMES:
                    verdict = asked.covers(name)
                    verdicts.add(verdict)
                    self.assertEqual(
                        verdict,
                        server_name._covers(pattern.lower(), name),
                        f'{pattern} {name}',
                    )
        self.assertEqual({False, True}, verdicts)

    def test_part_of_a_label(self) -> None:
        """GnuTLS lets a wildcard stand for the beginning of a label too.

        A host is not called so by its certificate alone, so here it must be
        stated in the options.
        """
        pattern = '*2.example.org'
        asked = gnutls_library.Certificate(
            certificates.pem(certificates.certificate(dns=(pattern,)))
        )
        self.assertTrue(asked.covers(HOST))
        self.assertFalse(server_name._covers(pattern, HOST))


class ChosenTest(testtools.TestCase):
    """Whole certificates."""

    def _certificates(self) -> Iterator[x509.Certificate]:
        for names in itertools.permutations(PATTERNS[:8], 2):
            yield certificates.certificate('a host', dns=names)
        for common_names in (
            (),
            (HOST,),
            (HOST, HOST),
            ('a', HOST),
            (HOST, 'a'),
        ):
            for dns in ((), ('other.example.org',)):
                for ip in ((), ('203.0.113.2',)):
                    for other in ((), (x509.RFC822Name('root@example.org'),)):
                        yield certificates.certificate(
                            *common_names, dns=dns, ip=ip, other=other
                        )

    def test_what_is_chosen_is_verified(self) -> None:
        """No name is ever chosen that GnuTLS does not find."""
        chosen_names = set()
        for issued in self._certificates():
            pem = certificates.pem(issued)
            asked = gnutls_library.Certificate(pem)
            for host_name in ('host2', HOST, 'HOST2.example.org.'):
                chosen = server_name.choose(
                    inspect.first_certificate(pem), host_name
                )
                chosen_names.add(chosen.name)
                if chosen.name is not None:
                    self.assertTrue(
                        asked.covers(chosen.name), (chosen, host_name)
                    )
        self.assertEqual(
            {None, 'host2', HOST, 'host2.example.net'}, chosen_names
        )

    def test_whole_host_name_is_never_missed(self) -> None:
        """Where GnuTLS finds the host's whole name, it is chosen."""
        for issued in self._certificates():
            pem = certificates.pem(issued)
            if gnutls_library.Certificate(pem).covers(HOST):
                self.assertEqual(
                    HOST,
                    server_name.choose(
                        inspect.first_certificate(pem), HOST
                    ).name,
                )


class FirstCertificateTest(testtools.TestCase):
    """Which certificate of a file is the host's."""

    def test_the_same_one(self) -> None:
        """Both take the first, whatever stands around it."""
        first, second = (
            certificates.pem(certificates.certificate(dns=(name,)))
            for name in ('first', 'second')
        )
        for pem in (
            first,
            first + second,
            second + first,
            b'Version: 3\n' + first,
            certificates.key_pem() + first + second,
            first.replace(b'\n', b'\r\n'),
            first.replace(b'CERTIFICATE', b'X509 CERTIFICATE'),
        ):
            self.assertEqual(
                gnutls_library.Certificate(pem).sha256(),
                inspect.first_certificate(pem).sha256,
            )


class CommonNameTest(testtools.TestCase):
    """Where GnuTLS does not look at it, we do not either."""

    HOST = 'host2.example.org'

    def _check(self, issued: x509.Certificate) -> None:
        pem = certificates.pem(issued)
        chosen = server_name.choose(inspect.first_certificate(pem), self.HOST)
        self.assertEqual(
            gnutls_library.Certificate(pem).covers(self.HOST),
            chosen.name == self.HOST,
            chosen,
        )

    def test_beside_a_uri(self) -> None:
        """A subjectAltName of type URI silences the common name."""
        uri = x509.UniformResourceIdentifier('spiffe://x')
        self._check(certificates.certificate(self.HOST, other=(uri,)))

    def test_for_clients_only(self) -> None:
        """So does a purpose that is not to be a server."""
        name = x509.NameAttribute(x509.NameOID.COMMON_NAME, self.HOST)
        subject = x509.Name([name])
        self._check(
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(certificates.key().public_key())
            .serial_number(1)
            .not_valid_before(certificates.BEGIN)
            .not_valid_after(certificates.END)
            .add_extension(
                x509.ExtendedKeyUsage([oid.ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .sign(certificates.key(), hashes.SHA256())
        )
