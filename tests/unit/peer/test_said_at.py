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

"""What time another host has, on its way here."""

from __future__ import annotations

import dataclasses
import datetime

import testtools

from nova_native_tls import exception
from nova_native_tls.peer import facts
from tests.unit.peer import host_facts

UTC = datetime.UTC
THEN = datetime.datetime(2026, 11, 21, 18, 44, 12, 345678, tzinfo=UTC)


class SaidAtTest(testtools.TestCase):
    """Bounded and typed, as everything that comes from a peer."""

    def _read(self, value: object) -> datetime.datetime | None:
        return facts.loads(host_facts.written(said_at=value)).said_at

    def test_there_and_back(self) -> None:
        """Nothing is lost."""
        own = dataclasses.replace(host_facts.HOST2, said_at=THEN)
        self.assertEqual(THEN, facts.loads(facts.dumps(own)).said_at)

    def test_zones(self) -> None:
        """Any; none is as good as no time."""
        self.assertEqual(THEN, self._read('2026-11-21T19:44:12.345678+01:00'))
        self.assertIsNone(self._read('2026-11-21T18:44:12'))

    def test_not_said(self) -> None:
        """As by an older peer."""
        self.assertIsNone(self._read(None))
        self.assertIsNone(facts.loads(host_facts.WRITTEN).said_at)

    def test_refused(self) -> None:
        """What is no time."""
        for value in (
            '',
            'now',
            5,
            ['x'],
            '9999-12-31T23:59:59-23:59',
            '0001-01-01T00:00:00+23:59',
        ):
            error = self.assertRaises(
                exception.FactsUnreadable, self._read, value
            )
            self.assertIn('said_at', str(error))
