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

"""A third party's pre-check is one file and one entry point."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
from typing import Any

from tests.functional import command_line
from tests.functional import nova_environments

EXAMPLE = nova_environments.REPO / 'doc/source/examples/organisation-precheck'


class ExampleTest(command_line.CommandLineTestCase):
    """The package that the documentation shows."""

    def install(self, example: pathlib.Path) -> None:
        """Install it into a directory that Python searches."""
        target = self.directory / 'installed'
        done = subprocess.run(
            [
                *(sys.executable, '-m', 'pip', 'install', '--no-deps'),
                *('--no-build-isolation', '--target', target, example),
            ],
            capture_output=True,
            env=nova_environments.ENVIRONMENT,
            text=True,
            timeout=command_line.HANGS_AFTER_S,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        self.environment['PYTHONPATH'] = str(target)

    def copy(self) -> pathlib.Path:
        """Take a copy, in which building it may leave something behind."""
        copy = self.directory / 'example'
        shutil.copytree(EXAMPLE, copy)
        return copy

    def found(self) -> list[dict[str, Any]]:
        """What it says in ``host check``."""
        rows = self.run_json(
            *('host', 'check'),
            *('--connect', 'qemu+unix:///system?socket=/nowhere'),
        )
        self.assertIn('libvirt.no-answer', [row['code'] for row in rows])
        return [r for r in rows if r['code'].startswith('organisation.')]

    def test_installed(self) -> None:
        """It is asked as soon as it is installed, and not before."""
        self.assertEqual([], self.found())
        self.install(self.copy())
        (row,) = self.found()
        # Whatever certificate this machine may have is nobody's.
        self.assertEqual('organisation.other', row['code'])
        self.assertEqual('failure', row['status'])
        self.assertEqual('request one from our own CA', row['remedy'])

    def test_broken(self) -> None:
        """One that cannot be loaded is no check less, but an error."""
        example = self.copy()
        (example / 'organisation_precheck.py').write_text('import nothing\n')
        self.install(example)
        done = self.run_command('host', 'check')
        self.assert_one_line(done, 'organisation', "'nothing'")
