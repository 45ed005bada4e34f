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


"""A migration is slow when it is cancelled, and then as fast as before."""

from __future__ import annotations

from typing import Any

import fixtures
import testtools

from nova_native_tls.migration import cancelling

SLOW = ('speed', cancelling.SLOW_MIB_S)
SLEPT = ('sleep', cancelling.SETTLE_S)


class Domain:
    """libvirt's object of a guest that migrates.

    :ivar fails: what it refuses.
    :ivar sent: bytes of memory.
    """

    def __init__(self, speed_mib_s: int, *fails: str) -> None:
        self.speed_mib_s = speed_mib_s
        self.fails = fails
        self.sent = 1
        self.done: list[tuple[Any, ...]] = []

    def _fail(self, name: str) -> None:
        if name in self.fails:
            raise OSError(name)

    def jobStats(self, flags: int = 0) -> dict[str, int]:
        """As the binding's: nothing about memory before QEMU sends some."""
        self._fail('look')
        return {'type': 2, **({'memory_processed': 1} if self.sent else {})}

    def migrateGetMaxSpeed(self, flags: int = 0) -> int:
        """As the binding's."""
        self._fail('ask')
        return self.speed_mib_s

    def migrateSetMaxSpeed(self, bandwidth: int, flags: int = 0) -> None:
        """As the binding's."""
        self._fail('speed')
        self.done.append(('speed', bandwidth))
        self.speed_mib_s = bandwidth

    def abortJob(self) -> None:
        """As the binding's."""
        self.done.append(('abort',))
        self._fail('abort')


class CancelTest(testtools.TestCase):
    """In this order, whatever happens."""

    def setUp(self) -> None:
        super().setUp()
        self.domain = Domain(700)
        self.useFixture(
            fixtures.MockPatchObject(
                cancelling.time,
                'sleep',
                lambda wait_s: self.domain.done.append(('sleep', wait_s)),
            )
        )

    def _cancel(self, domain: Domain) -> list[tuple[Any, ...]]:
        self.domain = domain
        cancelling.cancel(domain)
        return domain.done

    def test_slow_then_as_it_was(self) -> None:
        """Between the two it is cancelled."""
        self.assertEqual(
            [SLOW, SLEPT, ('abort',), ('speed', 700)],
            self._cancel(self.domain),
        )

    def test_libvirt_was_faster(self) -> None:
        """What libvirt has given back when it has ended is left alone."""
        with cancelling.slowed_down(self.domain):
            self.domain.speed_mib_s = 900
        self.assertEqual([SLOW, SLEPT], self.domain.done)

    def test_refused(self) -> None:
        """What libvirt says is passed on, and the speed is as it was."""
        self.domain = Domain(700, 'abort')
        self.assertRaises(OSError, cancelling.cancel, self.domain)
        self.assertEqual(('speed', 700), self.domain.done[-1])

    def test_cannot_be_slowed_down(self) -> None:
        """It is cancelled all the same."""
        for fails in ('look', 'ask', 'speed'):
            self.assertEqual([('abort',)], self._cancel(Domain(700, fails)))

    def test_qemu_has_not_begun(self) -> None:
        """libvirt would give the guest back the slow speed at the end."""
        self.domain.sent = 0
        self.assertEqual([('abort',)], self._cancel(self.domain))

    def test_slow_already(self) -> None:
        """Who left it so wanted to cancel as well, and it must not stay."""
        self.assertEqual(
            ('speed', cancelling.UNLIMITED_MIB_S),
            self._cancel(Domain(cancelling.SLOW_MIB_S))[-1],
        )

    def test_speed_cannot_be_set_back(self) -> None:
        """That is logged; the migration was cancelled."""
        log = self.useFixture(fixtures.FakeLogger(format='%(message)s'))
        with cancelling.slowed_down(self.domain):
            self.domain.fails = ('speed',)
        self.assertIn('cannot be set to 700 MiB/s', log.output)
