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

"""``nova-native-tls-status`` as a process, beside a real Nova."""

from __future__ import annotations

import json
import subprocess
import sysconfig

from tests.functional import command_line

DRIVER = 'native_tls.NativeTLSDriver'
ON = (
    f'[DEFAULT]\ncompute_driver = {DRIVER}\n'
    '[libvirt]\nlive_migration_with_native_tls = true\n'
    'live_migration_scheme = tls\n'
)
SUCCESS, WARNING, FAILURE = range(3)
NAMES = ['Options', 'Driver', 'Pre-checks', 'This host', 'libvirt and QEMU']


class StatusTest(command_line.CommandLineTestCase):
    """The machine of the tests is no compute node: no libvirt answers."""

    def status(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run the program that is installed."""
        scripts = sysconfig.get_path('scripts')
        return subprocess.run(
            [
                f'{scripts}/nova-native-tls-status',
                # Another one that this machine may have is not asked.
                *('--nova-compute', f'{scripts}/nova-compute'),
                *('--connect', 'qemu+unix:///system?socket=/nowhere'),
                *argv,
            ],
            capture_output=True,
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=command_line.HANGS_AFTER_S,
        )

    def results(self, *argv: str) -> dict[str, tuple[int, str]]:
        """What each check found."""
        done = self.status(*argv, 'upgrade', 'check', '--json')
        self.assertEqual('', done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual('Upgrade Check Results', found['name'])
        self.assertEqual(NAMES, [each['check'] for each in found['checks']])
        worst = max(each['result'] for each in found['checks'])
        self.assertEqual(worst, done.returncode)
        return {
            each['check']: (each['result'], each['details'])
            for each in found['checks']
        }

    def test_results(self) -> None:
        """Nova loads the driver; the host that is none is a failure."""
        found = self.results('--config-file', self.file(ON))
        for name in ('Options', 'Driver', 'Pre-checks'):
            self.assertEqual(SUCCESS, found[name][0], found[name][1])
        self.assertIn('loads the driver', found['Driver'][1])
        self.assertIn('credentials', found['Pre-checks'][1])
        code, details = found['This host']
        self.assertEqual(FAILURE, code)
        self.assertIn('libvirt.no-answer', details)
        code, details = found['libvirt and QEMU']
        self.assertEqual(WARNING, code)
        self.assertIn('upgrade.not-looked-at', details)

    def test_options_that_exclude_each_other(self) -> None:
        """The first line says so, and so do those that depend on them."""
        path = self.file(f'{ON}live_migration_tunnelled = true\n')
        found = self.results('--config-file', path)
        for name in ('Options', 'This host'):
            self.assertEqual(FAILURE, found[name][0])
            self.assertIn('exclude each other', found[name][1])
        self.assertEqual(SUCCESS, found['Driver'][0])

    def test_files(self) -> None:
        """Those of nova-compute by itself; others as nova-status takes them.

        nova-compute's own file is read after nova.conf, a directory last.
        """
        self.file(ON, '.nova/nova.conf')
        self.file('[DEFAULT]\ncompute_driver = x\n', '.nova/nova-compute.conf')
        self.assertIn('compute_driver is x', self.results()['Driver'][1])
        named = ('--config-file', self.file(ON, 'named.conf'))
        self.assertEqual(SUCCESS, self.results(*named)['Driver'][0])
        self.file('[DEFAULT]\ncompute_driver = y\n', 'more/1.conf')
        more = ('--config-dir', str(self.directory / 'more'))
        found = self.results(*named, *more)
        self.assertIn('compute_driver is y', found['Driver'][1])

    def test_table(self) -> None:
        """For people: a name, a result, and one line for each finding."""
        done = self.status('--config-file', self.file(ON), 'upgrade', 'check')
        self.assertEqual((FAILURE, ''), (done.returncode, done.stderr))
        self.assertIn('| Upgrade Check Results', done.stdout)
        self.assertRegex(done.stdout, r'\| Check: Driver +\|\n')
        self.assertRegex(done.stdout, r'\| Result: Failure +\|\n')
        self.assertRegex(done.stdout, r'\n\| libvirt\.no-answer: ')

    def test_unreadable(self) -> None:
        """One line, and a failure."""
        for option in ('--config-file', '--config-dir'):
            done = self.status(option, '/nowhere', 'upgrade', 'check')
            self.assertEqual((FAILURE, ''), (done.returncode, done.stdout))
            self.assertEqual(1, done.stderr.count('\n'), done.stderr)
            self.assertIn('/nowhere', done.stderr)

    def test_usage(self) -> None:
        """Without a word of what to check it is no success."""
        self.assertEqual(FAILURE, self.status().returncode)
