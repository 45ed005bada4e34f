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

"""A migration led from a third machine: moved, recorded, failed."""

from __future__ import annotations

from typing import Any

import fixtures

from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import record as migration_record
from nova_native_tls.migration import versions
from tests.unit.migration import fakes
from tests.unit.migration import two_hosts

GuestState = libvirt_api.GuestState


class SuccessTest(two_hosts.TwoHostsTestCase):
    """What is asked for, and what is recorded."""

    def test_the_record(self) -> None:
        """Everything that is known of the migration is in the record."""
        final = fakes.look(
            memory_sent=5000, disk_sent=600, downtime_ms=3, remaining=0
        )
        arrived = fakes.Domain()
        arrived.completed = final
        self.domain.arrived = arrived
        record, warnings = self._migrate()
        self.assertEqual((), warnings)
        self.assertGreaterEqual(record.duration_s, 0)
        self.assertEqual(
            migration_record.MigrationRecord(
                name='vm',
                uuid=fakes.UUID,
                source='host1',
                destination='host2',
                call=self._asked(),
                adjustments=record.adjustments,
                verified_name='host2.example.org',
                memory_bytes=5000,
                disk_bytes=600,
                duration_s=record.duration_s,
                downtime_ms=3,
                context=versions.Context(
                    source=versions.HostVersions(
                        libvirt=versions.Version(11, 3),
                        qemu=versions.Version(7, 2, 22),
                    ),
                    destination=versions.HostVersions(
                        libvirt=versions.Version(11, 3),
                        qemu=versions.Version(10, 0, 13),
                    ),
                ),
            ),
            record,
        )
        self.assertEqual(
            [
                ('tls.destination', 'host2.example.org'),
                ('PARALLEL', None),
                # So many cannot lose it; so many are fast with QEMU 7.2.
                ('parallel.connections', 2),
                ('parallel.connections', 4),
            ],
            [(a.subject, a.value) for a in record.adjustments],
        )

    def test_what_libvirt_is_asked(self) -> None:
        """Peer-to-peer, encrypted, to the destination's libvirt."""
        self._migrate()
        ((uri, call),) = self.domain.migrated
        self.assertEqual(fakes.DESTINATION_URI, uri)
        self.assertTrue(call.flags.issuperset({'LIVE', 'TLS', 'PEER2PEER'}))
        self.assertEqual('host2.example.org', call.params['tls.destination'])

    def test_both_connections_are_closed(self) -> None:
        """Nothing stays open."""
        self._migrate()
        self.assertEqual(
            [fakes.SOURCE_URI, fakes.DESTINATION_URI], self.world.opened
        )
        self.assertEqual(sorted(self.world.opened), sorted(self.world.closed))

    def test_a_wish_to_cancel_ends_connecting(self) -> None:
        """Both connections are told of it."""
        self._migrate()
        self.assertEqual(2, len(self.world.cancels))
        for cancel in self.world.cancels:
            self.assertIs(self.cancel, cancel)

    def test_source_lost_after_success(self) -> None:
        """The guest has moved, whatever becomes of the source."""
        migrate = self.domain.migrate

        def then_lost(*args: Any) -> None:
            migrate(*args)
            self.source.lost = fakes.libvirt_failed('connection is closed')

        self.useFixture(
            fixtures.MockPatchObject(self.domain, 'migrate', then_lost)
        )
        record, _warnings = self._migrate()
        self.assertEqual('host1', record.source)
        self.assertEqual('host2', record.destination)

    def test_a_guest_by_its_uuid(self) -> None:
        """The record has the guest's name all the same."""
        record, _warnings = self._migrate(domain=fakes.UUID)
        self.assertEqual('vm', record.name)

    def test_led_from_here(self) -> None:
        """On request the source's libvirt need not reach the destination."""
        self._migrate(peer_to_peer=False)
        self.assertNotIn('PEER2PEER', self._asked().flags)

    def test_in_clear_text(self) -> None:
        """Without TLS no name is verified, and none is recorded."""
        record, _warnings = self._migrate(settings={'native_tls': False})
        self.assertNotIn('TLS', self._asked().flags)
        self.assertNotIn('tls.destination', self._asked().params)
        self.assertIsNone(record.verified_name)
        self.assertEqual('plaintext', record.as_columns()['mode'])

    def test_the_disks_that_were_named(self) -> None:
        """They are copied, the others are not."""
        self._migrate(block=True, disks=('vdb',))
        self.assertIn('NON_SHARED_INC', self._asked().flags)
        self.assertEqual(('vdb',), self._asked().params['migrate_disks'])

    def test_no_disk_is_asked_for(self) -> None:
        """Without disks to copy the guest's disks are shared."""
        self._migrate(disks=())
        self.assertNotIn('NON_SHARED_INC', self._asked().flags)
        self.assertNotIn('migrate_disks', self._asked().params)

    def test_a_paused_guest_drops_post_copy(self) -> None:
        """The guest's own state decides, not what the caller believes."""
        self.domain = fakes.Domain(state=GuestState.PAUSED)
        self.source.domains['vm'] = self.domain
        self._migrate(settings={'permit_post_copy': True})
        self.assertNotIn('POSTCOPY', self._asked().flags)

    def test_a_running_guest_keeps_post_copy(self) -> None:
        """Whatever the caller said of it."""
        self._migrate(settings={'permit_post_copy': True}, paused=True)
        self.assertIn('POSTCOPY', self._asked().flags)

    def test_warnings_of_the_plan(self) -> None:
        """What an operator should change is returned."""
        _record, warnings = self._migrate(settings={'scheme': 'tcp'})
        (warning,) = warnings
        self.assertIn('live_migration_scheme', warning)

    def test_cancelled_too_late(self) -> None:
        """The guest has moved, and whoever wanted it not to is told."""
        self.domain.cancellable = False
        self.wish_to_cancel = True
        record, warnings = self._migrate()
        self.assertEqual('host2', record.destination)
        (warning,) = warnings
        self.assertIn('before it could be cancelled', warning)


class StatisticsTest(two_hosts.TwoHostsTestCase):
    """Numbers of the finished migration, else of the last look."""

    def _statistics(
        self, completed: Any, *looks: Any
    ) -> tuple[int | None, int | None, int | None]:
        self.domain.looks = list(looks)
        arrived = fakes.Domain()
        arrived.completed = completed
        self.domain.arrived = arrived
        record, _warnings = self._migrate()
        return record.memory_bytes, record.disk_bytes, record.downtime_ms

    def test_libvirt_kept_none(self) -> None:
        """The last look is the best there is."""
        self.assertEqual(
            (70, 8, 9),
            self._statistics(
                None,
                fakes.look(memory_sent=10),
                fakes.look(memory_sent=70, disk_sent=8, downtime_ms=9),
            ),
        )

    def test_libvirt_could_not_say(self) -> None:
        """A question that fails afterwards does not undo a migration."""
        self.assertEqual(
            (70, 0, 20),
            self._statistics(
                fakes.libvirt_failed('no'), fakes.look(memory_sent=70)
            ),
        )

    def test_nothing_is_known(self) -> None:
        """Unknown is None, not 0."""
        self.assertEqual((None, None, None), self._statistics(None))

    def test_there_was_no_look(self) -> None:
        """libvirt's final numbers alone are enough."""
        self.assertEqual(
            (5, 6, 7),
            self._statistics(
                fakes.look(memory_sent=5, disk_sent=6, downtime_ms=7)
            ),
        )

    def test_the_final_numbers_lack_the_disks(self) -> None:
        """libvirt does not count disks in them; the last look did."""
        self.assertEqual(
            (5000, 600, 3),
            self._statistics(
                fakes.look(memory_sent=5000, disk_sent=0, downtime_ms=3),
                fakes.look(memory_sent=4000, disk_sent=600),
            ),
        )


class FailureTest(two_hosts.TwoHostsTestCase):
    """The migration was begun and did not end well."""

    def test_failed(self) -> None:
        """The guest is alive, and both connections are closed."""
        self.domain.error = fakes.libvirt_failed('no route to host')
        err = self.assertRaises(exception.MigrationFailed, self._migrate)
        self.assertIn('no route to host', str(err))
        self.assertEqual(
            sorted([fakes.SOURCE_URI, fakes.DESTINATION_URI]),
            sorted(self.world.closed),
        )

    def test_cancelled(self) -> None:
        """There is no record of a migration that did not happen."""
        self.domain.looks = [fakes.look()] * 99
        self.wish_to_cancel = True
        self.assertRaises(exception.MigrationCancelled, self._migrate)

    def test_destination_lost_after_success(self) -> None:
        """Success is not believed before the guest was seen there."""
        arrived = fakes.Domain()
        arrived._state = fakes.libvirt_failed('connection is closed')
        self.domain.arrived = arrived
        err = self.assertRaises(exception.MigrationStateUnknown, self._migrate)
        self.assertIn('connection is closed', str(err))

    def test_not_at_the_destination(self) -> None:
        """A guest that is not where it was sent is not there."""
        another = fakes.Domain()
        another.uuid = '00000000-0000-4000-8000-000000000000'
        self.domain.arrived = another
        err = self.assertRaises(exception.MigrationStateUnknown, self._migrate)
        self.assertIn('There is no guest', str(err))

    def test_not_running_at_the_destination(self) -> None:
        """A guest that arrived dead is no success."""
        for state in (GuestState.SHUT_OFF, GuestState.CRASHED):
            self.domain = fakes.Domain()
            self.domain.arrived = fakes.Domain(state=state)
            self.source.domains['vm'] = self.domain
            err = self.assertRaises(
                exception.MigrationStateUnknown, self._migrate
            )
            self.assertIn(f'the guest there is {state}', str(err))
