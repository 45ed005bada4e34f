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

"""``nova-native-tls-status``: every check is asked, and none is silent."""

from __future__ import annotations

import json

import fixtures
from oslo_upgradecheck import upgradecheck

from nova_native_tls.cmd import configuration
from nova_native_tls.cmd import status
from nova_native_tls import exception
from nova_native_tls.upgrade import compute_host
from tests.unit.upgrade import hosts

Code = upgradecheck.Code


class StatusTest(hosts.HostTestCase):
    """Runs it with checks that answer as they were made to."""

    def setUp(self) -> None:
        super().setUp()
        self.answers: dict[str, object] = {'one': 'fine', 'two': 'good'}
        self.codes = dict.fromkeys(self.answers, Code.SUCCESS)
        self.asked: list[compute_host.ComputeHost] = []
        self.useFixture(
            fixtures.MockPatchObject(
                status,
                'CHECKS',
                tuple((n, self._check(n)) for n in 'one two'.split()),
            )
        )
        self.files = self.patch_object(configuration, 'of_nova_compute')
        self.files.return_value = [], []
        self.useFixture(fixtures.MockPatchObject(upgradecheck, 'CONF', None))

    def _check(self, name: str) -> status.Check:
        def answer(host: compute_host.ComputeHost) -> upgradecheck.Result:
            self.asked.append(host)
            found = self.answers[name]
            if isinstance(found, Exception):
                raise found
            return upgradecheck.Result(self.codes[name], str(found))

        return answer

    def run_command(self, *argv: str) -> tuple[int, str, str]:
        """Run it; its exit status and what it printed."""
        out = self.useFixture(fixtures.StringStream('out')).stream
        err = self.useFixture(fixtures.StringStream('err')).stream
        with (
            fixtures.MonkeyPatch('sys.stdout', out),
            fixtures.MonkeyPatch('sys.stderr', err),
        ):
            code = status.main([*argv, 'upgrade', 'check', '--json'])
        out.seek(0)
        err.seek(0)
        return code, out.read(), err.read()

    def results(self, *argv: str) -> tuple[int, dict[str, tuple[int, str]]]:
        code, out, _err = self.run_command(*argv)
        return code, {
            each['check']: (each['result'], each['details'])
            for each in json.loads(out)['checks']
        }

    def test_worst_counts(self) -> None:
        """The exit status is that of the worst."""
        for code in Code:
            self.codes['two'] = code
            self.assertEqual(code, self.results()[0])

    def test_errors(self) -> None:
        """A check that cannot answer has failed, and the others are asked."""
        for error in (
            exception.NoChecks(namespace='x'),
            ZeroDivisionError('by zero'),
        ):
            self.answers['one'] = error
            code, found = self.results()
            self.assertEqual(Code.FAILURE, code)
            self.assertEqual(Code.FAILURE, found['one'][0])
            self.assertIn(str(error), found['one'][1])
            self.assertEqual((Code.SUCCESS, 'good'), found['two'])

    def test_options(self) -> None:
        """The files of nova-compute, and what only this command has."""
        path = self.directory / 'nova-compute.conf'
        path.write_text(f'[DEFAULT]\ncompute_driver = x\n{hosts.ON}')
        more = self.directory / 'nova.conf.d'
        more.mkdir()
        (more / '1.conf').write_text('[DEFAULT]\ncompute_driver = y\n')
        self.files.return_value = [str(path)], [str(more)]
        self.results('--nova-compute', '/bin/nc', '--connect', 'test:///x')
        conf = self.asked[0].conf
        self.assertEqual(
            ('y', '/bin/nc', 'test:///x', True),
            (
                conf.compute_driver,
                conf.nova_compute,
                conf.connect,
                conf.libvirt.live_migration_with_native_tls,
            ),
        )

    def test_unreadable(self) -> None:
        """One line, and a failure; 1 would be a warning."""
        code, out, err = self.run_command('--config-file', '/nowhere')
        self.assertEqual((2, ''), (code, out))
        self.assertIn('/nowhere', err)
        self.assertEqual(1, err.count('\n'))


class TableTest(hosts.HostTestCase):
    """What people read."""

    def test_lines(self) -> None:
        """Each finding begins a line of its own; long ones are wrapped."""
        commands = status.Commands(self.host())
        found = upgradecheck.Result(Code.WARNING, f'a: b\nc: {"word " * 20}')
        lines = str(commands._get_details(found)).splitlines()
        self.assertEqual('a: b', lines[0])
        self.assertTrue(lines[1].startswith('c: word'))
        self.assertTrue(lines[2].startswith('  word'))
        self.assertTrue(all(len(line) <= 60 for line in lines))
