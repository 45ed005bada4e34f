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


"""What the count of cancelled migrations says, and what virsh is asked."""

from __future__ import annotations

import types
from typing import Any

import fixtures
import testtools

from nova_native_tls.migration import cancelling
from tests.lab.bench import cancel_orders
from tests.lab.bench import cancels

NAME = 'guest'
ABORT = ('domjobabort', NAME)


class CountTest(testtools.TestCase):
    """Nothing is left out."""

    def test_every_end(self) -> None:
        """Quick, slow, and none."""
        count = cancels.Count()
        for took_s in (0.2, cancels.SLOW_S, 70.0, 80.0, None):
            count.add(took_s)
        self.assertEqual(
            '5 cancelled, 2 of them ended after more than 10 s, 1 not within '
            '180 s',
            str(count),
        )


class OrdersTest(testtools.TestCase):
    """One as libvirt's client does it, one by the project's own function."""

    def setUp(self) -> None:
        super().setUp()
        self.asked: list[tuple[str, ...]] = []
        self.useFixture(
            fixtures.MockPatchObject(cancelling.time, 'sleep', autospec=True)
        )

    def _virsh(self, *words: str, check: bool = True) -> Any:
        self.asked.append(words)
        if words[0] == 'domjobinfo':
            return types.SimpleNamespace(stdout='memory_normal_bytes: 7\n')
        slow = ('migrate-setspeed', NAME, '1') in self.asked
        return types.SimpleNamespace(stdout='1\n' if slow else '700\n')

    def test_orders(self) -> None:
        """Both name the guest."""
        source: Any = types.SimpleNamespace(virsh=self._virsh)
        cancel_orders.at_once(source, NAME)
        self.assertEqual([ABORT], self.asked)
        self.asked.clear()
        cancel_orders.slowed_down(source, NAME)
        self.assertEqual(
            [
                ('domjobinfo', NAME, '--rawstats'),
                ('migrate-getspeed', NAME),
                ('migrate-setspeed', NAME, '1'),
                ABORT,
                ('migrate-getspeed', NAME),
                ('migrate-setspeed', NAME, '700'),
            ],
            self.asked,
        )
