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

"""Tests of recognizing a process."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import unittest

from tests.lab.harness.node import process


class ParseStatTestCase(unittest.TestCase):
    """Reading /proc/PID/stat."""

    def test_name_with_parentheses(self) -> None:
        """A program cannot choose a name that shifts the fields."""
        tail = ' '.join(str(n) for n in range(5, 53))
        line = f'77 (a) S 1 (b) T 3 {tail}'
        self.assertEqual(
            process.Stat(pid=77, state='T', parent_pid=3, start_ticks=22),
            process.parse_stat(line),
        )

    def test_own(self) -> None:
        """The kernel's line for this process is understood."""
        stat = process.read_stat(os.getpid())
        assert stat is not None
        self.assertEqual(os.getppid(), stat.parent_pid)

    def test_not_a_stat_line(self) -> None:
        """Anything else is an error and not a process."""
        for line in ('', '1 (x) S 1', 'x'):
            with self.subTest(line=line), self.assertRaises(ValueError):
                process.parse_stat(line)


class IdentityTestCase(unittest.TestCase):
    """A process id that is used again is another process."""

    def setUp(self) -> None:
        super().setUp()
        self.child = subprocess.Popen(['sleep', '600'])
        self.addCleanup(self.child.wait)
        self.addCleanup(self.child.kill)
        identity = process.identify(self.child.pid)
        assert identity is not None
        self.identity = identity

    def test_alive(self) -> None:
        """A running process is recognized."""
        self.assertTrue(self.identity.is_alive())

    def test_ended(self) -> None:
        """A process that nobody has waited for yet is not alive."""
        self.child.kill()
        os.waitid(os.P_PID, self.child.pid, os.WEXITED | os.WNOWAIT)
        self.assertFalse(self.identity.is_alive())
        self.assertIsNone(process.identify(self.child.pid))

    def test_kill(self) -> None:
        """The recorded process is killed."""
        self.assertTrue(process.kill(self.identity, timeout_s=10))
        self.assertEqual(-signal.SIGKILL, self.child.wait())

    def test_strangers_live(self) -> None:
        """Neither another start time nor another boot is the process."""
        later = dataclasses.replace(
            self.identity, start_ticks=self.identity.start_ticks + 1
        )
        other_boot = dataclasses.replace(self.identity, boot_id='other')
        for stranger in (later, other_boot):
            self.assertFalse(stranger.is_alive())
            self.assertEqual([], stranger.arguments())
            self.assertTrue(process.kill(stranger, timeout_s=10))
            process.freeze(stranger, timeout_s=10)
        stat = process.read_stat(self.child.pid)
        assert stat is not None
        self.assertNotIn(stat.state, 'TZ')
        self.assertIsNone(self.child.poll())

    def test_freeze(self) -> None:
        """A frozen process is stopped."""
        process.freeze(self.identity, timeout_s=10)
        stat = process.read_stat(self.child.pid)
        assert stat is not None
        self.assertEqual('T', stat.state)

    def test_children(self) -> None:
        """The children of a process are found."""
        me = process.identify(os.getpid())
        assert me is not None
        self.assertIn(self.identity, me.children())

    def test_never_was(self) -> None:
        """An id that no process has is no identity."""
        gone = dataclasses.replace(self.identity, pid=2**22 + 1)
        self.assertFalse(gone.is_alive())
        self.assertEqual((), gone.children())
        self.assertTrue(process.kill(gone, timeout_s=10))
