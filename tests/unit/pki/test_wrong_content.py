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

import ssl

import testtools

from nova_native_tls.pki import credential_set
from nova_native_tls.pki import verdict
from nova_native_tls.pki import wrong_content

from tests.unit.pki import pairs


class TestDescribe(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.pair = pairs.pair()
        pairs.write(self.pair)
        self.files = self.pair.destination.files
        self.der = ssl.PEM_cert_to_DER_cert(
            self.files['server-cert.pem'].decode()
        )

    def test_as_promised(self):
        """Nothing is said of what has the right kind of block in it."""
        for name, content in {
            **self.files,
            'client-key-0.pem': self.files['server-key.pem'],
            'ca-crl.pem': b'-----BEGIN X509 CRL-----\nAA',
            'dh-params.pem': b'-----BEGIN DH PARAMETERS-----\nAA',
        }.items():
            self.assertEqual('', wrong_content.describe(name, content), name)

    def test_der(self):
        """However long its length is."""
        for content in (self.der, b'\x30\x01\x00', b'\x30\x81\x01\x00'):
            self.assertIn(
                'in DER', wrong_content.describe('ca-cert.pem', content)
            )

    def test_neither(self):
        """Also what only begins as DER does."""
        for content in (b'nonsense', self.der[:-1], self.der * 2, b'\x30'):
            self.assertEqual(
                'has nothing in PEM in it',
                wrong_content.describe('server-key.pem', content),
            )

    def test_empty(self):
        """An empty file is called so."""
        for content in (b'', b' \n'):
            self.assertEqual(
                'is empty', wrong_content.describe('ca-cert.pem', content)
            )

    def test_another_kind(self):
        """It is named, and what is wanted there as well."""
        found = wrong_content.describe(
            'server-key.pem', self.files['server-cert.pem']
        )
        self.assertEqual('has no PRIVATE KEY in it, but CERTIFICATE', found)
        found = wrong_content.describe(
            'server-cert.pem', self.files['server-key.pem']
        )
        self.assertTrue(found.startswith('has no CERTIFICATE in it, but '))

    def test_behind_nul(self):
        """QEMU's own checks do not get there."""
        content = b'\0' + self.files['server-cert.pem']
        self.assertNotEqual(
            '', wrong_content.describe('server-cert.pem', content)
        )

    def test_told(self):
        """Whichever file it is that has DER in it, and in whichever QEMU."""
        for name in ('ca-cert.pem', 'server-cert.pem', 'server-key.pem'):
            for version in (pairs.OLD, pairs.NEW):
                files = credential_set.CredentialSet(
                    directory='/x',
                    files={
                        each: credential_set.File(
                            content=self.der if each == name else content
                        )
                        for each, content in self.files.items()
                    },
                )
                found = verdict.of_host(
                    files, pairs.SERVER, qemu_version=version
                )
                told = [
                    each
                    for each in found.findings
                    if each.seen.startswith(f'/x/{name} is in DER')
                ]
                self.assertNotEqual([], told, (name, version))
                for each in told:
                    self.assertEqual('key' in name, 'key' in each.wanted)
