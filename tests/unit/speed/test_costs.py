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

"""What a host says of its speed, written and read."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import testtools

from nova_native_tls import exception
from nova_native_tls.speed import costs

COST = costs.Cost(send_s_per_gib=1.1, receive_s_per_gib=1.59)
SPEED = costs.HostSpeed(
    costs=costs.StreamCosts(
        page_records=COST,
        full_records=costs.Cost(send_s_per_gib=0.69, receive_s_per_gib=1.07),
        packing=costs.Cost(send_s_per_gib=0.33, receive_s_per_gib=0.3),
    ),
    cores=2,
    free_cores=1.5,
    link_gib_s=2.91,
    zstd=True,
    fills_records=True,
)
UNKNOWN = costs.HostSpeed(
    costs=None, cores=1, free_cores=0.0, link_gib_s=None, zstd=False
)


class HostSpeedTest(testtools.TestCase):
    """A peer sends it, and may send anything."""

    def written(self, **changes: Any) -> dict[str, Any]:
        """What a host writes, with changes."""
        return {**SPEED.to_primitive(), **changes}

    def assert_refused(self, written: object) -> None:
        """It is not taken for a speed."""
        self.assertRaises(
            exception.FactsUnreadable, costs.HostSpeed.from_primitive, written
        )

    def test_round_trip(self) -> None:
        """Through JSON, also of a host that knows little about itself."""
        for speed in (SPEED, UNKNOWN):
            text = json.dumps(speed.to_primitive())
            self.assertEqual(
                speed, costs.HostSpeed.from_primitive(json.loads(text))
            )

    def test_short(self) -> None:
        """Digits that mean nothing are not sent."""
        exact = costs.Cost(
            send_s_per_gib=1.23456789, receive_s_per_gib=0.000123456
        )
        self.assertEqual([1.23, 0.000123], exact.to_primitive())

    def test_newer_peer(self) -> None:
        """It may say more."""
        written = self.written(colour='blue')
        written['costs']['ktls'] = [0.1, 0.1]
        self.assertEqual(SPEED, costs.HostSpeed.from_primitive(written))

    def test_older_peer(self) -> None:
        """It does not know whether its QEMU fills records."""
        written = self.written()
        del written['fills_records']
        read = costs.HostSpeed.from_primitive(written)
        self.assertEqual(dataclasses.replace(SPEED, fills_records=False), read)

    def test_not_an_object(self) -> None:
        """Nor is anything else one."""
        strange: tuple[object, ...] = (None, [], 'fast', 3)
        for written in strange:
            self.assert_refused(written)

    def test_missing(self) -> None:
        """Only costs and the link may be unknown."""
        for name in ('cores', 'free_cores', 'zstd'):
            self.assert_refused(self.written(**{name: None}))

    def test_neither_true_nor_false(self) -> None:
        """What QEMU can do is one of them."""
        strange: tuple[object, ...] = (1, 'yes', [])
        for name in ('zstd', 'fills_records'):
            for value in strange:
                self.assert_refused(self.written(**{name: value}))

    def test_absurd_numbers(self) -> None:
        """Not finite, negative, too large, of the wrong kind."""
        absurd: tuple[object, ...] = (
            float('nan'),
            float('inf'),
            -1,
            10**400,
            1e300,
            True,
            '1',
            [],
        )
        for number in absurd:
            for name in ('cores', 'free_cores', 'link_gib_s'):
                self.assert_refused(self.written(**{name: number}))
            for pair in ([number, 1], [1, number]):
                cost = {**self.written()['costs'], 'packing': pair}
                self.assert_refused(self.written(costs=cost))

    def test_nothing_is_free_of_cost(self) -> None:
        """A rate is one over it."""
        cost = {**self.written()['costs'], 'packing': [0, 0]}
        self.assert_refused(self.written(costs=cost))
        self.assert_refused(self.written(link_gib_s=0))

    def test_more_free_than_there_are(self) -> None:
        """Of two processors not more than two are free."""
        self.assert_refused(self.written(free_cores=2.1))

    def test_odd_costs(self) -> None:
        """Each is two numbers, and none is missing."""
        whole = self.written()['costs']
        all_odd: tuple[object, ...] = (
            [],
            {},
            {**whole, 'packing': None},
            {**whole, 'packing': [1]},
            {**whole, 'packing': [1, 1, 1]},
            {**whole, 'packing': {'send': 1}},
        )
        for odd in all_odd:
            self.assert_refused(self.written(costs=odd))
