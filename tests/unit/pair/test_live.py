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

"""Tests of pair/live.py."""

from __future__ import annotations

import threading
from typing import Any

import fixtures
import testtools

from nova_native_tls.checks import result
from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.pair import live
from tests.unit.canary import hosts
from tests.unit.migration import fakes

SETTINGS = migration_settings.MigrationSettings(native_tls=True, scheme='tls')
OWN = result.Finding(
    code='own',
    status=result.Status.SUCCESS,
    subject='host1',
    detail='looked at',
)
OWN_BAD = result.Finding(
    code='own-bad',
    status=result.Status.FAILURE,
    subject='host1',
    detail='not good',
)


class CheckTest(hosts.TwoHostsTestCase):
    """Both hosts are asked, at one of three depths."""

    def setUp(self) -> None:
        super().setUp()
        self.world = fakes.World(self.source, self.destination)
        self.useFixture(
            fixtures.MockPatchObject(
                libvirt_api.Connection, 'open', self.world.open
            )
        )
        self.guest = fakes.Domain()
        self.guest.arrived = fakes.Domain()
        self.source.starts = [self.guest]
        self.logs: list[str] = []

    def _read_log(self, guest: str) -> str:
        self.logs.append(guest)
        return ''

    def _check(
        self, depth: live.Depth = live.Depth.PREDICT, **changes: Any
    ) -> live.Answer:
        values = {
            'source_uri': fakes.SOURCE_URI,
            'destination': fakes.DESTINATION_URI,
            'settings': SETTINGS,
            'depth': depth,
        }
        return live.check(
            live.Question(**values | changes),
            cancel=threading.Event(),
            own_side=lambda: (OWN, OWN_BAD),
            read_log=self._read_log,
        )

    def _codes(self, answer: live.Answer) -> list[str]:
        return [each.code for each in answer.findings]

    def test_predict(self) -> None:
        """What cannot be seen is said, and never called good."""
        answer = self._check()
        self.assertEqual(
            ['own', 'own-bad', 'destination.reached', 'destination.not-seen'],
            self._codes(answer),
        )
        self.assertIs(live.QemuVerdict.UNKNOWN, answer.qemu_verdict)
        self.assertIs(
            result.Status.WARNING, max(f.status for f in answer.findings[2:])
        )
        self.assertEqual([], self.source.started)

    def test_prove(self) -> None:
        """Proof of this side says nothing of the other."""
        answer = self._check(live.Depth.PROVE)
        self.assertIs(live.QemuVerdict.UNKNOWN, answer.qemu_verdict)
        self.assertIn('destination.not-seen', self._codes(answer))
        self.assertEqual([], self.source.started)

    def test_canary(self) -> None:
        """A canary that arrived is the answer."""
        answer = self._check(live.Depth.CANARY)
        self.assertEqual(
            ['destination.reached', 'canary.arrived'], self._codes(answer)
        )
        self.assertIs(live.QemuVerdict.YES, answer.qemu_verdict)
        self.assertIs(result.Status.SUCCESS, answer.status)

    def test_canary_call(self) -> None:
        """It is asked as a migration is: name, address, parallel."""
        self._check(
            live.Depth.CANARY,
            settings=migration_settings.MigrationSettings(
                native_tls=True, scheme='tls', parallel_connections=4
            ),
            migrate_uri='tcp://203.0.113.2',
        )
        ((_uri, call),) = self.guest.migrated
        self.assertIn('TLS', call.flags)
        self.assertIn('PARALLEL', call.flags)
        self.assertEqual(
            {
                'bandwidth': 0,
                'migrate_uri': 'tcp://203.0.113.2',
                'parallel.connections': 4,
                'tls.destination': 'host2.example.org',
            },
            dict(call.params),
        )

    def test_canary_refused(self) -> None:
        """Its log here is read, and this side is looked at, too."""
        self.guest.error = fakes.libvirt_failed('no certificate')
        self.guest.state_afterwards = fakes.GuestState.RUNNING
        answer = self._check(live.Depth.CANARY)
        self.assertIs(live.QemuVerdict.NO, answer.qemu_verdict)
        self.assertEqual(['nova-native-tls-canary-host1-1'], self.logs)
        self.assertEqual(
            ['destination.reached', 'canary.failed', 'own-bad'],
            self._codes(answer),
        )

    def test_canary_in_clear_text(self) -> None:
        """Without TLS it arrives, and proves nothing."""
        answer = self._check(
            live.Depth.CANARY,
            settings=migration_settings.MigrationSettings(scheme='tls'),
        )
        self.assertEqual('canary.not-tls', answer.findings[-1].code)
        self.assertIs(live.QemuVerdict.UNKNOWN, answer.qemu_verdict)
        self.assertIs(result.Status.WARNING, answer.status)

    def test_canary_lost(self) -> None:
        """A guest that nobody finds is not what QEMU says."""
        self.guest.arrived.uuid = 'another'
        answer = self._check(live.Depth.CANARY)
        self.assertIs(live.QemuVerdict.UNKNOWN, answer.qemu_verdict)
        self.assertIs(result.Status.FAILURE, answer.status)

    def test_canary_not_started(self) -> None:
        """Without one nothing is known; that is a failure."""
        for starts, machines in (
            ([fakes.libvirt_failed('no')] * 2, self.source.machines),
            ([], {}),
        ):
            self.source.starts, self.source.machines = starts, machines
            answer = self._check(live.Depth.CANARY)
            self.assertIs(live.QemuVerdict.UNKNOWN, answer.qemu_verdict)
            self.assertEqual('canary.not-started', answer.findings[-1].code)
            self.assertIs(result.Status.FAILURE, answer.status)

    def test_unreachable(self) -> None:
        """A destination that does not answer is a failure."""
        answer = self._check(destination='qemu+tls://host3/system')
        self.assertEqual('destination.unreachable', answer.findings[-1].code)
        self.assertIs(result.Status.FAILURE, answer.findings[-1].status)
        self.assertIs(live.QemuVerdict.UNKNOWN, answer.qemu_verdict)
        self.assertNotIn('49152', answer.findings[-1].remedy)

    def test_source_unreachable(self) -> None:
        """Without the source there is no question."""
        self.assertRaises(
            exception.ConnectionFailed,
            self._check,
            source_uri='qemu+tls://host3/system',
        )

    def test_same_host(self) -> None:
        """There is no migration from a host to itself."""
        self.source.uuid = self.destination.uuid = 'x'
        self.destination.name = self.source.name
        self.assertRaises(exception.SameHost, self._check)

    def test_refused_by_us(self) -> None:
        """What would not be asked of libvirt is not asked for a canary."""
        self.source.qemu = fakes.versions.Version(4, 0)
        answer = self._check(
            live.Depth.CANARY,
            settings=migration_settings.MigrationSettings(
                native_tls=True, scheme='tls', parallel_connections=2
            ),
        )
        self.assertIs(live.QemuVerdict.UNKNOWN, answer.qemu_verdict)
        self.assertIs(result.Status.FAILURE, answer.status)
        self.assertTrue(answer.findings[-1].code.startswith('call.'))
        self.assertEqual([], self.source.started)

    def test_warnings(self) -> None:
        """What is said of a migration is said here, too."""
        answer = self._check(
            settings=migration_settings.MigrationSettings(native_tls=True)
        )
        self.assertIn('call.warning', self._codes(answer))

    def test_bad_input(self) -> None:
        """It is refused before anybody is asked."""
        for change in ({'migrate_uri': 'x'}, {'tls_name': 'a b'}):
            self.assertRaises(exception.NativeTLSError, self._check, **change)
        self.assertEqual([], self.world.opened)


class DestinationTest(testtools.TestCase):
    """What may be typed for a destination."""

    def _uri(self, typed: str) -> str:
        return live.destination_uri(SETTINGS, typed)

    def test_typed(self) -> None:
        """A name and an address are dialled as nova.conf says."""
        self.assertEqual('qemu+tls://host2/system', self._uri('host2'))
        self.assertEqual(
            'qemu+tls://[2001:db8::2]/system', self._uri('2001:db8::2')
        )
        self.assertEqual(
            'qemu+ssh://host2/system', self._uri('qemu+ssh://host2/system')
        )

    def test_refused(self) -> None:
        """Nothing else is dialled."""
        for typed in ('', 'a b', 'http://host2', 'qemu:///system', '-x'):
            self.assertRaises(exception.NativeTLSError, self._uri, typed)


class EmptyTest(testtools.TestCase):
    """An answer without findings."""

    def test_failure(self) -> None:
        """Nothing found is nothing known."""
        answer = live.Answer(qemu_verdict=live.QemuVerdict.YES, findings=())
        self.assertIs(result.Status.FAILURE, answer.status)
