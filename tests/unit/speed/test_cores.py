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

"""Processors, as the kernel's files have them."""

from __future__ import annotations

import os
import pathlib
import time
from unittest import mock

import fixtures
import testtools

from nova_native_tls.speed import cores

STAT = """cpu  999999 0 0 999999 0 0 0 0 0 0
cpu0 {used} 0 0 {idle} {waiting} 0 0 0 {used} 0
cpu1 {used} 0 0 {idle} 0 0 0 0 {used} 0
cpu2 0 0 0 {used} 0 0 0 0 0 0
intr 1 2 3
"""


class CoresTestCase(testtools.TestCase):
    """Two processors may be used, of three that there are."""

    def setUp(self) -> None:
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.useFixture(
            fixtures.MockPatchObject(
                os, 'sched_getaffinity', lambda _pid: {0, 1}
            )
        )


class UsableTest(CoresTestCase):
    """What the control group leaves."""

    def usable(self, own: str) -> float:
        """Ask with this /proc/self/cgroup."""
        path = self.root / 'own'
        path.write_text(own)
        return cores.usable(str(path), str(self.root))

    def limit(self, group: str, quota: str) -> None:
        """Give a group its limit."""
        folder = self.root / group
        folder.mkdir(parents=True, exist_ok=True)
        (folder / 'cpu.max').write_text(f'{quota}\n')

    def test_no_limit(self) -> None:
        """All that it may run on."""
        self.limit('a/b', 'max 100000')
        self.assertEqual(2.0, self.usable('0::/a/b\n'))

    def test_limit(self) -> None:
        """A part of one."""
        self.limit('a/b', '150000 100000')
        self.assertEqual(1.5, self.usable('4:cpu:/x\n0::/a/b\n'))

    def test_limit_of_a_group_around(self) -> None:
        """The narrowest counts."""
        self.limit('a', '50000 100000')
        self.limit('a/b', '150000 100000')
        self.assertEqual(0.5, self.usable('0::/a/b\n'))

    def test_wider_limit(self) -> None:
        """More time than the processors have is no more processors."""
        self.limit('a', '800000 100000')
        self.assertEqual(2.0, self.usable('0::/a\n'))

    def test_without_version_2(self) -> None:
        """Then there are no limits that could be seen."""
        self.assertEqual(2.0, self.usable('4:cpu:/x\n'))

    def test_unreadable(self) -> None:
        """Whatever stands in the file."""
        self.limit('a', 'nonsense')
        self.assertEqual(2.0, self.usable('0::/a\n'))
        self.assertEqual(2.0, cores.usable(str(self.root / 'none'), '/'))

    def test_count(self) -> None:
        """Whole ones, and one at least."""
        self.assertEqual(
            [1, 1, 1, 2], [cores.count(each) for each in (0.5, 1, 1.9, 2.0)]
        )


class WatchTest(CoresTestCase):
    """How busy they were between two questions."""

    def setUp(self) -> None:
        super().setUp()
        self.now = 1000.0
        for name, stub in (
            ('monotonic', lambda: self.now),
            ('sleep', self.sleep),
        ):
            self.useFixture(fixtures.MockPatchObject(time, name, stub))
        self.used, self.idle, self.waiting = 100, 100, 0
        self.write()
        self.watch = cores.Watch(str(self.root / 'stat'))

    def write(self, used: int = 0, idle: int = 0, waiting: int = 0) -> None:
        """Let each processor go on by that many ticks."""
        self.used += used
        self.idle += idle
        self.waiting += waiting
        (self.root / 'stat').write_text(
            STAT.format(used=self.used, idle=self.idle, waiting=self.waiting)
        )

    def sleep(self, seconds: float) -> None:
        """One tick used, four idle."""
        self.now += seconds
        self.write(used=1, idle=4)

    def test_first(self) -> None:
        """It waits to see them work, and only at those that may be used."""
        self.assertAlmostEqual(2 * 4 / 5, self.watch.free())

    def test_since_before(self) -> None:
        """Without waiting; who waits for a disk uses nothing."""
        self.watch.free()
        self.now += 10
        self.write(used=10, waiting=0, idle=30)
        refuse = mock.Mock(side_effect=AssertionError)
        with fixtures.MockPatchObject(time, 'sleep', refuse):
            self.assertAlmostEqual(2 * 3 / 4, self.watch.free())

    def test_waiting_for_a_disk(self) -> None:
        """The processor is free meanwhile."""
        self.watch.free()
        self.now += 10
        self.write(used=10)
        self.write(waiting=20)
        self.assertAlmostEqual(2 * 20 / 40, self.watch.free())

    def test_at_once(self) -> None:
        """Too short a time says nothing new."""
        first = self.watch.free()
        self.write(used=1000)
        self.assertEqual(first, self.watch.free())

    def test_long_ago(self) -> None:
        """What was in the night does not count in the morning."""
        self.watch.free()
        self.now += 36000
        self.write(used=100000)
        self.assertAlmostEqual(2 * 4 / 5, self.watch.free())

    def test_not_more_than_usable(self) -> None:
        """A limit holds for an idle host, too."""
        self.useFixture(fixtures.MockPatchObject(cores, 'usable', lambda: 0.5))
        self.assertEqual(0.5, self.watch.free())

    def test_counts_that_go_back(self) -> None:
        """The kernel's may; nobody is less busy than not at all."""
        self.watch.free()
        self.now += 10
        self.write(used=10, idle=-5)
        self.assertEqual(0.0, self.watch.free())

    def test_no_stat(self) -> None:
        """Without it nothing is known."""
        self.assertRaises(OSError, cores.Watch(str(self.root / 'none')).free)
