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

"""Which processes have a thread that leads a migration and does not move."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import time

import fixtures
import testtools

from nova_native_tls.host import migration_thread
from tests.functional.host import started

#: For what takes milliseconds.
LIMIT_S = 10

#: A thread of that name, which sleeps for so many seconds at a time.
_PROGRAM = """
import sys, threading, time

def lead():
    with open('/proc/thread-self/comm', 'w') as comm:
        comm.write(sys.argv[1])
    print(flush=True)
    while True:
        time.sleep(float(sys.argv[2]))

threading.Thread(target=lead).start()
"""


class StandingTest(testtools.TestCase):
    """Processes with threads as QEMU has them."""

    def start(self, name: str, sleep_s: float) -> int:
        """Start one and return its number, once all of it sleeps."""
        argv = (sys.executable, '-c', _PROGRAM, name, str(sleep_s))
        pid = self.useFixture(started.Started(*argv)).pid
        tasks = pathlib.Path(f'/proc/{pid}/task')
        deadline = time.monotonic() + LIMIT_S
        while any(
            path.read_text().rpartition(')')[2].split()[0] != 'S'
            for path in tasks.glob('*/stat')
        ):
            self.assertLess(time.monotonic(), deadline)
        return pid

    def test_each(self) -> None:
        """One waits for ever; who moves or leads nothing does not count."""
        old = self.start('live_migration', 1000)
        new = self.start('mig/src/main', 1000)
        others = (
            self.start('live_migration', 0.1),
            self.start('multifdsend_0', 1000),
        )
        self.assertEqual(
            {old, new}, migration_thread.standing((old, new, *others))
        )

    def test_gone(self) -> None:
        """Who ends meanwhile has no migration."""
        child = subprocess.Popen(['true'])
        child.wait()
        self.assertEqual(set(), migration_thread.standing([child.pid]))
        # A thread that does says nothing of the others.
        pid, listdir = self.start('live_migration', 1000), os.listdir
        self.useFixture(
            fixtures.MockPatchObject(
                os, 'listdir', lambda path: [str(child.pid), *listdir(path)]
            )
        )
        self.assertEqual({pid}, migration_thread.standing([pid]))

    def test_no_migration_takes_no_time(self) -> None:
        """Only a thread that leads is looked at twice."""
        slept = self.useFixture(
            fixtures.MockPatchObject(time, 'sleep', autospec=True)
        ).mock
        pid = self.start('multifdsend_0', 1000)
        self.assertEqual(set(), migration_thread.standing([pid]))
        slept.assert_not_called()
