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

"""How a CA comes into being."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography import x509

from nova_native_tls import exception
from nova_native_tls.pki import key_type
from nova_native_tls.store import durable
from tests.unit.ca import authorities


class TestInit(authorities.AuthorityTestCase):
    def refused(self, **changes) -> str:
        before = self.contents()
        error = self.assertRaises(exception.CAUnusable, self.init, **changes)
        self.assertEqual(before, self.contents())
        return str(error)

    def test_modes(self):
        """Nobody but the owner can read what is there."""
        self.init()

        self.assertEqual(0o700, self.directory.stat().st_mode & 0o777)
        for path in self.directory.iterdir():
            self.assertEqual(0o600, path.stat().st_mode & 0o777, path)

    def test_kinds(self):
        """The key is of the kind that was asked for."""
        for kind in key_type.KeyType:
            self.directory = self.root / kind
            self.init(kind=kind)

            key = self.reading().certificate(1).public_key()
            self.assertEqual(kind, key_type.recognise(key))

    def test_subjects_differ(self):
        """Two CAs of one name cannot be taken for each other."""
        subjects = set()
        for number in range(2):
            self.directory = self.root / str(number)
            self.init(name='Region One')
            subjects.add(self.reading().ledger.generations[0].subject)

        self.assertEqual(2, len(subjects))
        for subject in subjects:
            self.assertIn('Region One generation 1', subject)

    def test_encrypted(self):
        """With a passphrase the key cannot be read without it."""
        self.init(passphrase=b'secret')
        pem = (self.directory / 'ca-key-1.pem').read_bytes()

        self.assertRaises(
            TypeError, serialization.load_pem_private_key, pem, None
        )
        serialization.load_pem_private_key(pem, b'secret')

    def test_empty_list(self):
        """There is a revocation list from the start."""
        self.init()

        crl = x509.load_pem_x509_crl(self.reading().revocation_lists())
        self.assertEqual(0, len(crl))
        self.assertFalse(self.reading().lists_outdated(authorities.NOW))

    def test_exists(self):
        """A CA that is there is not touched, and neither is anything else."""
        self.init()
        self.assertIn('there is one already', self.refused())

        self.directory = self.root / 'other'
        self.directory.mkdir()
        (self.directory / 'ca-key-1.pem').write_text('the only copy')
        self.assertIn('needs an empty directory', self.refused())

    def test_empty_directory(self):
        """An empty directory is taken."""
        self.directory.mkdir()
        self.init()

        self.assertEqual(1, len(self.reading().ledger.generations))

    def test_name(self):
        """Its name has to fit into a subject."""
        self.directory.mkdir()
        for name in ('', 'x' * 37, 'a\nb'):
            self.assertIn('1 to 36', self.refused(name=name))

    def test_not_writable(self):
        """Where nothing can be made, nothing is left."""
        (self.root / 'file').write_text('')
        self.directory = self.root / 'file' / 'ca'

        self.assertRaises(
            (exception.CAUnusable, durable.WriteFailed), self.init
        )
        self.assertEqual(['file'], [p.name for p in self.root.iterdir()])
