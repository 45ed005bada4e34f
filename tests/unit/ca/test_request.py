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

"""Which requests are refused, and why."""

from __future__ import annotations

import base64
import ipaddress

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509
import testtools

from nova_native_tls.ca import request
from nova_native_tls import exception
from tests.unit.ca import authorities


def changed(pem: bytes) -> bytes:
    """A request whose signature belongs to something else."""
    head, *middle, tail = pem.strip().split(b'\n')
    der = bytearray(base64.b64decode(b''.join(middle)))
    position = der.index(b'a host')
    der[position : position + 6] = b'z host'
    return b'\n'.join((head, base64.encodebytes(bytes(der)).strip(), tail))


class TestRequest(testtools.TestCase):
    def assert_refused(self, content: bytes, *expected: str) -> None:
        error = self.assertRaises(
            exception.RequestRefused, request.read, content
        )
        for text in ('nothing was signed', *expected):
            self.assertIn(text, str(error))

    def test_names(self):
        """Names are compared in lower case, each once, addresses too."""
        found = request.read(
            authorities.request(
                'Host1.Example.org', 'host1.example.org', '2001:DB8:0::1'
            )
        )

        self.assertEqual(('host1.example.org', '2001:db8::1'), found.names)

    def test_common_name(self):
        """The CN counts only where there is no subjectAltName."""
        alone = request.read(authorities.request(common_name='host1'))
        beside = request.read(
            authorities.request('host2', common_name='host1')
        )

        self.assertEqual(('host1',), alone.names)
        self.assertEqual(('host2',), beside.names)

    def test_key(self):
        """The key is told by its fingerprint."""
        key = ec.generate_private_key(ec.SECP256R1())

        found = [
            request.read(authorities.request('host1', key=key)).key_sha256
            for _time in range(2)
        ]

        self.assertEqual(found[0], found[1])
        self.assertEqual(64, len(found[0]))

    def test_no_request(self):
        """Anything but one request in PEM is refused with what it is."""
        good = authorities.request('host1')
        self.assert_refused(b'', 'holds 0 certificate requests')
        self.assert_refused(good + good, 'holds 2 certificate requests')
        self.assert_refused(
            x509.load_pem_x509_csr(good).public_bytes(
                serialization.Encoding.DER
            ),
            'holds 0 certificate requests',
        )
        self.assert_refused(good[:100] + good[150:], 'damaged')
        self.assert_refused(b'x' * 70000, 'at most 65536 are read')

    def test_private_key(self):
        """A private key that was sent along is no longer secret."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

        self.assert_refused(
            pem + authorities.request('host1', key=key), 'private key'
        )

    def test_signature(self):
        """A request that was changed on its way is refused."""
        self.assert_refused(
            changed(authorities.request('host1')),
            'its signature is not by its key',
        )

    def test_weak(self):
        """A weak key and a weak hash are refused by name."""
        small = rsa.generate_private_key(65537, 1024)
        large = rsa.generate_private_key(65537, 2048)
        self.assert_refused(
            authorities.request('host1', key=small), 'RSA 1024'
        )
        self.assert_refused(
            authorities.request('host1', key=large, digest=hashes.SHA224()),
            'sha224',
        )

    def test_ca(self):
        """Nobody becomes a CA by asking."""
        usage = dict.fromkeys(
            (
                'digital_signature',
                'content_commitment',
                'key_encipherment',
                'data_encipherment',
                'key_agreement',
                'crl_sign',
                'encipher_only',
                'decipher_only',
            ),
            False,
        )
        for extension in (
            x509.BasicConstraints(ca=True, path_length=None),
            x509.KeyUsage(key_cert_sign=True, **usage),
        ):
            self.assert_refused(
                authorities.request('host1', extensions=[extension]),
                'asks to become a CA',
            )

    def test_names_that_no_host_has(self):
        """Wildcards, other types and addresses as names are refused."""
        names = x509.SubjectAlternativeName
        for name, expected in (
            (x509.DNSName('*.example.org'), 'neither a host name'),
            (x509.DNSName('host1.'), 'neither a host name'),
            (x509.DNSName(''), 'neither a host name'),
            (x509.DNSName('203.0.113.1'), 'as an IP subjectAltName'),
            (x509.RFC822Name('a@example.org'), 'RFC822Name'),
            (
                x509.UniformResourceIdentifier('https://example.org'),
                'UniformResourceIdentifier',
            ),
            (
                x509.IPAddress(ipaddress.ip_network('10.0.0.0/8')),
                'neither a host name nor an address',
            ),
        ):
            self.assert_refused(
                authorities.request(extensions=[names([name])]), expected
            )
        self.assert_refused(authorities.request(), 'neither a host name')
