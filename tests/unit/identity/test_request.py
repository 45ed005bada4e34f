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

"""What a host asks a CA for."""

from __future__ import annotations

import socket
from unittest import mock

from cryptography.hazmat.primitives import serialization
from cryptography import x509
import testtools

from nova_native_tls import exception
from nova_native_tls.identity import request
from nova_native_tls.pki import key_type


class RequestTest(testtools.TestCase):
    """The request and its key."""

    def test_every_kind(self) -> None:
        """Each kind of key signs a request for all names."""
        names = ('host1.example.org', 'host1', '192.0.2.1', '2001:db8::1')
        for kind in key_type.KeyType:
            made = request.make(names, kind)
            csr = x509.load_pem_x509_csr(made.csr_pem)
            self.assertTrue(csr.is_signature_valid)
            self.assertEqual(names, made.names)
            self.assertEqual(
                names,
                request.names_of(
                    csr.extensions.get_extension_for_class(
                        x509.SubjectAlternativeName
                    ).value
                ),
            )
            key = serialization.load_pem_private_key(made.key_pem, None)
            self.assertEqual(kind, key_type.recognise(key))
            self.assertEqual(key.public_key(), csr.public_key())

    def test_subject(self) -> None:
        """There is a common name, which has room for 64 characters."""
        long = 'a' * 60 + '.' + 'b' * 40
        for names, expected in (
            ((long, 'short'), 'short'),
            ((long,), 'a' * 60),
            (('192.0.2.1',), '192.0.2.1'),
        ):
            csr = x509.load_pem_x509_csr(request.make(names).csr_pem)
            self.assertEqual(
                [expected], [attribute.value for attribute in csr.subject]
            )

    def test_canonical(self) -> None:
        """Names are compared in one way, and each counts once."""
        self.assertEqual(
            ('host1', '2001:db8::1'),
            request.canonical(['HOST1', 'host1', '2001:DB8:0::1']),
        )

    def test_no_name(self) -> None:
        """What is in no certificate, and nothing at all, is refused."""
        for names in ([], ['*.example.org'], ['a b'], ['fe80::1%eth0'], ['']):
            self.assertRaises(exception.InvalidHost, request.canonical, names)

    def test_key_is_not_shown(self) -> None:
        """The private key is in no representation."""
        self.assertNotIn('PRIVATE', repr(request.make(['host1'])))

    def test_own_names(self) -> None:
        """Whole names first; none that means every host."""
        with (
            mock.patch.object(
                socket,
                'getfqdn',
                return_value='Host1.example.org',
                autospec=True,
            ),
            mock.patch.object(
                socket, 'gethostname', return_value='host1', autospec=True
            ),
        ):
            self.assertEqual(
                ('host1.example.net', 'host1.example.org', 'host1'),
                request.own_names('host1.example.net.'),
            )
        with (
            mock.patch.object(
                socket,
                'getfqdn',
                return_value='localhost.localdomain',
                autospec=True,
            ),
            mock.patch.object(
                socket, 'gethostname', return_value='host1', autospec=True
            ),
        ):
            self.assertEqual(('host1',), request.own_names('localhost'))
