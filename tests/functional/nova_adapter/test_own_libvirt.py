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

"""What Nova sees of canaries on its host, and what nova-compute does."""

from __future__ import annotations

from unittest import mock

import libvirt
from nova import exception as nova_exception
from nova.virt import event as virt_event

from nova_native_tls.canary import definition
from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import libvirt_api
from nova_native_tls.nova.canary import own_libvirt
from nova_native_tls.nova import driver
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import libvirt_stand_in

URI = 'qemu+tls://host3/system'
OTHER_URI = 'qemu+tls://compute3/system'
KIND = definition.Kind(virt_type='qemu', machine='pc', arch='x86_64')
CALL = migration_call.MigrateCall(
    flags=frozenset({'LIVE', 'PEER2PEER', 'TLS'}), params={}
)


class HideTest(adapter.AdapterTestCase):
    """Nova's own driver, with an instance and a canary on the host."""

    def setUp(self) -> None:
        super().setUp()
        self.libvirtd = libvirt_stand_in.Libvirt()
        self.libvirtd.add()
        self.canary = self.libvirtd.add_canary('host9')

    def _made(self) -> driver.NativeTLSDriver:
        made = driver.NativeTLSDriver(mock.Mock(name='virtapi'))
        self.exchange(made._host, get_connection=lambda: self.libvirtd)
        return made

    def test_unseen(self) -> None:
        """It is in none of Nova's lists, by which it counts and decides."""
        made = self._made()
        self.assertEqual(['instance-00000001'], made.list_instances())
        self.assertEqual(
            [libvirt_stand_in.INSTANCE_UUID], made.list_instance_uuids()
        )
        self.assertEqual(1, made.get_num_instances())
        for only_running in (True, False):
            self.assertEqual(
                ['instance-00000001'],
                [guest.name for guest in made._host.list_guests(only_running)],
            )

    def test_seen_with_the_option_off(self) -> None:
        """Then it is Nova's own driver to the letter."""
        self.configure('libvirt', live_migration_with_native_tls=False)
        self.assertEqual(2, self._made().get_num_instances())

    def test_own_libvirt(self) -> None:
        """Who sends canaries sees them all the same."""
        made = self._made()
        self.assertEqual(
            ['instance-00000001', self.canary.name()],
            [
                each.name
                for each in own_libvirt.OwnLibvirt(made._host).guests()
            ],
        )

    def test_events(self) -> None:
        """Nova does not hear of it, and of an instance as ever."""
        made = self._made()
        for uuid, count in (
            (self.canary.UUIDString(), 0),
            (libvirt_stand_in.INSTANCE_UUID, 1),
        ):
            event = virt_event.LifecycleEvent(
                uuid, virt_event.EVENT_LIFECYCLE_STOPPED
            )
            with self.parent('emit_event') as parent:
                made.emit_event(event)
            self.assertEqual(count, parent.call_count, uuid)

    def test_other_events(self) -> None:
        """An event without a UUID is passed on."""
        with self.parent('emit_event') as parent:
            self._made().emit_event('an event')
        parent.assert_called_once()


class OwnLibvirtTest(adapter.AdapterTestCase):
    """The connection that nova-compute has."""

    def setUp(self) -> None:
        super().setUp()
        self.libvirtd = libvirt_stand_in.Libvirt()

    def test_unavailable(self) -> None:
        """Nova's error becomes one of ours."""
        self.libvirtd.lost = nova_exception.HypervisorUnavailable(host='host2')
        self.assertRaises(
            exception.ConnectionFailed, own_libvirt.OwnLibvirt, self.libvirtd
        )

    def test_other_uri(self) -> None:
        """A canary takes the second way where an instance would."""
        here = own_libvirt.OwnLibvirt(self.libvirtd, OTHER_URI)
        guest = here.start_transient(
            definition.build('x', KIND, started=1_700_000_000.0)
        )
        (raw,) = self.libvirtd.domains
        raw.migrate_errors = [
            libvirt_stand_in.error(
                libvirt.VIR_ERR_AUTH_FAILED, 'authentication failed'
            )
        ]
        guest.migrate(libvirt_api.Connection(None, URI), CALL)
        self.assertEqual(
            [URI, OTHER_URI], [uri for uri, _params, _flags in raw.migrated]
        )
