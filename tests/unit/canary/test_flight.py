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

"""Tests of canary/flight.py."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import fixtures
import testtools

from nova_native_tls.canary import definition
from nova_native_tls.canary import flight
from nova_native_tls.canary import kind
from nova_native_tls.canary import unconnected
from nova_native_tls import exception
from tests.unit.canary import hosts
from tests.unit.migration import fakes

GuestState = fakes.GuestState
FIRST = 'nova-native-tls-canary-host1-1'


class FlightTestCase(hosts.TwoHostsTestCase):
    """One canary, and two hosts."""

    def setUp(self) -> None:
        super().setUp()
        self.guest = fakes.Domain()
        self.guest.arrived = fakes.Domain(FIRST)
        self.source.starts = [self.guest]
        self.cancel = threading.Event()

    def _fly(self, **changes: Any) -> flight.Flight:
        return flight.fly(
            self.source,
            self.destination,
            call=hosts.CALL,
            cancel=self.cancel,
            **changes,
        )

    def _assert_nothing_left(self) -> None:
        self.assertEqual({}, self.source.domains)
        self.assertEqual({}, self.destination.domains)


class FlightTest(FlightTestCase):
    """A canary on its way."""

    def test_arrives(self) -> None:
        """It is started here, ended there, and nothing is left."""
        seen = self._fly()
        self.assertIsNone(seen.error)
        self.assertEqual(
            (FIRST, (), ()), (seen.canary, seen.left, seen.removed)
        )
        self.assertEqual('host1.example.org', seen.source)
        self.assertEqual('host2.example.org', seen.destination)
        self.assertEqual(['state', 'destroy'], self.guest.arrived.calls)
        self._assert_nothing_left()

    def test_call(self) -> None:
        """It is the call of a migration, but nothing is kept there."""
        seen = self._fly()
        ((uri, call),) = self.guest.migrated
        self.assertEqual(fakes.DESTINATION_URI, uri)
        self.assertEqual(seen.call, call)
        self.assertEqual(hosts.CALL.params, call.params)
        self.assertEqual({'PERSIST_DEST'}, hosts.CALL.flags - call.flags)
        self.assertEqual(frozenset(), call.flags - hosts.CALL.flags)

    def test_call_with_disks(self) -> None:
        """What an instance's disks need is left out, and nothing else."""
        disks = {'NON_SHARED_INC', 'NON_SHARED_DISK'}
        call = dataclasses.replace(
            hosts.CALL,
            flags=hosts.CALL.flags | disks | {'PARALLEL'},
            params={
                'migrate_disks': ('vda',),
                'disks_port': 49200,
                'disks_uri': 'tcp://203.0.113.2',
                'migrate_disks_detect_zeroes': ('vda',),
                'migrate_uri': 'tcp://203.0.113.2',
                'bandwidth': 1,
            },
        )
        asked = flight.of_canary(call)
        self.assertEqual(
            hosts.CALL.flags - {'PERSIST_DEST'} | {'PARALLEL'}, asked.flags
        )
        self.assertEqual(
            {'migrate_uri': 'tcp://203.0.113.2', 'bandwidth': 1}, asked.params
        )

    def test_refused(self) -> None:
        """It is ended on the source, and libvirt's words are kept."""
        self.guest.error = fakes.libvirt_failed('no certificate')
        self.guest.state_afterwards = GuestState.RUNNING
        seen = self._fly()
        self.assertIsInstance(seen.error, exception.MigrationFailed)
        self.assertIn('no certificate', str(seen.error))
        self.assertIn('destroy', self.guest.calls)
        self._assert_nothing_left()

    def test_arrives_dead(self) -> None:
        """Success is not what libvirt says but a guest that runs there."""
        self.guest.arrived = fakes.Domain(FIRST, state=GuestState.CRASHED)
        seen = self._fly()
        self.assertIsInstance(seen.error, exception.MigrationStateUnknown)
        self._assert_nothing_left()

    def test_arrives_nowhere(self) -> None:
        """A guest that is on neither host has not arrived."""
        self.guest.state_afterwards = GuestState.ABSENT
        self.guest.arrived.uuid = 'another'
        seen = self._fly()
        self.assertIsInstance(seen.error, exception.DomainNotFound)

    def test_cancelled(self) -> None:
        """Ctrl-C ends it on both hosts."""
        self.cancel.set()
        seen = self._fly()
        self.assertIsInstance(seen.error, exception.MigrationCancelled)
        self._assert_nothing_left()

    def test_cancelled_on_its_way(self) -> None:
        """At any time."""
        self.guest.looks = [fakes.look()] * 200
        timer = threading.Timer(0.3, self.cancel.set)
        timer.start()
        self.addCleanup(timer.join)
        seen = self._fly()
        self.assertIsInstance(seen.error, exception.MigrationCancelled)
        self._assert_nothing_left()

    def test_too_slow(self) -> None:
        """It is not waited for without end."""
        self.guest.looks = [fakes.look()] * 200
        seen = self._fly(timeout_s=0.1)
        self.assertIsInstance(seen.error, flight.CanaryTooSlow)
        self.assertIn('0.1 seconds', str(seen.error))
        self.assertFalse(self.cancel.is_set())
        self._assert_nothing_left()

    def test_cannot_be_cancelled(self) -> None:
        """It is ended, and left to itself, if libvirt does not answer."""
        self.useFixture(fixtures.MockPatchObject(flight, 'GRACE_S', 0.1))
        release = threading.Event()
        self.addCleanup(release.set)
        self.useFixture(
            fixtures.MockPatchObject(
                flight.run, 'migrate', lambda *_a, **_o: release.wait(60)
            )
        )
        seen = self._fly(timeout_s=0.1)
        self.assertIsInstance(seen.error, flight.CanaryTooSlow)
        self.assertIn('destroy', self.guest.calls)
        self._assert_nothing_left()

    def test_cancel_is_not_noticed(self) -> None:
        """So it is after Ctrl-C."""
        self.useFixture(fixtures.MockPatchObject(flight, 'GRACE_S', 0.1))
        release = threading.Event()
        self.addCleanup(release.set)

        def migrate(*_arguments: Any, **_options: Any) -> None:
            self.cancel.set()
            release.wait(60)

        self.useFixture(
            fixtures.MockPatchObject(flight.run, 'migrate', migrate)
        )
        seen = self._fly()
        self.assertIsInstance(seen.error, exception.MigrationCancelled)
        self._assert_nothing_left()

    def test_arrives_late(self) -> None:
        """One that arrives while it is cancelled has arrived."""

        def migrate(*_arguments: Any, cancel: Any, **_options: Any) -> None:
            cancel.wait(60)
            self.guest.migrate(self.destination, hosts.CALL)

        self.useFixture(
            fixtures.MockPatchObject(flight.run, 'migrate', migrate)
        )
        self.assertIsNone(self._fly(timeout_s=0.1).error)
        self._assert_nothing_left()

    def test_bug(self) -> None:
        """It is ended even if the error is one of ours."""
        self.guest.looks = [TypeError('a bug')]
        self.assertRaises(TypeError, self._fly)
        self.assertNotIn(FIRST, self.source.domains)

    def test_cannot_be_ended(self) -> None:
        """It is said where; the other host is looked at all the same."""
        self.guest.error = fakes.libvirt_failed('no certificate')
        self.guest.state_afterwards = GuestState.RUNNING
        self.guest.destroy_error = fakes.libvirt_failed('busy')
        seen = self._fly()
        self.assertEqual((f'{fakes.SOURCE_URI}: libvirt: busy',), seen.left)

    def test_leftovers(self) -> None:
        """Old ones on both hosts are ended first."""
        here = self.put(self.source, 1, started=0)
        there = self.put(self.destination, 2, started=0)
        self.assertEqual((here.name, there.name), self._fly().removed)
        self._assert_nothing_left()


class UnconnectedTest(FlightTestCase):
    """Only the source's libvirt reaches the destination."""

    def setUp(self) -> None:
        super().setUp()
        self.far = unconnected.Unconnected(fakes.DESTINATION_URI, 'host2')
        self.useFixture(
            fixtures.MockPatchObject(fakes.Domain, 'migrate', self._migrate)
        )

    def _migrate(self, destination: Any, call: Any) -> None:
        self.guest.migrated.append((destination.uri, call))
        if self.guest.error is not None:
            raise self.guest.error
        if self.guest.state_afterwards is None:
            self.guest._state = GuestState.ABSENT
            self.source.domains.clear()

    def _send(self, **changes: Any) -> flight.Flight:
        return flight.fly(
            self.source,
            self.far,
            call=hosts.CALL,
            cancel=self.cancel,
            kinds=(hosts.KIND,),
            **changes,
        )

    def test_arrives(self) -> None:
        """libvirt says so, and it has gone from here."""
        seen = self._send()
        self.assertIsNone(seen.error)
        self.assertEqual(('host2', ()), (seen.destination, seen.left))
        ((uri, _call),) = self.guest.migrated
        self.assertEqual(fakes.DESTINATION_URI, uri)
        self.assertEqual({}, self.source.domains)

    def test_still_here(self) -> None:
        """A guest that runs here has not arrived, whatever libvirt says."""
        self.guest.state_afterwards = GuestState.RUNNING
        seen = self._send()
        self.assertIsInstance(seen.error, exception.MigrationStateUnknown)
        self.assertIn('here is running', str(seen.error))
        self.assertEqual({}, self.source.domains)

    def test_refused(self) -> None:
        """It is ended here."""
        self.guest.error = fakes.libvirt_failed('no certificate')
        self.guest.state_afterwards = GuestState.RUNNING
        seen = self._send()
        self.assertIsInstance(seen.error, exception.MigrationFailed)
        self.assertEqual({}, self.source.domains)

    def test_kind(self) -> None:
        """Nobody is asked what there is: the caller knows."""
        self.source.machines = {}
        self._send()
        self.assertIn('machine="pc"', self.source.started[0])

    def test_numbers(self) -> None:
        """The first free one of those that the caller wants."""
        taken = definition.name('host1', 7)
        self.source.domains[taken] = fakes.Domain(taken)
        self.source.domains[taken].uuid = 'another'
        self.assertEqual(
            definition.name('host1', 8), self._send(numbers=(7, 8, 9)).canary
        )

    def test_nothing_to_ask(self) -> None:
        """It knows its name, and no guests."""
        self.assertEqual('host2', self.far.host_name())
        self.assertEqual((), self.far.guests())
        self.assertRaises(exception.DomainNotFound, self.far.domain, 'a guest')


class StartTest(FlightTestCase):
    """How a canary comes to be."""

    def test_name_is_taken(self) -> None:
        """Two at a time have different names, on both hosts."""
        for host, number in ((self.source, 1), (self.destination, 2)):
            name = definition.name('host1', number)
            host.domains[name] = fakes.Domain(name)
            host.domains[name].uuid = 'another'
        self.assertEqual(definition.name('host1', 3), self._fly().canary)

    def test_somebody_is_faster(self) -> None:
        """The name was free a moment ago: the next one is taken."""
        host = self.source

        class Faster(fakes.Domain):
            """Takes the name first."""

        def start(xml: str) -> fakes.Domain:
            if not host.domains:
                host.domains[FIRST] = Faster(FIRST)
                host.domains[FIRST].uuid = 'another'
                raise fakes.libvirt_failed('exists already')
            return type(host).start_transient(host, xml)

        self.source.machines = {'qemu': ('pc',)}
        self.destination.machines = {'qemu': ('pc',)}
        self.source.start_transient = start
        self.assertEqual(definition.name('host1', 2), self._fly().canary)

    def test_kvm_does_not_start(self) -> None:
        """KVM may be there and start nothing: emulation is tried."""
        self.source.starts = [fakes.libvirt_failed('no KVM'), self.guest]
        self.assertIsNone(self._fly().error)
        self.assertEqual(2, len(self.source.started))
        self.assertIn('type="qemu"', self.source.started[1])

    def test_nothing_starts(self) -> None:
        """It is an error that says nothing of the destination."""
        self.source.starts = [fakes.libvirt_failed('no')] * 2
        with testtools.ExpectedException(
            flight.CanaryNotStarted, '.*host1.example.org: libvirt: no'
        ):
            self._fly()

    def test_no_kind(self) -> None:
        """Nothing is started that the destination does not know."""
        self.destination.machines = {}
        self.assertRaises(kind.NoCommonKind, self._fly)
        self.assertEqual([], self.source.started)
