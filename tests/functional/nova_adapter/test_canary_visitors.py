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

"""What nova-compute does with canaries of other hosts."""

from __future__ import annotations

from typing import Any

from nova.virt import event as virt_event

from nova_native_tls.canary import leftover
from nova_native_tls.nova.canary import canary_visitors
from nova_native_tls.nova.telling import reason
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import libvirt_stand_in

STARTED = virt_event.EVENT_LIFECYCLE_STARTED
RESUMED = virt_event.EVENT_LIFECYCLE_RESUMED
FOUND = reason.Reason(details='short', full='no client certificate')

TOLD = 'A canary of host1 did not arrive here'


class VisitorsTestCase(adapter.AdapterTestCase):
    """This is host2; canaries come from host1."""

    def setUp(self) -> None:
        super().setUp()
        self.exchange(canary_visitors, STAY_S=0.05, POLL_S=0.01)
        self.libvirtd = libvirt_stand_in.Libvirt()
        self.visitors = canary_visitors.Visitors()
        self.asked: list[str] = []
        self.found: reason.Reason | None = FOUND
        self.exchange(reason, on_destination=self._explain)

    def _explain(self, guest: str, **_known: Any) -> reason.Reason | None:
        self.asked.append(guest)
        return self.found

    def hear(self, canary: libvirt_stand_in.Domain, transition: int) -> None:
        """Let libvirt tell something of a canary."""
        self.visitors.seen(
            self.libvirtd,
            virt_event.LifecycleEvent(canary.UUIDString(), transition),
        )

    def come(self, number: int = 1) -> libvirt_stand_in.Domain:
        """Let one come, and wait until it is known."""
        canary = self.libvirtd.add_canary('host1', number)
        self.hear(canary, STARTED)
        libvirt_stand_in.wait(
            lambda: self.visitors._is_coming(canary.UUIDString())
        )
        return canary


class EndTest(VisitorsTestCase):
    """Who has arrived is ended."""

    def test_arrived(self) -> None:
        """A canary of another host is, an instance is not."""
        instance = self.libvirtd.add()
        canary = self.come()
        self.hear(canary, RESUMED)
        self.assertIn(canary, self.libvirtd.domains)
        libvirt_stand_in.wait(lambda: self.libvirtd.domains == [instance])
        self.assertEqual([], self.asked)

    def test_beginning_was_missed(self) -> None:
        """So it is if only its arrival was heard."""
        canary = self.libvirtd.add_canary('host1')
        self.hear(canary, RESUMED)
        libvirt_stand_in.wait(lambda: not self.libvirtd.domains)

    def test_told_in_another_order(self) -> None:
        """One that has arrived is not waited for, when it has gone."""
        canary = self.libvirtd.add_canary('host1')
        self.hear(canary, RESUMED)
        self.visitors._comes(self.libvirtd, canary.UUIDString())
        self.assertEqual([], self.asked)

    def test_own(self) -> None:
        """One that comes back is ended where it was sent from."""
        own = self.libvirtd.add_canary('host2')
        self.hear(own, STARTED)
        self.hear(own, RESUMED)
        libvirt_stand_in.wait(lambda: not self.visitors._staying)
        self.assertEqual([own], self.libvirtd.domains)

    def test_cannot_be_ended(self) -> None:
        """It is told; it ends by itself."""
        canary = self.libvirtd.add_canary('host1')
        canary.destroy_error = libvirt_stand_in.error(38, 'busy')
        self.hear(canary, RESUMED)
        libvirt_stand_in.wait(lambda: 'busy' in self.log.output)

    def test_stop(self) -> None:
        """At the end of nova-compute nobody waits any more."""
        self.exchange(canary_visitors, STAY_S=3600)
        canary = self.libvirtd.add_canary('host1')
        self.hear(canary, RESUMED)
        self.visitors.stop(self.libvirtd)
        self.assertEqual([], self.libvirtd.domains)


class NotArrivedTest(VisitorsTestCase):
    """Who has not arrived is explained."""

    def _vanish(self, number: int) -> None:
        canary = self.come(number)
        self.libvirtd.domains.remove(canary)
        libvirt_stand_in.wait(lambda: canary.name() in self.asked)
        libvirt_stand_in.wait(
            lambda: not self.visitors._is_coming(canary.UUIDString())
        )

    def test_told_once(self) -> None:
        """Until one arrives, whatever their names are."""
        for number in (1, 2, 3):
            self._vanish(number)
        libvirt_stand_in.wait(lambda: TOLD in self.log.output)
        self.assertEqual(1, self.log.output.count('no client certificate'))
        canary = self.come(4)
        self.hear(canary, RESUMED)
        self._vanish(5)
        libvirt_stand_in.wait(
            lambda: self.log.output.count('no client certificate') == 2
        )

    def test_nothing_to_tell(self) -> None:
        """What this host does not know, the source tells."""
        self.found = None
        self._vanish(1)
        self.assertNotIn(TOLD, self.log.output)


class SweepTest(VisitorsTestCase):
    """What was left here."""

    def test_old(self) -> None:
        """It is ended at the start of nova-compute."""
        self.exchange(leftover, MAX_AGE_S=-1)
        self.libvirtd.add_canary('host1')
        canary_visitors.sweep(self.libvirtd)
        self.assertEqual([], self.libvirtd.domains)

    def test_no_libvirt(self) -> None:
        """nova-compute starts all the same."""
        self.exchange(self.libvirtd, listAllDomains=_fail)
        canary_visitors.sweep(self.libvirtd)
        self.assertIn('may have been left', self.log.output)


def _fail(_flags: int) -> None:
    raise libvirt_stand_in.error(38, 'no connection')
