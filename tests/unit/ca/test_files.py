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

"""What is wrong with a CA's directory is said, and nothing made of it."""

from __future__ import annotations

import json

from nova_native_tls import exception
from tests.unit.ca import authorities

HOST = authorities.HOST


class TestFiles(authorities.AuthorityTestCase):
    def unusable(self) -> str:
        error = self.assertRaises(exception.CAUnusable, self.sign, HOST)
        return str(error)

    def test_none(self):
        """Where there is no CA, nothing is put, and it is said what to do."""
        self.assertIn('ca init', self.unusable())

        self.directory.mkdir()
        self.assertIn('ca init', self.unusable())
        self.assertEqual({}, self.contents())

    def test_torn_line(self):
        """The line that a crash cut off does not count, and goes."""
        self.init()
        self.sign(HOST)
        journal = self.directory / 'journal'
        whole = journal.read_bytes()
        for torn in (b'{"event": "sig', b'\0' * 100):
            journal.write_bytes(whole + torn)

            self.assertEqual(
                1, len(list(self.reading().ledger.valid(authorities.NOW)))
            )
            with self.working():
                self.assertEqual(whole, journal.read_bytes())

    def test_damaged_journal(self):
        """A line that was changed is an error which names it."""
        self.init()
        self.sign(HOST)
        journal = self.directory / 'journal'
        lines = journal.read_bytes().splitlines(keepends=True)
        changed = {**json.loads(lines[2]), 'generation': 9}

        for bad in (
            [lines[0], b'x\n', lines[2]],
            [*lines[:2], json.dumps(changed).encode() + b'\n'],
            [*lines, lines[2]],
        ):
            journal.write_bytes(b''.join(bad))
            self.assertIn('is damaged', self.unusable())
        journal.write_bytes(b'')
        self.assertIn('journal is empty', self.unusable())

    def test_wrong_files(self):
        """A certificate or key that is not the journal's is not used."""
        self.init()
        good = self.contents()
        other = self.directory = self.root / 'other'
        self.init()
        for name, content, expected in (
            ('ca-cert-1.pem', good['ca-cert-1.pem'], 'the journal names'),
            ('ca-cert-1.pem', b'x', 'damaged'),
            ('ca-key-1.pem', good['ca-key-1.pem'], 'is not the key'),
            ('ca-key-1.pem', b'x', 'damaged'),
        ):
            before = (other / name).read_bytes()
            (other / name).write_bytes(content)
            self.assertIn(expected, self.unusable())
            (other / name).write_bytes(before)
        (other / 'ca-key-1.pem').unlink()
        self.assertIn('ca-key-1.pem is missing', self.unusable())

    def test_key_that_others_read(self):
        """A key that others can read is not used."""
        self.init()
        (self.directory / 'ca-key-1.pem').chmod(0o640)

        self.assertIn('chmod 600', self.unusable())


class TestPassphrase(authorities.AuthorityTestCase):
    def test_asked_for_once(self):
        """The passphrase is asked for only if there is one, and once."""
        self.init(passphrase=b'secret')
        asked = []

        def ask() -> bytes:
            asked.append(1)
            return b'secret'

        self.sign(HOST, ask=ask)

        self.assertEqual([1], asked)

    def test_wrong(self):
        """The wrong one is told from a damaged key."""
        self.init(passphrase=b'secret')

        error = self.assertRaises(
            exception.PassphraseUnusable, self.sign, HOST, ask=lambda: b'x'
        )

        self.assertIn('does not open', str(error))
