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
import subprocess
import sys
import tempfile

import testtools

from tests.unit.tox_envs import test_outcome

REPO = pathlib.Path(__file__).resolve().parents[3]


class MainTest(testtools.TestCase):
    """The program, with something else in place of tox."""

    def call(self, script: str, *arguments: str):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        tox = pathlib.Path(folder.name, 'tox')
        tox.write_text(f'#!/bin/sh\n{script}\n')
        os.chmod(tox, 0o755)
        return subprocess.run(
            [
                *(sys.executable, '-m', 'tests.tox_envs', '--tox', str(tox)),
                *('--log-dir', folder.name, *arguments),
            ],
            cwd=REPO,
            capture_output=True,
            encoding='utf-8',
            check=False,
        )

    def test_success(self):
        """Only where all passed it ends with 0; the sum is the last line."""
        totals = test_outcome.totals(passed=2)
        done = self.call(f"cat <<'END'\n{totals}END", 'py3', 'lab', 'py3')

        self.assertEqual((0, ''), (done.returncode, done.stderr))
        self.assertEqual(
            '4 passed, 0 failed, 0 skipped', done.stdout.splitlines()[-1]
        )

    def test_failures(self):
        """A failure, a skip and an end without a test are no success."""
        for numbers, last in (
            ({'passed': 1, 'failed': 1}, '1 passed, 1 failed, 0 skipped'),
            ({'passed': 1, 'skipped': 1}, '1 passed, 0 failed, 1 skipped'),
            ({}, '0 passed, 1 failed, 0 skipped'),
        ):
            totals = test_outcome.totals(**numbers)
            done = self.call(f"cat <<'END'\n{totals}END", '--serial', 'lab')

            self.assertEqual(1, done.returncode)
            self.assertEqual(last, done.stdout.splitlines()[-1])

    def test_unbuildable(self):
        """What cannot be built is told and fails."""
        done = self.call('echo No such release; exit 1', 'lab')

        self.assertEqual(1, done.returncode)
        self.assertIn('No such release', done.stdout)
        self.assertEqual(
            '0 passed, 1 failed, 0 skipped', done.stdout.splitlines()[-1]
        )
