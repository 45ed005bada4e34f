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


"""Known issues, from the guest's own QEMU to what libvirt is asked."""

from __future__ import annotations

from typing import Any

import libvirt
from nova.virt.libvirt import guest as nova_guest

from nova_native_tls.checks import guest_known_issues
from nova_native_tls.nova import carrier
from nova_native_tls.peer import facts
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import legs
from tests.functional.nova_adapter import test_driver_plan
from tests.functional.nova_adapter import trees
from tests.unit.peer import host_facts

SOURCE = carrier.Role.SOURCE
DESTINATION = carrier.Role.DESTINATION
IOTHREADS = '<iothreads>1</iothreads>'


class Defined:
    """A guest's domain, as far as its definition goes."""

    def __init__(self, xml: str | Exception) -> None:
        self._xml = xml

    def XMLDesc(self, flags: int) -> str:
        """Give its definition, or fail."""
        if isinstance(self._xml, Exception):
            raise self._xml
        return f'<domain>{self._xml}</domain>'


class KnownIssuesTestCase(legs.Legs, test_driver_plan.PlanTestCase):
    """A guest of this host that is to leave."""

    def setUp(self) -> None:
        super().setUp()
        trees.write(self.files)

    def start(
        self, *, guest: str, installed: int, xml: str | Exception = ''
    ) -> None:
        """Let it run with a QEMU that may be older than the installed."""
        self.host.qemu = installed
        trees.run_guest(self.files, qemu=guest)
        self.host.guests[adapter.UUID] = nova_guest.Guest(Defined(xml))

    def from_peer(self, qemu: str, **fields: Any) -> Any:
        """Receive what the destination says first."""
        written = host_facts.WRITTEN.replace('"7.2.22"', f'"{qemu}"')
        self.assertIn(f'"{qemu}"', written)
        return adapter.sent(DESTINATION, written, **fields)


class ChecksTest(KnownIssuesTestCase):
    """Before a migration."""

    def _driver(self) -> Any:
        return self.driver(guest=guest_known_issues.GuestKnownIssuesCheck())

    def _disks(self, qemu: str = '9.1.0') -> Any:
        return self.from_peer(qemu, block_migration=True)

    def test_guest_that_would_be_lost(self) -> None:
        """Its QEMU is named, with what to do; the installed one is newer."""
        self.start(guest='8.2.2', installed=9_001_000, xml=IOTHREADS)
        said = self.assert_refused(self.source, self._driver(), self._disks())
        self.assertIn('(QEMU 8.2.2)', said)
        self.assertIn('I/O thread', said)

    def test_guests_that_would_not(self) -> None:
        """Without I/O threads, with a newer QEMU, without disks to copy."""
        driver = self._driver()
        for guest, xml, block in (
            ('8.2.2', '', True),
            ('9.1.0', IOTHREADS, True),
            ('8.2.2', IOTHREADS, False),
        ):
            self.start(guest=guest, installed=9_000_000, xml=xml)
            self.source(driver, self.from_peer('9.1.0', block_migration=block))

    def test_destination(self) -> None:
        """Its installed QEMU counts."""
        self.start(guest='9.1.0', installed=9_001_000, xml=IOTHREADS)
        self.assert_refused(self.source, self._driver(), self._disks('9.0.0'))
        self.assertIn('QEMU 9.0.0 at the destination', self.log.output)

    def test_definition_that_libvirt_does_not_give(self) -> None:
        """Nobody knows whether it has I/O threads: that is a warning."""
        self.start(
            guest='8.2.2', installed=9_001_000, xml=libvirt.libvirtError('no')
        )
        self.source(self._driver(), self._disks())
        self.assertIn('which matters here if this is so', self.log.output)

    def test_an_operator_who_knows_better(self) -> None:
        """It is told, and not refused."""
        self.configure(
            'native_tls', ignored_known_issues=['disks-tls-iothread-crash']
        )
        self.start(guest='8.2.2', installed=9_001_000, xml=IOTHREADS)
        self.source(self._driver(), self._disks())
        self.assertIn('ignored_known_issues names it', self.log.output)

    def test_the_other_end_is_told(self) -> None:
        """Which QEMU the guest runs in."""
        self.start(guest='8.2.2', installed=9_001_000)
        data = self.source(self._driver(), self._disks())
        said = carrier.get(adapter.over_rpc(data), SOURCE)
        assert isinstance(said, facts.HostFacts)
        self.assertEqual(
            ('8.2.2', '9.1.0'), (str(said.guest_qemu), str(said.versions.qemu))
        )


class CallTest(KnownIssuesTestCase):
    """What libvirt is then asked."""

    def _parallel(
        self, guest: str, installed: int, peer: str, machine: str = ''
    ) -> bool:
        self.start(
            guest=guest,
            installed=installed,
            xml=f'<os><type machine="{machine}">hvm</type></os>',
        )
        driver = self.driver()
        self.source(driver, self.from_peer(peer))
        domain = self.operate(
            self.from_peer(peer), driver=driver, instance=adapter.instance()
        )
        assert domain.flags is not None
        return bool(domain.flags & libvirt.VIR_MIGRATE_PARALLEL)

    def test_the_guests_own_qemu_decides(self) -> None:
        """With post-copy QEMU 10.1 is needed, at both ends."""
        self.configure('libvirt', live_migration_permit_post_copy=True)
        for guest, installed, peer, parallel in (
            ('10.1.0', 10_001_000, '10.1.0', True),
            ('10.1.0', 10_000_000, '10.1.0', True),
            ('10.0.9', 10_001_000, '10.1.0', False),
            ('10.1.0', 10_001_000, '10.0.9', False),
        ):
            self.assertIs(
                parallel,
                self._parallel(guest, installed, peer, 'pc-q35-8.0'),
                f'{guest} {installed} {peer}',
            )

    def test_the_guests_machine_decides(self) -> None:
        """With post-copy an old one would not always come to an end."""
        self.configure('libvirt', live_migration_permit_post_copy=True)
        for machine, parallel in (
            ('pc-i440fx-7.2', False),
            ('pc-i440fx-8.0', True),
            ('', False),
        ):
            self.assertIs(
                parallel,
                self._parallel('11.1.3', 11_001_003, '11.1.3', machine),
                machine,
            )

    def test_a_release_that_does_not_understand(self) -> None:
        """QEMU 9.2.0 gets no parallel connections of an old source."""
        for guest, peer, parallel in (
            ('8.2.2', '9.2.0', False),
            ('8.2.2', '9.2.1', True),
            ('9.0.0', '9.2.0', True),
        ):
            self.assertIs(
                parallel, self._parallel(guest, 9_002_000, peer), guest
            )

    def test_nobody_has_looked(self) -> None:
        """nova-compute was restarted: which QEMU it is is not known."""
        self.configure('libvirt', live_migration_permit_post_copy=True)
        self.host.qemu = 10_001_000
        domain = self.operate(self.from_peer('10.1.0'))
        assert domain.flags is not None
        self.assertFalse(domain.flags & libvirt.VIR_MIGRATE_PARALLEL)
