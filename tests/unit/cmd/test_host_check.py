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

"""``host check`` as a command: its list, its options, its exit status."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any
from unittest import mock

import fixtures
import testtools

from nova_native_tls.checks import result
from nova_native_tls.checks import this_host
from nova_native_tls import exception
from nova_native_tls.prove import host as prove_host
from tests.unit.checks import contexts
from tests.unit.cmd import in_process
from tests.unit.host import observations

Status = result.Status


class HostCheckTestCase(testtools.TestCase):
    """Runs the command on a host that does not exist."""

    def setUp(self) -> None:
        super().setUp()
        self.command_line = self.useFixture(in_process.CommandLine())
        self.findings = [contexts.finding()]
        self.look = self._patch(this_host, 'look')
        self.look.return_value = observations.good()
        self.judge = self._patch(this_host, 'judge')
        self.judge.side_effect = lambda *_: result.CheckReport(
            findings=tuple(self.findings)
        )
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def _patch(self, owner: Any, name: str) -> Any:
        patcher = mock.patch.object(owner, name, autospec=True)
        self.addCleanup(patcher.stop)
        return patcher.start()

    def run_command(self, *argv: str) -> in_process.Result:
        """Run it on an empty nova.conf."""
        path = self.directory / 'nova.conf'
        if not path.exists():
            path.write_text('')
        return self.command_line.run(
            'host', 'check', '--config-file', str(path), *argv
        )


class ListTest(HostCheckTestCase):
    """What is shown."""

    def test_exit_status(self) -> None:
        """That of the worst finding."""
        for status in Status:
            self.findings.append(contexts.finding(status, f'c.{status}'))
            self.assertEqual(status, self.run_command().status)

    def test_rows(self) -> None:
        """The worst first, one row a finding."""
        self.findings.append(contexts.finding(Status.FAILURE, 'c.d'))
        self.assertEqual(
            [
                {
                    'status': status,
                    'code': code,
                    'subject': 'a host',
                    'detail': 'it was seen',
                    'wanted': '',
                    'remedy': '',
                    'stricter': False,
                }
                for status, code in (('failure', 'c.d'), ('success', 'a.b'))
            ],
            self.run_command('-f', 'json').json(),
        )

    def test_for_people(self) -> None:
        """A table has no room for more columns, and says it all the same."""
        self.findings.append(
            dataclasses.replace(
                contexts.finding(Status.WARNING), wanted='y', stricter=True
            )
        )
        shown = self.run_command('--print-empty').out
        self.assertIn('it was seen; wanted: y (stricter than QEMU)', shown)
        self.assertNotIn('| stricter', shown)
        shown = self.run_command('-c', 'wanted', '-c', 'stricter').out
        self.assertIn('wanted', shown)
        self.assertIn('True', shown)

    def test_broken_check(self) -> None:
        """An installation that is broken is one line, and a failure."""
        self.judge.side_effect = exception.NoChecks(namespace='x')
        found = self.run_command()
        self.assertEqual((2, ''), (found.status, found.out))
        self.assertIn('No pre-check is installed', found.err)


class OptionsTest(HostCheckTestCase):
    """What is read from nova.conf and the command line."""

    def _options(self, text: str) -> this_host.Options:
        (self.directory / 'nova.conf').write_text(text)
        self.assertEqual(0, self.run_command().status)
        seen, options = self.judge.call_args.args
        self.assertIs(self.look.return_value, seen)
        return options

    def test_defaults(self) -> None:
        """Nova's own."""
        options = self._options('')
        self.assertIsNone(options.tls_destination)
        self.assertEqual(800, options.settings.completion_timeout_s_per_gib)

    def test_given(self) -> None:
        """Of all groups."""
        options = self._options(
            '[libvirt]\nlive_migration_completion_timeout = 5\n'
            'live_migration_scheme = tls\n'
            '[native_tls]\ntls_destination = x.example.org\n'
        )
        self.assertEqual(
            ('x.example.org', 5, 'tls'),
            (
                options.tls_destination,
                options.settings.completion_timeout_s_per_gib,
                options.settings.scheme,
            ),
        )

    def test_wrong_value(self) -> None:
        """One line, and a failure."""
        (self.directory / 'nova.conf').write_text(
            '[libvirt]\nlive_migration_completion_timeout = soon\n'
        )
        found = self.run_command()
        self.assertEqual(2, found.status)
        self.assertIn('Cannot read the configuration', found.err)

    def test_connect(self) -> None:
        """Another URI of this host's libvirt."""
        self.run_command('--connect', 'qemu:///embed')
        self.look.assert_called_once_with('qemu:///embed')


class DepthTest(HostCheckTestCase):
    """How closely it looks."""

    def setUp(self) -> None:
        super().setUp()
        self.prove = self._patch(prove_host, 'prove')
        self.prove.return_value = (
            contexts.finding(Status.FAILURE, 'prove.x'),
        )

    def test_predict(self) -> None:
        """Starts nothing."""
        self.assertEqual(0, self.run_command().status)
        self.prove.assert_not_called()

    def test_prove(self) -> None:
        """QEMU is asked about what was seen; its answer counts too."""
        found = self.run_command('--depth', 'prove', '-f', 'json')
        self.assertEqual(2, found.status)
        self.assertEqual(
            ['prove.x', 'a.b'], [row['code'] for row in found.json()]
        )
        (asked,) = self.prove.call_args.args
        self.assertEqual(
            (observations.DIRECTORY, observations.NAME, True, None),
            (asked.directory, asked.name, asked.verify, asked.priority),
        )
        self.assertEqual(observations.UID, asked.account.uid)

    def test_nothing_to_prove(self) -> None:
        """Without knowing whom to ask as, nothing is proven."""
        self.look.return_value = observations.good(user=observations.UNSEEN)
        found = self.run_command('--depth', 'prove', '-f', 'json')
        self.assertEqual(2, found.status)
        self.assertEqual('prove.not-possible', found.json()[0]['code'])
        self.prove.assert_not_called()
