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

"""What libvirt is asked for one migration, through Nova's own operation."""

from __future__ import annotations

import threading
from typing import Any

import fixtures
import libvirt
from nova.virt.libvirt import guest as nova_guest
from nova.virt.libvirt import migration as nova_migration

from nova_native_tls import exception
from nova_native_tls.nova import carrier
from tests.functional.nova_adapter import adapter
from tests.unit.peer import host_facts

DESTINATION = carrier.Role.DESTINATION

BASE = (
    libvirt.VIR_MIGRATE_LIVE
    | libvirt.VIR_MIGRATE_PEER2PEER
    | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE
    | libvirt.VIR_MIGRATE_PERSIST_DEST
    | libvirt.VIR_MIGRATE_TLS
)
#: Nova's, over connections that QEMU does not also read from.
SAFE = BASE | libvirt.VIR_MIGRATE_PARALLEL
TWO = {'parallel.connections': 2}
XML = {'destination_xml': '<domain/>', 'persistent_xml': '<domain/>'}


class Domain:
    """Keeps what libvirt would have been asked."""

    def __init__(self, barrier: threading.Barrier | None = None) -> None:
        self._barrier = barrier
        self.error: Exception | None = None
        self.params: dict[str, Any] | None = None
        self.flags: int | None = None

    def migrateToURI3(
        self, dconnuri: str, params: dict[str, Any], flags: int
    ) -> None:
        """Note the call; it lasts until the other migration runs too."""
        if self._barrier is not None:
            self._barrier.wait()
        self.uri, self.params, self.flags = dconnuri, params, flags
        if self.error is not None:
            raise self.error


class PlanTestCase(adapter.AdapterTestCase):
    """Migrates without libvirt."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MockPatchObject(
                nova_migration,
                'get_updated_guest_xml',
                autospec=True,
                return_value='<domain/>',
            )
        )

    def operate(
        self,
        data: Any,
        *,
        driver: Any = None,
        domain: Domain | None = None,
        instance: Any = None,
        disks: tuple[str, ...] = (),
    ) -> Domain:
        """Run Nova's operation, as its own thread would."""
        domain = domain or Domain()
        (driver or self.driver())._live_migration_operation(
            self.context,
            instance or adapter.instance(),
            'host2',
            data.block_migration,
            data,
            nova_guest.Guest(domain),
            list(disks),
        )
        return domain


class PlanTest(PlanTestCase):
    """One migration."""

    def test_name_of_the_destination(self) -> None:
        """The destination says it, whatever address is dialled."""
        for address in (None, '203.0.113.2', '2001:db8:2::2', 'host2-m'):
            domain = self.operate(
                adapter.sent(
                    DESTINATION,
                    host_facts.WRITTEN,
                    target_connect_addr=address,
                )
            )
            assert domain.params is not None
            self.assertEqual(
                'host2.example.org', domain.params['tls.destination']
            )
            self.assertEqual(SAFE, domain.flags)

    def test_everything_else_is_novas(self) -> None:
        """The name and the connections are all that is added."""
        self.configure('libvirt', live_migration_bandwidth=100)
        domain = self.operate(
            adapter.sent(
                DESTINATION,
                host_facts.WRITTEN,
                target_connect_addr='2001:db8:2::2',
            )
        )
        self.assertEqual('qemu+tls://[2001:db8:2::2]/system', domain.uri)
        self.assertEqual(
            {
                'bandwidth': 100,
                'migrate_uri': 'tcp://[2001:db8:2::2]',
                'tls.destination': 'host2.example.org',
                **TWO,
                **XML,
            },
            domain.params,
        )
        self.assertEqual(SAFE, domain.flags)

    def test_disks(self) -> None:
        """Block migration keeps Nova's list of disks."""
        domain = self.operate(
            adapter.sent(
                DESTINATION, host_facts.WRITTEN, block_migration=True
            ),
            disks=('vda', 'vdb'),
        )
        assert domain.params is not None
        self.assertEqual(['vda', 'vdb'], domain.params['migrate_disks'])
        self.assertEqual(
            SAFE | libvirt.VIR_MIGRATE_NON_SHARED_INC, domain.flags
        )

    def test_paused_guest(self) -> None:
        """Nova takes post-copy away: it stays away, and is in no way."""
        self.configure('libvirt', live_migration_permit_post_copy=True)
        for state, flags in (
            ('active', BASE | libvirt.VIR_MIGRATE_POSTCOPY),
            ('paused', SAFE),
        ):
            domain = self.operate(
                adapter.sent(DESTINATION, host_facts.WRITTEN),
                instance=adapter.instance(vm_state=state),
            )
            self.assertEqual(flags, domain.flags)

    def test_parallel_connections(self) -> None:
        """Asked for once, by Nova or by us."""
        self.configure('libvirt', live_migration_parallel_connections=4)
        domain = self.operate(adapter.sent(DESTINATION, host_facts.WRITTEN))
        assert domain.params is not None
        self.assertEqual(4, domain.params['parallel.connections'])
        self.assertEqual(SAFE, domain.flags)

    def test_operators_choice(self) -> None:
        """What else may be done about a guest that QEMU could lose."""
        for choice, watched in (('watch', True), ('ignore', False)):
            self.configure('native_tls', rekey_crash=choice)
            driver = self.driver()
            domain = self.operate(
                adapter.sent(DESTINATION, host_facts.WRITTEN), driver=driver
            )
            assert domain.params is not None
            self.assertEqual(BASE, domain.flags)
            self.assertNotIn('parallel.connections', domain.params)
            kept = driver._native_tls_watched.take(adapter.UUID)
            self.assertIs(watched, kept.watch is not None)

    def test_log(self) -> None:
        """What is asked, and what was changed."""
        self.operate(adapter.sent(DESTINATION, host_facts.WRITTEN))
        self.assertIn('set parameter tls.destination', self.log.output)
        self.assertNotIn('<domain/>', self.log.output)


class StockDestinationTest(PlanTestCase):
    """The destination does not say its name."""

    def test_address_of_the_destination(self) -> None:
        """It is what QEMU would look for anyway, without brackets."""
        for address in ('203.0.113.2', '2001:db8:2::2', 'host2-m'):
            domain = self.operate(
                adapter.migrate_data({}, target_connect_addr=address)
            )
            assert domain.params is not None
            self.assertEqual(address, domain.params['tls.destination'])

    def test_no_address(self) -> None:
        """Where libvirt decides, no name is made up."""
        for address in ({}, {'target_connect_addr': None}):
            domain = self.operate(adapter.migrate_data({}, **address))
            self.assertEqual({'bandwidth': 0, **TWO, **XML}, domain.params)
            self.assertEqual(SAFE, domain.flags)

    def test_disks_without_a_name(self) -> None:
        """libvirt 8.2 to 10.2 would look for none over two connections."""
        disks = libvirt.VIR_MIGRATE_NON_SHARED_INC
        for version, flags in (
            (8_001_000, SAFE),
            (8_002_000, BASE),
            (10_002_000, BASE),
            (10_003_000, SAFE),
        ):
            self.host.libvirt = version
            domain = self.operate(
                adapter.migrate_data({}, block_migration=True), disks=('vda',)
            )
            self.assertEqual(flags | disks, domain.flags, version)


class RefusedTest(PlanTestCase):
    """libvirt is not asked."""

    def _assert_refused(self, data: Any, error: type[Exception]) -> Exception:
        domain, driver = Domain(), self.driver()
        raised = self.assertRaises(
            error, self.operate, data, driver=driver, domain=domain
        )
        self.assertIsNone(domain.flags)
        self.assertEqual(
            str(raised), driver._native_tls_reasons.take(adapter.UUID).full
        )
        return raised

    def test_unreadable_destination(self) -> None:
        """What it sent again cannot be used."""
        for text in ('', '{', host_facts.written(format=2)):
            self._assert_refused(
                adapter.sent(DESTINATION, text), exception.FactsUnreadable
            )

    def test_destination_that_is_too_old(self) -> None:
        """The versions are looked at once more."""
        self.configure('libvirt', live_migration_parallel_connections=2)
        raised = self._assert_refused(
            adapter.sent(DESTINATION, host_facts.written(qemu='5.1')),
            exception.MigrationRefused,
        )
        self.assertIn('the destination has 5.1.0', str(raised))

    def test_error_of_libvirt(self) -> None:
        """It passes as it is, and is kept for who waits."""
        domain, driver = Domain(), self.driver()
        domain.error = libvirt.libvirtError('the peer is not there')
        self.assertIs(
            domain.error,
            self.assertRaises(
                libvirt.libvirtError,
                self.operate,
                adapter.sent(DESTINATION, host_facts.WRITTEN),
                driver=driver,
                domain=domain,
            ),
        )
        self.assertIn(
            'the peer is not there',
            driver._native_tls_reasons.take(adapter.UUID).full,
        )


class TwoAtOnceTest(PlanTestCase):
    """Migrations of two guests by one driver at the same time."""

    def test_each_has_its_own(self) -> None:
        """Name, flags and disks belong to the call."""
        self.configure('libvirt', live_migration_permit_post_copy=True)
        driver = self.driver()
        before = dict(vars(driver))
        barrier = threading.Barrier(2, timeout=60)
        asked = {
            'a.example.org': (
                adapter.instance('a', vm_state='paused'),
                {'block_migration': True},
                ('vda',),
            ),
            'b.example.org': (adapter.instance('b'), {}, ()),
        }
        domains = {name: Domain(barrier) for name in asked}
        threads = [
            threading.Thread(
                target=self.operate,
                args=(
                    adapter.sent(
                        DESTINATION,
                        host_facts.written(tls_name=name),
                        **fields,
                    ),
                ),
                kwargs={
                    'driver': driver,
                    'domain': domains[name],
                    'instance': instance,
                    'disks': disks,
                },
            )
            for name, (instance, fields, disks) in asked.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        first, second = domains.values()
        self.assertEqual(
            (
                {
                    'bandwidth': 0,
                    'migrate_disks': ['vda'],
                    'tls.destination': 'a.example.org',
                    **TWO,
                    **XML,
                },
                SAFE | libvirt.VIR_MIGRATE_NON_SHARED_INC,
            ),
            (first.params, first.flags),
        )
        self.assertEqual(
            (
                {'bandwidth': 0, 'tls.destination': 'b.example.org', **XML},
                BASE | libvirt.VIR_MIGRATE_POSTCOPY,
            ),
            (second.params, second.flags),
        )
        self.assertEqual(before, vars(driver))


class LostNameTest(PlanTestCase):
    """The facts that pre_live_migration sends again are judged again."""

    def test_a_name_that_cannot_be_verified(self) -> None:
        """libvirt is not asked at all."""
        for name in (None, 'host 2', '*.example.org', 'fe80::1%eth0'):
            domain = Domain()
            sent = adapter.sent(
                carrier.Role.DESTINATION, host_facts.written(tls_name=name)
            )
            self.assertRaises(
                exception.NativeTLSError, self.operate, sent, domain=domain
            )
            self.assertIsNone(domain.flags, (name, domain.params))
