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

"""How fast a host is, on its way to the other one."""

from __future__ import annotations

import dataclasses
import json

import testtools

from nova_native_tls import exception
from nova_native_tls.peer import facts
from tests.unit.migration import test_tuning
from tests.unit.peer import host_facts

FAST = dataclasses.replace(host_facts.HOST2, speed=test_tuning.SPEED)


class SpeedTest(testtools.TestCase):
    """A part of the facts that no host has to send."""

    def test_round_trip(self) -> None:
        """What is sent arrives."""
        for speed in (
            test_tuning.SPEED,
            dataclasses.replace(test_tuning.SPEED, costs=None),
            None,
        ):
            sent = dataclasses.replace(FAST, speed=speed)

            self.assertEqual(speed, facts.loads(facts.dumps(sent)).speed)

    def test_older_peer(self) -> None:
        """It says nothing of it."""
        self.assertIsNone(facts.loads(host_facts.WRITTEN).speed)

    def test_what_a_peer_would_refuse(self) -> None:
        """It is not sent: that would end the migration."""
        for changes in (
            {'free_cores': -1.0},
            {'free_cores': float('nan')},
            {'link_gib_s': float('inf')},
            {'cores': 0},
        ):
            speed = dataclasses.replace(test_tuning.SPEED, **changes)
            sent = dataclasses.replace(FAST, speed=speed)

            self.assertNotIn('speed', json.loads(facts.dumps(sent)))

    def test_anything(self) -> None:
        """Whatever comes is a speed, nothing, or refused."""
        for value in (*host_facts.ANYTHING, {'cores': 2}, {'costs': {}}):
            text = host_facts.written(speed=value)
            if value is None:
                self.assertIsNone(facts.loads(text).speed)
                continue
            self.assertRaises(exception.FactsUnreadable, facts.loads, text)

    def test_it_does_not_count_as_another_host(self) -> None:
        """Free processors come and go."""
        self.assertEqual(host_facts.HOST2, FAST)
