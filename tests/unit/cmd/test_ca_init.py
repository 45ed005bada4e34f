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

"""``ca init``, and how a passphrase is asked for."""

from __future__ import annotations

import getpass
import os
from unittest import mock

from cryptography.hazmat.primitives import hashes
import fixtures

from nova_native_tls.ca import passphrase
from nova_native_tls.cmd import ca_arguments
from nova_native_tls import exception
from tests.unit.ca import authorities
from tests.unit.cmd import ca_commands

HOST = authorities.HOST


class TestInit(ca_commands.CACommandTestCase):
    def test_init(self):
        """It says what it made."""
        made = self.json('init', '--name', 'Region One', '--days', '100')

        self.assertIn('Region One', made['subject'])
        self.assertEqual('ECDSA secp256r1', made['key_type'])
        self.assertFalse(made['encrypted'])
        ca = self.reading().certificate(1)
        self.assertEqual(ca.fingerprint(hashes.SHA256()).hex(), made['sha256'])
        left = ca.not_valid_after_utc - ca_arguments.now()
        self.assertIn(left.days, (99, 100))

    def test_again(self):
        """A CA that is there stays."""
        self.json('init')
        before = self.contents()

        self.assert_refused(self.run_ca('init'), 'there is one already')
        self.assertEqual(before, self.contents())

    def test_passphrase(self):
        """A file or the environment encrypts the key."""
        path = self.root / 'passphrase'
        path.write_text('secret\n')
        options = ('--passphrase-file', str(path))
        self.assertTrue(self.json('init', *options)['encrypted'])

        csr = self.request_file(HOST)
        sign = ('sign', csr, '--name', HOST)
        self.assert_refused(self.run_ca(*sign), 'nobody to ask')
        self.assertEqual(0, self.run_ca(*sign, *options).status)
        self.useFixture(
            fixtures.EnvironmentVariable(passphrase.VARIABLE, 'wrong')
        )
        self.assert_refused(self.run_ca(*sign), 'does not open')
        self.assertTrue(self.json('show')['encrypted'])

    def test_terminal(self):
        """A passphrase is typed twice, and made nothing of if they differ."""
        self.assert_refused(self.run_ca('init', '--encrypt'), 'nobody to ask')

        def typed(*answers):
            return (
                mock.patch.object(ca_arguments, '_TERMINAL', os.devnull),
                mock.patch.object(
                    getpass, 'getpass', autospec=True, side_effect=answers
                ),
            )

        for answers, expected in (
            (('a', 'b'), 'differs'),
            (('',), '1 to 1023'),
            ((EOFError,), 'nobody to ask'),
        ):
            terminal, answer = typed(*answers)
            with terminal, answer:
                self.assert_refused(self.run_ca('init', '--encrypt'), expected)
            self.assertFalse(self.directory.exists())
        terminal, answer = typed('a', 'a', 'a')
        with terminal, answer:
            self.assertTrue(self.json('init', '--encrypt')['encrypted'])
            self.signed(HOST)

    def test_wrong_days(self):
        """Numbers of days that make no sense are refused."""
        for days in ('0', '-1', 'x', '36501'):
            self.assert_wrong_usage('init', '--days', days)


class TestPrompt(ca_commands.CACommandTestCase):
    def test_no_terminal(self):
        """Nobody is asked where there is no terminal."""
        self.assertRaises(
            exception.PassphraseUnusable, ca_arguments.prompt, 'x'
        )
