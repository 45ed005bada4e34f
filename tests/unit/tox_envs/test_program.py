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

import os
import pathlib
import tempfile
import threading

import fixtures
import testtools

from tests.tox_envs import outcome
from tests.tox_envs import program
from tests.unit.tox_envs import test_outcome


class ToxTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def tox(self, script: str) -> program.Tox:
        path = self.folder / 'tox'
        path.write_text(f'#!/bin/sh\n{script}\n')
        os.chmod(path, 0o755)
        return program.Tox(str(path), self.folder)

    def test_output_is_logged_and_counted(self):
        """What tox writes goes to the log, and its totals are read."""
        totals = test_outcome.totals(passed=5)
        result = self.tox(f"cat <<'END'\n{totals}END").run('py3')

        self.assertEqual(outcome.Counts(passed=5), result.counts)
        self.assertEqual(self.folder / 'tox-py3.log', result.log_path)
        self.assertIn('Passed: 5', result.log_path.read_text())

    def test_env_is_named_to_tox(self):
        """tox gets the environment, and may not skip it."""
        result = self.tox('echo "$@"').run('py3')

        arguments = result.log_path.read_text().split()
        self.assertEqual('py3', arguments[arguments.index('-e') + 1])
        self.assertIn('--skip-missing-interpreters', arguments)

    def test_killed_tox_is_a_failure(self):
        """An environment that ended by a signal has failed."""
        result = self.tox('kill -9 $$').run('py3')

        self.assertEqual(outcome.Counts(failed=1), result.counts)

    def test_built_first(self):
        """Building runs nothing, running installs nothing, one log is both.

        The log of an earlier run is no part of it.
        """
        tox = self.tox('echo "$@"')
        (self.folder / 'tox-py3.log').write_text('Of yesterday.')
        built = tox.build('py3')
        run = tox.run('py3')

        self.assertEqual(outcome.Counts(passed=1), built.counts)
        self.assertEqual(built.log_path, run.log_path)
        first, second = run.log_path.read_text().splitlines()
        self.assertIn('--notest', first)
        self.assertNotIn('--notest', second)
        self.assertIn('--skip-pkg-install', second)

    def test_build_that_fails(self):
        """It counts as one, whatever is in its output."""
        totals = test_outcome.totals(passed=5)
        built = self.tox(f"cat <<'END'\n{totals}END\nexit 1").build('py3')

        self.assertEqual(outcome.Counts(failed=1), built.counts)

    def test_niceness(self):
        """What is nice lets others go first."""
        tox = self.tox('nice')
        tox.run('lab')
        tox.run('py3', niceness=7)

        mine = os.nice(0)
        for env, niceness in (('lab', mine), ('py3', min(mine + 7, 19))):
            log = self.folder / f'tox-{env}.log'
            self.assertEqual(f'{niceness}\n', log.read_text())

    def test_by_itself(self):
        """It sees none of the processes outside; others may."""
        tox = self.tox('cat /proc/[0-9]*/comm | sort -u')
        tox.run('lab')
        tox.run('py3', by_itself=True)

        mine = pathlib.Path('/proc/self/comm').read_text()
        seen, alone = (
            (self.folder / f'tox-{env}.log').read_text().splitlines(True)
            for env in ('lab', 'py3')
        )
        self.assertIn(mine, seen)
        self.assertEqual(os.geteuid() != 0, mine in alone)

    def test_end(self):
        """What does not end by itself is ended, and nothing more begins."""
        self.useFixture(
            fixtures.MonkeyPatch(f'{program.__name__}.INTERRUPTED_S', 0)
        )
        fifo = self.folder / 'begun'
        os.mkfifo(fifo)
        tox = self.tox(f'echo > {fifo}; exec sleep 1000')
        results = []
        thread = threading.Thread(
            target=lambda: results.append(tox.run('lab'))
        )
        thread.start()
        fifo.read_text()
        tox.end()
        thread.join()
        results.append(tox.run('cloud'))

        failed = outcome.Counts(failed=1)
        self.assertEqual([failed] * 2, [each.counts for each in results])
        self.assertEqual('', (self.folder / 'tox-cloud.log').read_text())
