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

"""What nova-compute does with canaries that it sends."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any
from unittest import mock

import libvirt
from nova.virt import event as virt_event

from nova_native_tls.canary import definition
from nova_native_tls.canary import flight
from nova_native_tls.canary import leftover
from nova_native_tls.canary import schedule
from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import versions
from nova_native_tls.nova.canary import canary_sender
from nova_native_tls.nova.canary import own_libvirt
from nova_native_tls.nova import carrier
from nova_native_tls.nova import pre_checks
from nova_native_tls.nova.telling import reason
from nova_native_tls.peer import facts
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import libvirt_stand_in

URI = 'qemu+tls://host3/system'
OTHER_URI = 'qemu+tls://compute3/system'
MIGRATE_URI = 'tcp://203.0.113.3'
KIND = definition.Kind(virt_type='qemu', machine='pc-q35-7.2', arch='x86_64')
ASKED = migration_call.MigrateCall(
    flags=frozenset({'LIVE', 'PEER2PEER', 'PERSIST_DEST', 'TLS'}),
    params={'migrate_uri': MIGRATE_URI, 'migrate_disks': ('vda',)},
)
PEER = facts.HostFacts(
    host='compute3',
    host_name='host3.example.org',
    tls_name='host3.example.org',
    versions=versions.HostVersions(
        libvirt=versions.Version(11, 3), qemu=versions.Version(10, 0, 2)
    ),
)
WAY = canary_sender.Way(
    uri=URI, other_uri=OTHER_URI, asked=ASKED, peer=PEER, kind=KIND
)


class SenderTest(adapter.AdapterTestCase):
    """When it sends, what it asks, and what it tells."""

    def setUp(self) -> None:
        super().setUp()
        self.exchange(canary_sender, LOOK_EVERY_S=0.01)
        self.exchange(schedule, INTERVAL_MIN_S=0.02)
        self.flown: list[dict[str, Any]] = []
        self.error: Exception | None = None
        self.exchange(canary_sender.canary_flight, fly=self._fly)
        self.exchange(reason, log_end=lambda guest: f'the log of {guest}')
        self.sender = canary_sender.Sender(self.host, 0.02)
        self.sender.start()
        self.addCleanup(self.sender.stop)

    def _fly(
        self, source: Any, destination: Any, **options: Any
    ) -> flight.Flight:
        self.flown.append(
            {'source': source, 'destination': destination, **options}
        )
        error = self.error
        if error is not None and not isinstance(
            error, exception.MigrationFailed
        ):
            raise error
        return flight.Flight(
            canary='a canary',
            source='host2',
            destination=destination.host_name(),
            call=options['call'],
            started=0.0,
            duration_s=0.5,
            error=error,
            left=(),
            removed=(),
        )

    def _wait(self, count: int) -> None:
        wanted = len(self.flown) + count
        libvirt_stand_in.wait(lambda: len(self.flown) >= wanted)

    def _told(self, text: str) -> int:
        return sum(text in line for line in self.log.output.splitlines())

    def test_call(self) -> None:
        """Guest, way and flags are the instance's, connections included."""
        self.sender.used('compute3', WAY, arrived=False)
        self._wait(1)
        flown = self.flown[0]
        self.assertIsInstance(flown['source'], own_libvirt.OwnLibvirt)
        self.assertEqual(OTHER_URI, flown['source']._other_uri)
        self.assertEqual(
            ('compute3', URI),
            (flown['destination'].host_name(), flown['destination'].uri),
        )
        self.assertEqual((KIND,), flown['kinds'])
        call = flown['call']
        self.assertEqual(ASKED.flags | {'PARALLEL'}, call.flags)
        self.assertEqual(
            {
                **ASKED.params,
                'tls.destination': 'host3.example.org',
                'parallel.connections': 2,
            },
            call.params,
        )

    def test_interval(self) -> None:
        """A destination is left in peace until it is due again."""
        hourly = canary_sender.Sender(self.host, 3600)
        hourly.start()
        self.addCleanup(hourly.stop)
        for name in ('compute3', 'compute4'):
            hourly.used(name, WAY, arrived=False)
            self._wait_for(name)
        self.assertEqual(['compute3', 'compute4'], self._destinations())

    def _destinations(self) -> list[str]:
        return [each['destination'].host_name() for each in self.flown]

    def _wait_for(self, destination: str) -> None:
        libvirt_stand_in.wait(lambda: destination in self._destinations())

    def test_names(self) -> None:
        """What may still be at the destination has another name."""
        self.sender.used('compute3', WAY, arrived=False)
        self._wait(8)
        first = [each['numbers'][0] for each in self.flown[:8]]
        self.assertEqual(sorted(set(first)), sorted(first))
        for number in first:
            self.assertNotIn(number, flight.NUMBERS)

    def test_told_once(self) -> None:
        """A failure is one line, however often; so is its end."""
        self.error = exception.MigrationFailed(
            name='a canary',
            state='running',
            source='qemu:///system',
            problem='the reason',
        )
        self.sender.used('compute3', WAY, arrived=False)
        self._wait(5)
        self.assertEqual(
            1, self._told('did not get from compute2 to compute3')
        )
        self.assertEqual(1, self._told('the reason'))
        self.error = None
        libvirt_stand_in.wait(lambda: self._told('work again'))
        self._wait(3)
        self.assertEqual(1, self._told('work again'))

    def test_another_reason(self) -> None:
        """Another reason is another line."""
        self.error = exception.MigrationFailed(
            name='a canary', state='running', source='s', problem='x'
        )
        self.sender.used('compute3', WAY, arrived=False)
        self._wait(3)
        self.error = flight.CanaryNotStarted(source='host2', problem='y')
        self._wait(3)
        self.assertEqual(
            2, self._told('did not get from compute2 to compute3')
        )
        self.assertEqual(1, self._told('canary.not-started'))

    def test_instance_arrives(self) -> None:
        """An instance that arrives is told as a canary that does."""
        self.error = flight.CanaryNotStarted(source='host2', problem='y')
        self.sender.used('compute3', WAY, arrived=False)
        self._wait(2)
        self.sender.used('compute3', WAY, arrived=True)
        self.assertEqual(1, self._told('work again'))

    def test_plan_refuses(self) -> None:
        """What would be refused to an instance is, and nothing flies."""
        nameless = dataclasses.replace(PEER, tls_name=None)
        way = dataclasses.replace(WAY, peer=nameless)
        self.sender.used('compute3', way, arrived=False)
        libvirt_stand_in.wait(
            lambda: self._told('under which name to verify it')
        )
        self.assertEqual([], self.flown)

    def test_bug(self) -> None:
        """The next canary is sent all the same."""
        self.error = TypeError('a bug')
        self.sender.used('compute3', WAY, arrived=False)
        self._wait(2)
        self.assertIn('No canary was sent to compute3', self.log.output)

    def test_stopped_in_flight(self) -> None:
        """What is on its way is cancelled, and nothing is told of it."""
        cancelled = threading.Event()

        def fly(*_hosts: Any, cancel: threading.Event, **_more: Any) -> Any:
            self.flown.append({})
            cancel.wait(libvirt_stand_in.HANGS_AFTER_S)
            cancelled.set()
            raise exception.MigrationCancelled(
                name='a canary', state='running', source='host2'
            )

        self.exchange(canary_sender.canary_flight, fly=fly)
        self.sender.used('compute3', WAY, arrived=False)
        self._wait(1)
        self.sender.stop()
        self.assertTrue(cancelled.is_set())
        self.assertEqual(0, self._told('did not get'))


class DriverTest(adapter.AdapterTestCase):
    """What the driver lets them know."""

    def setUp(self) -> None:
        super().setUp()
        self.configure('native_tls', canary_interval=3600)
        self.exchange(
            canary_sender, Sender=mock.create_autospec(canary_sender.Sender)
        )
        self.sender = canary_sender.Sender.return_value
        self.libvirtd = libvirt_stand_in.Libvirt()
        self.guest = self.libvirtd.add()
        self.made = self.driver()

    def _start(self) -> None:
        with self.parent('init_host'):
            self.made.init_host('compute2')

    def _migrate(self, data: Any = None) -> None:
        def nova(
            made: Any,
            context: Any,
            instance: Any,
            dest: str,
            block: bool,
            migrate_data: Any,
            guest: Any,
            names: Any,
        ) -> None:
            guest.migrate(
                URI,
                migrate_uri=MIGRATE_URI,
                flags=libvirt.VIR_MIGRATE_LIVE
                | libvirt.VIR_MIGRATE_PEER2PEER
                | libvirt.VIR_MIGRATE_TLS,
            )

        with self.parent('_live_migration_operation', side_effect=nova):
            self.made._live_migration_operation(
                self.context,
                adapter.instance(),
                'compute3',
                False,
                data or self._data(),
                mock.Mock(_domain=self.guest),
                [],
            )

    def _data(self) -> Any:
        data = adapter.migrate_data({})
        carrier.put(data, carrier.Role.DESTINATION, PEER)
        return data

    def test_arrived(self) -> None:
        """The destination is in use, and so is the way to it."""
        self._start()
        self.sender.start.assert_called_once_with()
        self._migrate()
        ((name, way), options) = self.sender.used.call_args
        self.assertEqual(('compute3', {'arrived': True}), (name, options))
        self.assertEqual((URI, KIND, PEER), (way.uri, way.kind, way.peer))
        self.assertEqual(
            frozenset({'LIVE', 'PEER2PEER', 'TLS'}), way.asked.flags
        )
        self.assertEqual(MIGRATE_URI, way.asked.params['migrate_uri'])
        # The name is looked up anew for each canary.
        self.assertNotIn('tls.destination', way.asked.params)
        self.assertEqual(OTHER_URI, way.other_uri)

    def test_failed(self) -> None:
        """A failure is one for the canary to look at, and stays one."""
        self._start()
        error = libvirt_stand_in.error(1, 'no certificate')
        self.guest.migrate_errors = [error]
        self.assertIs(
            error, self.assertRaises(libvirt.libvirtError, self._migrate)
        )
        self.assertEqual({'arrived': False}, self.sender.used.call_args.kwargs)

    def test_not_asked(self) -> None:
        """A destination is not in use of which libvirt was not asked."""
        self._start()
        data = adapter.migrate_data({})
        nameless = dataclasses.replace(PEER, tls_name=None)
        carrier.put(data, carrier.Role.DESTINATION, nameless)
        self.assertRaises(exception.MigrationRefused, self._migrate, data)
        self.sender.used.assert_not_called()

    def test_unreadable_guest(self) -> None:
        """The migration does not suffer."""
        self._start()
        self.exchange(self.guest, XMLDesc=mock.Mock(side_effect=ValueError))
        self._migrate()
        self.sender.used.assert_not_called()
        self.assertEqual(1, len(self.guest.migrated))

    def test_never(self) -> None:
        """Without an interval there is no thread, and nothing is read."""
        self.configure('native_tls', canary_interval=0)
        self._start()
        canary_sender.Sender.assert_not_called()
        self.exchange(
            self.guest, XMLDesc=mock.Mock(side_effect=AssertionError)
        )
        self._migrate()
        self.assertNotIn('Traceback', self.log.output)

    def test_stop(self) -> None:
        """nova-compute takes what it has sent along when it ends."""
        self._start()
        with self.parent('cleanup_host') as parent:
            self.made.cleanup_host('compute2')
        self.sender.stop.assert_called_once_with()
        parent.assert_called_once_with(self.made, 'compute2')

    def test_visitors(self) -> None:
        """An old one is ended at the start, one that came at the end."""
        self.made._host = self.libvirtd
        self.exchange(pre_checks, at_start=mock.Mock())
        old = self.libvirtd.add_canary('host1', 1)
        self.exchange(leftover, MAX_AGE_S=-1)
        self._start()
        self.assertNotIn(old, self.libvirtd.domains)
        new = self.libvirtd.add_canary('host1', 2)
        self.made.emit_event(
            virt_event.LifecycleEvent(
                new.UUIDString(), virt_event.EVENT_LIFECYCLE_RESUMED
            )
        )
        with self.parent('cleanup_host'):
            self.made.cleanup_host('compute2')
        self.assertEqual([self.guest], self.libvirtd.domains)
