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

"""The ``host`` commands as an operator types them, from nothing on."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import stat
import subprocess
import sys
import time
from typing import Any

from tests.functional import command_line
from tests.functional.identity import world

#: A libvirt that is not there: what it would say is not needed.
NOWHERE = 'qemu+unix:///system?socket=/nowhere'
NAMES = (world.HOST, 'host1')


class HostIdentityTest(command_line.CommandLineTestCase):
    """One host, and the CA of this project."""

    def setUp(self) -> None:
        super().setUp()
        self.directory.chmod(0o755)
        self.pki = self.directory / 'pki'
        self.ca = self.directory / 'ca'
        self.nova_conf = self.file(
            f'[native_tls]\nissuer = local\nca_directory = {self.ca}\n'
        )
        self.named = [argument for n in NAMES for argument in ('--name', n)]
        self.succeed('ca', 'init', '--directory', str(self.ca))

    def succeed(self, *argv: str) -> str:
        """Run a command, and have it succeed."""
        done = self.run_command(*argv)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def arguments(self, command: str, *argv: str) -> list[str]:
        """A command about this host."""
        return [
            *('host', command, '--directory', str(self.pki)),
            *('--connect', NOWHERE, *argv),
        ]

    def host(self, command: str, *argv: str) -> Any:
        """Run a command about this host, and read its result."""
        return json.loads(
            self.succeed(*self.arguments(command, *argv, '-f', 'json'))
        )

    def renew(self, *argv: str) -> Any:
        """Renew, with the CA on this host."""
        return self.host('renew', '--config-file', self.nova_conf, *argv)

    def test_by_hand(self) -> None:
        """Enroll here, sign there, install here."""
        asked = self.host('enroll', *self.named, '--out', 'host1.csr')
        self.assertEqual(list(NAMES), asked['names'])
        self.assertEqual('host1.csr', asked['request'])
        self.succeed(
            *('ca', 'sign', '--directory', str(self.ca), 'host1.csr'),
            *(*self.named, '--out', 'host1.pem'),
        )
        bundle = self.succeed(
            *('ca', 'show', '--directory', str(self.ca)),
            *('-f', 'value', '-c', 'bundle'),
        )
        self.file(bundle, 'ca.pem')
        self.succeed(
            'ca', 'crl', '--directory', str(self.ca), '--out', 'crl.pem'
        )
        given = ('--cert', 'host1.pem', '--ca', 'ca.pem', '--crl', 'crl.pem')

        tried = self.host('install', *given, '--dry-run')
        self.assertEqual(False, tried['installed'])
        self.assertFalse((self.pki / 'server-cert.pem').exists())
        done = self.host('install', *given)
        self.assertEqual(True, done['installed'])
        shown = self.host('show')
        self.assertEqual(list(NAMES), shown['names'])
        self.assertEqual({}, shown['pending'])
        self.assertEqual(1, len(shown['trusted_sha256']))
        self.assertEqual(
            shown['certificate_sha256'], shown['client_certificate_sha256']
        )
        self.assertEqual(0, shown['revocation_lists'][0]['revoked'])
        # For people, too.
        self.assertIn('days', self.succeed(*self.arguments('show')))

    def test_renew(self) -> None:
        """The first certificate, then others, each with a key of its own."""
        first = self.renew(*self.named)
        key = (self.pki / 'server-key.pem').read_bytes()
        self.assertEqual(False, self.renew('--if-due')['renewed'])
        self.assertEqual(key, (self.pki / 'server-key.pem').read_bytes())

        second = self.renew('--if-due', '0', '--key-type', 'rsa-3072')
        self.assertEqual(True, second['renewed'])
        self.assertEqual(first['names'], second['names'])
        self.assertNotEqual(
            first['certificate_sha256'], second['certificate_sha256']
        )
        self.assertNotEqual(key, (self.pki / 'server-key.pem').read_bytes())

    def test_renew_refused(self) -> None:
        """An issuer that refuses leaves what is installed."""
        self.renew(*self.named)
        before = self.host('show')['certificate_sha256']
        broken = self.file('[native_tls]\nissuer = nobody\n', 'broken.conf')
        done = self.run_command(
            *self.arguments('renew', '--config-file', broken)
        )
        self.assert_one_line(done, 'nobody')
        self.assertEqual(before, self.host('show')['certificate_sha256'])

    def test_show_nothing(self) -> None:
        """Nothing installed: exit status 2, and the facts all the same."""
        done = self.run_command(*self.arguments('show', '-f', 'json'))
        self.assertEqual(2, done.returncode)
        self.assertIsNone(json.loads(done.stdout)['certificate_sha256'])
        self.assertIn('host enroll', done.stderr)

    def test_enroll_again(self) -> None:
        """One line; --replace makes another key."""
        self.host('enroll', *self.named)
        key = (self.pki / '.pending' / 'key.pem').read_bytes()
        done = self.run_command(*self.arguments('enroll', *self.named))
        self.assert_one_line(done, '--replace')
        self.host('enroll', *self.named, '--replace')
        path = self.pki / '.pending' / 'key.pem'
        self.assertNotEqual(key, path.read_bytes())
        self.assertEqual(0o600, stat.S_IMODE(path.stat().st_mode))

    def test_bad_arguments(self) -> None:
        """One line each, and nothing is made."""
        for argv, expected in (
            (('install',), '--cert'),
            (('install', '--ca', '/nowhere'), '/nowhere'),
            (('install', '--ca', '/dev/null'), 'server-cert.pem'),
            (('enroll', '--name', '*.example.org'), '*.example.org'),
            (('enroll', '--key-type', 'dsa'), 'dsa'),
            (('renew', '--if-due', '2'), '2'),
        ):
            done = self.run_command(*self.arguments(*argv))
            self.assert_one_line(done, expected)
        self.assertEqual([], list(self.pki.glob('*.pem')))

    def test_secrets_stay(self) -> None:
        """No output, and no log, has a private key in it."""
        outputs = []
        for argv in (
            ('enroll', *self.named, '--debug'),
            ('renew', '--config-file', self.nova_conf, *self.named),
            ('show', '-f', 'json'),
        ):
            done = self.run_command(*self.arguments(*argv))
            outputs += [done.stdout, done.stderr]
        self.assertNotIn('PRIVATE', ''.join(outputs))

    def test_interrupted(self) -> None:
        """Ctrl-C while it waits for a quiet moment: the old set stays."""
        self.renew(*self.named)
        before = self.host('show')['certificate_sha256']
        path = self.pki / 'server-key.pem'
        command = subprocess.Popen(
            [
                *(sys.executable, '-m', 'nova_native_tls.cmd.main'),
                *self.arguments('renew', '--config-file', self.nova_conf),
            ],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert command.stderr is not None
        read_until_it_waits(command, path)
        command.send_signal(signal.SIGINT)
        said = command.communicate()[1]
        self.assertEqual(2, command.returncode)
        self.assertIn('Cancelled', said)
        self.assertEqual(before, self.host('show')['certificate_sha256'])


def read_until_it_waits(
    command: subprocess.Popen[str], path: pathlib.Path
) -> None:
    """Read a file again and again, until a line says that this is seen."""
    assert command.stderr is not None
    os.set_blocking(command.stderr.fileno(), False)
    while not (command.stderr.readline() or command.poll() is not None):
        path.read_bytes()
        time.sleep(0.02)
    os.set_blocking(command.stderr.fileno(), True)
