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

"""Tests of cmd/pair_check.py, run as the command is."""

from __future__ import annotations

import io
import json
from typing import Any

import fixtures
import testtools

from nova_native_tls.checks import result
from nova_native_tls.cmd import pair_check
from nova_native_tls.pair import live
from nova_native_tls.pki import finding
from nova_native_tls.pki import verdict


class App:
    """The part of the application that a command uses."""

    NAME = 'nova-native-tls'

    def __init__(self) -> None:
        self.stdout = io.StringIO()
        self.stderr = io.StringIO()


class PairCheckTestCase(testtools.TestCase):
    """Runs the command, and keeps what it printed."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path

    def run_command(self, *argv: str) -> int:
        """Run it; gives the exit status."""
        self.app = App()
        command = pair_check.PairCheck(self.app, None)
        parser = command.get_parser('pair check')
        try:
            return int(command.run(parser.parse_args(argv)))
        except SystemExit as ended:
            return int(ended.code)

    def directories(self) -> list[str]:
        """The options for two directories."""
        return [
            f'--source-pki={self.directory}',
            f'--destination-pki={self.directory}',
        ]

    def printed(self) -> Any:
        """What a program would read."""
        return json.loads(self.app.stdout.getvalue())


class WrongTest(PairCheckTestCase):
    """Bad input is one sentence that names it."""

    def _assert_refused(self, expected: str, *argv: str) -> None:
        self.assertEqual(2, self.run_command(*argv), argv)
        said = self.app.stderr.getvalue()
        self.assertEqual(1, said.count('\n'), said)
        self.assertIn(expected, said)
        self.assertEqual('', self.app.stdout.getvalue())

    def test_nothing(self) -> None:
        """Something has to be asked about."""
        self._assert_refused('name the destination')

    def test_mixed(self) -> None:
        """Hosts and directories are two questions."""
        pki = self.directories()
        for expected, argv in (
            ('--name', ['host2', '--name', 'x']),
            ('--at', ['host2', '--at', '2030-01-01']),
            ('--qemu-version', ['host2', '--qemu-version', '7.2']),
            ('DEST', [*pki, '--name', 'x', 'host2']),
            ('--depth', [*pki, '--name', 'x', '--depth', 'canary']),
            ('--migrate-uri', [*pki, '--name', 'x', '--migrate-uri', 'x']),
        ):
            self._assert_refused(f'{expected} has no meaning', *argv)

    def test_incomplete(self) -> None:
        """Two directories and a name are wanted."""
        first, second = self.directories()
        self._assert_refused('--destination-pki is wanted', first)
        self._assert_refused('--source-pki is wanted', second)
        self._assert_refused('--name is wanted', first, second)

    def test_values(self) -> None:
        """A value that cannot be used is named."""
        pki = [*self.directories(), '--name']
        for expected, argv in (
            ('no directory', ['--source-pki=/nonexistent', *pki[1:], 'x']),
            ('names no host', [*pki, '']),
            ('names no host', [*pki, 'a\nb']),
            ("'never' is no time", [*pki, 'x', '--at', 'never']),
            ("'new' is not a version", [*pki, 'x', '--qemu-version', 'new']),
            ('at most 600', ['host2', '--timeout', '0']),
            ('at most 600', ['host2', '--timeout', 'nan']),
            ('at most 600', ['host2', '--timeout', 'x']),
            ('names no host', ['a b']),
            ('names no other host', ['qemu:///system']),
        ):
            self._assert_refused(expected, *argv)

    def test_without_tls(self) -> None:
        """A nova.conf without native TLS leaves nothing to check."""
        path = f'{self.directory}/nova.conf'
        with open(path, 'w', encoding='utf-8') as file:
            file.write('[libvirt]\n')
        self._assert_refused(
            'live_migration_with_native_tls', *('host2', '--config-file', path)
        )

    def test_no_qemu(self) -> None:
        """Where no QEMU is installed its version has to be said."""
        self.useFixture(fixtures.EnvironmentVariable('PATH', self.directory))
        self._assert_refused(
            'say --qemu-version', *self.directories(), '--name', 'x'
        )


class FilesTest(PairCheckTestCase):
    """The form of the answer about two directories."""

    def _answer(self, **changes: Any) -> None:
        values = {
            'code': 'server-cert.expired',
            'status': result.Status.FAILURE,
            'side': finding.Side.DESTINATION,
            'file': 'server-cert.pem',
            'seen': 'old',
            'wanted': 'a new one',
            'remedy': 'renew it',
            'sentence': 'has expired',
        }
        self.asked: list[dict[str, Any]] = []

        def of_pair(*_sets: Any, **options: Any) -> verdict.PairVerdict:
            self.asked.append(options)
            return verdict.PairVerdict(
                source_loads=True,
                destination_loads=True,
                findings=(finding.Finding(**values | changes),),
            )

        self.useFixture(fixtures.MockPatchObject(verdict, 'of_pair', of_pair))

    def _run(self, *more: str) -> int:
        return self.run_command(
            *self.directories(), '--name', 'host2', '-f', 'json', *more
        )

    def test_columns(self) -> None:
        """Programs read verdict, status and findings."""
        self._answer()
        self.assertEqual(2, self._run('--qemu-version', '7.2'))
        self.assertEqual(
            {
                'qemu_verdict': 'no',
                'status': 'failure',
                'findings': [
                    {
                        'code': 'server-cert.expired',
                        'status': 'failure',
                        'subject': 'destination server-cert.pem',
                        'side': 'destination',
                        'file': 'server-cert.pem',
                        'seen': 'old',
                        'wanted': 'a new one',
                        'remedy': 'renew it',
                        'sentence': 'has expired',
                        'stricter': False,
                    }
                ],
            },
            self.printed(),
        )

    def test_stricter(self) -> None:
        """What QEMU does not mind does not change its verdict."""
        self._answer(stricter=True)
        self.assertEqual(2, self._run('--qemu-version', '7.2'))
        self.assertEqual('yes', self.printed()['qemu_verdict'])
        self.assertEqual('failure', self.printed()['status'])

    def test_exit_status(self) -> None:
        """It is the status, as a number."""
        for status in result.Status:
            self._answer(status=status)
            self.assertEqual(int(status), self._run('--qemu-version', '7.2'))

    def test_for_people(self) -> None:
        """A table says the same in words."""
        self._answer(stricter=True)
        self.run_command(
            *self.directories(), '--name', 'x', '--qemu-version', '7.2'
        )
        shown = self.app.stdout.getvalue()
        self.assertIn(
            'FAILURE server-cert.expired (stricter than QEMU)', shown
        )
        for part in ('wanted: a new one', 'renew it'):
            self.assertIn(part, shown)

    def test_what_is_asked(self) -> None:
        """Name, time and version are passed on."""
        self._answer()
        for text in (
            '2030-01-31T12:00:00',
            '2030-01-31T12:00:00Z',
            '2030-01-31T14:00:00+02:00',
        ):
            self._run('--qemu-version', '10.0', '--at', text)
        self.assertEqual(
            {('host2', '10.0.0', 1896091200.0)},
            {
                (
                    asked['name'],
                    str(asked['qemu_version']),
                    asked['at'].timestamp(),
                )
                for asked in self.asked
            },
        )
        self._run('--qemu-version', '10.0')
        self.assertIsNone(self.asked[-1]['at'])


class HostsTest(PairCheckTestCase):
    """The form of the answer about two hosts."""

    def setUp(self) -> None:
        super().setUp()
        self.asked: list[live.Question] = []
        self.answer = live.Answer(
            qemu_verdict=live.QemuVerdict.UNKNOWN,
            findings=(
                result.Finding(
                    code='destination.not-seen',
                    status=result.Status.WARNING,
                    subject='host2',
                    detail='cannot be seen',
                    remedy='go there',
                ),
            ),
        )

        def check(question: live.Question, **_options: Any) -> live.Answer:
            self.asked.append(question)
            return self.answer

        self.useFixture(fixtures.MockPatchObject(live, 'check', check))

    def test_columns(self) -> None:
        """They are those of files."""
        self.assertEqual(1, self.run_command('host2', '-f', 'json'))
        self.assertEqual(
            {
                'qemu_verdict': 'unknown',
                'status': 'warning',
                'findings': [
                    {
                        'code': 'destination.not-seen',
                        'status': 'warning',
                        'subject': 'host2',
                        'seen': 'cannot be seen',
                        'wanted': '',
                        'remedy': 'go there',
                        'stricter': False,
                    }
                ],
            },
            self.printed(),
        )

    def test_defaults(self) -> None:
        """TLS all the way, looking only, from this host."""
        self.run_command('host2')
        (asked,) = self.asked
        self.assertEqual('qemu:///system', asked.source_uri)
        self.assertEqual('qemu+tls://host2/system', asked.destination)
        self.assertIs(live.Depth.PREDICT, asked.depth)
        self.assertTrue(asked.settings.native_tls)

    def test_nova_conf(self) -> None:
        """The destination is dialled as nova.conf says."""
        path = f'{self.directory}/nova.conf'
        with open(path, 'w', encoding='utf-8') as file:
            file.write(
                '[libvirt]\nlive_migration_with_native_tls = true\n'
                'live_migration_scheme = ssh\n'
            )
        self.run_command('host2', '--config-file', path)
        self.assertEqual('qemu+ssh://host2/system', self.asked[0].destination)

    def test_options(self) -> None:
        """All of them are passed on."""
        self.run_command(
            *('host2', '--depth', 'canary', '--timeout', '7'),
            *('--migrate-uri', 'tcp://203.0.113.2'),
            *('--tls-destination', 'name', '--connect', 'qemu:///session'),
        )
        (asked,) = self.asked
        self.assertIs(live.Depth.CANARY, asked.depth)
        self.assertEqual(7, asked.timeout_s)
        self.assertEqual('tcp://203.0.113.2', asked.migrate_uri)
        self.assertEqual('name', asked.tls_name)
        self.assertEqual('qemu:///session', asked.source_uri)
