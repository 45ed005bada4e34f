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

"""Tests of canary/schedule.py."""

from __future__ import annotations

import testtools

from nova_native_tls.canary import schedule

DAY_S = 24 * 3600


def _names(known: schedule.Schedule[str], now: float) -> tuple[str, ...]:
    return tuple(name for name, _way in known.due(now))


class ScheduleTest(testtools.TestCase):
    """When, and where."""

    def test_never(self) -> None:
        """By default nothing is ever sent."""
        never = schedule.Schedule[str](0)
        never.used('host2', 'a way', 0, arrived=False)
        self.assertEqual((), never.due(10 * DAY_S))

    def test_unused(self) -> None:
        """Nothing is sent where no instance goes."""
        hourly = schedule.Schedule[str](3600)
        hourly.tried('host2', 0)
        self.assertEqual((), hourly.due(DAY_S))

    def test_failed_migration(self) -> None:
        """It is tried at once where an instance did not arrive."""
        hourly = schedule.Schedule[str](3600)
        hourly.used('host2', 'a way', 100, arrived=False)
        self.assertEqual((('host2', 'a way'),), hourly.due(100))

    def test_migration_is_proof(self) -> None:
        """An instance that arrived is as good as a canary."""
        hourly = schedule.Schedule[str](3600)
        hourly.used('host2', 'a way', 100, arrived=True)
        self.assertEqual((), hourly.due(3699))
        self.assertEqual((('host2', 'a way'),), hourly.due(3700))

    def test_newest_way(self) -> None:
        """A canary goes as the last instance did."""
        hourly = schedule.Schedule[str](3600)
        hourly.used('host2', 'a way', 0, arrived=True)
        hourly.used('host2', 'another', 1, arrived=True)
        self.assertEqual((('host2', 'another'),), hourly.due(3601))

    def test_again(self) -> None:
        """One interval after the other, each destination for itself."""
        hourly = schedule.Schedule[str](3600)
        hourly.used('host2', 'a way', 0, arrived=True)
        hourly.used('host3', 'a way', 0, arrived=True)
        hourly.tried('host2', 1800)
        self.assertEqual(('host3',), _names(hourly, 3600))
        hourly.tried('host3', 3600)
        self.assertEqual(('host2',), _names(hourly, 5400))

    def test_longest_first(self) -> None:
        """None is kept waiting by those that come after it."""
        hourly = schedule.Schedule[str](3600)
        for name, now in (('host2', 20), ('host3', 10), ('host4', 30)):
            hourly.used(name, 'a way', now, arrived=True)
        self.assertEqual(('host3', 'host2', 'host4'), _names(hourly, DAY_S))

    def test_no_longer_used(self) -> None:
        """After a week without a migration it ends."""
        hourly = schedule.Schedule[str](3600)
        hourly.used('host2', 'a way', 0, arrived=True)
        hourly.tried('host2', 6 * DAY_S)
        self.assertEqual(('host2',), _names(hourly, 7 * DAY_S))
        self.assertEqual((), hourly.due(7 * DAY_S + 1))

    def test_used_again(self) -> None:
        """What was forgotten begins anew."""
        hourly = schedule.Schedule[str](3600)
        hourly.used('host2', 'a way', 0, arrived=True)
        hourly.due(8 * DAY_S)
        hourly.used('host2', 'a way', 8 * DAY_S, arrived=False)
        self.assertEqual(('host2',), _names(hourly, 8 * DAY_S))

    def test_not_too_often(self) -> None:
        """Two canaries to one host never meet."""
        soon = schedule.Schedule[str](1)
        soon.used('host2', 'a way', 0, arrived=True)
        self.assertEqual((), soon.due(59))
        self.assertEqual(('host2',), _names(soon, 60))
