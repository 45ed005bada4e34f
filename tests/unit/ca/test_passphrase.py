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

"""Where a passphrase comes from."""

from __future__ import annotations

import pathlib

import fixtures
import testtools

from nova_native_tls.ca import passphrase
from nova_native_tls import exception


class TestPassphrase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.EnvironmentVariable(passphrase.VARIABLE))
        root = self.useFixture(fixtures.TempDir()).path
        self.path = pathlib.Path(root) / 'passphrase'

    def in_environment(self, value: str) -> None:
        self.useFixture(
            fixtures.EnvironmentVariable(passphrase.VARIABLE, value)
        )

    def test_nowhere(self):
        """Nothing is found where there is none, and that can be said."""
        self.assertIsNone(passphrase.find(None))
        error = self.assertRaises(
            exception.PassphraseUnusable, passphrase.absent
        )
        self.assertIn(passphrase.VARIABLE, str(error))

    def test_file_comes_first(self):
        """The first line of a file counts, before the environment."""
        self.in_environment('other')
        self.path.write_bytes('grün \r\nmore\n'.encode())

        self.assertEqual(b'other', passphrase.find(None))
        self.assertEqual('grün '.encode(), passphrase.find(str(self.path)))

    def test_unusable(self):
        """One that is empty or cannot be read is not left out silently."""
        self.in_environment('')
        self.assertRaises(exception.PassphraseUnusable, passphrase.find, None)
        for content in (b'', b'\nsecret', b'x' * 2000):
            self.path.write_bytes(content)
            self.assertRaises(
                exception.PassphraseUnusable, passphrase.find, str(self.path)
            )
        error = self.assertRaises(
            exception.PassphraseUnusable, passphrase.find, '/nonexistent'
        )
        self.assertIn('/nonexistent', str(error))
