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

"""An ``up`` that is killed at any moment leaves nothing behind."""

from __future__ import annotations

import os
import pathlib
import subprocess
import time
import unittest

from tests.lab.harness.lab import lab
from tests.lab.harness.lab import state

NAME = 'killed-up'
TOOL = pathlib.Path(__file__).parents[2] / 'tools/lab'

#: Spread over the whole of an ``up``; each moment is one run.
MOMENTS_S = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.8, 1.1)


class KilledUpTestCase(unittest.TestCase):
    """SIGKILL gives the command no chance to clean up."""

    def setUp(self) -> None:
        super().setUp()
        lab.Lab.down(NAME)
        self.addCleanup(lab.Lab.down, NAME)
        self.path = state.of_lab(NAME).path

    def kill_up_after(self, moment_s: float) -> None:
        """Start an ``up`` and kill it after this time."""
        with subprocess.Popen(
            [TOOL, 'up', '--name', NAME], stdout=subprocess.DEVNULL
        ) as up:
            time.sleep(moment_s)
            up.kill()

    def found(self) -> list[str]:
        """Return what there is of the lab on this machine."""
        found = [str(self.path)] if self.path.exists() else []
        found += _processes_with(str(self.path))
        mounts = pathlib.Path('/proc/self/mounts').read_text()
        found += [line for line in mounts.splitlines() if NAME in line]
        return found

    def test_down_removes_everything(self) -> None:
        """No process, no mount, no interface and no state remains."""
        interfaces = set(os.listdir('/sys/class/net'))
        for moment_s in MOMENTS_S:
            with self.subTest(moment_s=moment_s):
                self.kill_up_after(moment_s)
                lab.Lab.down(NAME)
                self.assertEqual([], self.found())
        self.assertEqual(interfaces, set(os.listdir('/sys/class/net')))

    def test_next_up_works(self) -> None:
        """What was left does not keep the next lab from coming up."""
        for moment_s in MOMENTS_S[::3]:
            with self.subTest(moment_s=moment_s):
                self.kill_up_after(moment_s)
                again = lab.Lab.up(NAME)
                again.host('host1').run(
                    ['virsh', '-c', again.host('host2').uri('tls'), 'list']
                )
                lab.Lab.down(NAME)
                self.assertEqual([], self.found())


def _processes_with(argument: str) -> list[str]:
    """Return the command lines that name this, our own left out."""
    found = []
    for path in pathlib.Path('/proc').glob('[0-9]*/cmdline'):
        try:
            line = path.read_bytes().decode(errors='replace')
        except OSError:
            continue
        if argument in line:
            found.append(line.replace('\0', ' '))
    return found
