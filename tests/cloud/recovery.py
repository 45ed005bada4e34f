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

"""A migration that lasts until a test lets it end, and what is left of it."""

from __future__ import annotations

import time

from tests.cloud import base
from tests.cloud.harness.api import live_migrations
from tests.cloud.harness.api import servers as cloud_servers
from tests.cloud.harness.guest import virtual_disk
from tests.cloud.harness.guest import virtual_machine
from tests.cloud.harness.services import compute as cloud_compute
from tests.cloud.harness.settings import compute_files
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.node import host as lab_host

#: The guest writes more than this, so that no migration ends by itself.
SLOW_MIB_S = 2
DIRTY_MIB_S = 8
FAST_MIB_S = 1000
MEMORY_MIB = 64

TIMEOUT_S = 180
POLL_S = 0.3


class RecoveryTestCase(base.CloudTestCase):
    """A migration that lasts until a test lets it end."""

    def set_up_computes(self) -> None:
        """Make every migration slow."""
        self.configure(
            driver=self.driver,
            native_tls=self.native_tls,
            live_migration_bandwidth=SLOW_MIB_S,
        )

    def setUp(self) -> None:
        super().setUp()
        self.compute = self.cloud.compute(self.source.name)
        self.peer = self.cloud.compute(self.destination.name)
        self.machine = self.boot(
            memory_mib=MEMORY_MIB, dirty_mib_s=DIRTY_MIB_S
        )
        # Before the server is deleted, or what it is deleted by is missing.
        self.addCleanup(self._bring_back)
        self.request = self._start_slow()

    def _start_slow(self) -> live_migrations.Request:
        """Start the migration and wait until memory is being sent."""
        migrations = self.cloud.migrations
        request = migrations.start(self.machine.id, self.destination.name)
        migrations.wait_status(request, 'running')
        deadline = time.monotonic() + TIMEOUT_S
        while not self._sent(request):
            if time.monotonic() > deadline:
                raise cloud_servers.ServerError(
                    f'Nothing was sent of {self.machine.show()}'
                )
            time.sleep(POLL_S)
        return request

    def _sent(self, request: live_migrations.Request) -> int:
        """Return how many bytes of memory Nova says were sent."""
        found = self.cloud.migrations.progress(request)
        return int(found['memory_processed_bytes'] or 0)

    def _bring_back(self) -> None:
        for host in self.cloud.lab.hosts:
            if host.libvirtd_pid is None:
                host.start_libvirtd()
        for compute in self.cloud.computes:
            if not compute.is_running:
                compute.begin()
        for compute in self.cloud.computes:
            compute.wait_up(after=compute.state())
            wait_status(compute, 'enabled')

    def assert_running(self) -> None:
        """The migration is at work: neither has it ended nor failed."""
        current = self.cloud.migrations.current(self.request)
        assert current is not None
        self.assertEqual('running', current.status)
        self.assertTrue(self.machine.guest.is_running_on(self.source))

    def speed_up(self) -> None:
        """Let the migration end."""
        self.source.virsh(
            'migrate-setspeed', self.machine.guest.name, str(FAST_MIB_S)
        )

    def wait_idle(self) -> live_migrations.Outcome:
        """Wait until Nova has done all that it will do by itself."""
        return self.cloud.migrations.wait(self.request, timeout_s=TIMEOUT_S)

    def assert_one_guest(self, host: lab_host.Host) -> None:
        """There is one QEMU of the guest, its memory and disk are whole."""
        self.assertEqual((host.name,), self.machine.running_on)
        for other in self.cloud.lab.hosts:
            wanted = 1 if other == host else 0
            found = _qemu_processes(other, self.machine)
            self.assertEqual(wanted, len(found), other.name)
            if other != host:
                self.assertEqual(
                    lab_guest.ABSENT, self.machine.guest.state(other)
                )
        self.machine.guest.verify_memory(host)
        # Not by the machine, which asks Nova where it is.
        virtual_disk.verify(host, self.machine.guest.spec)

    def assert_nova_says(
        self, outcome: live_migrations.Outcome, *expected: str
    ) -> None:
        """Nova's last word: migration, server, and the server's host."""
        server = outcome.server
        self.assertEqual(
            expected,
            (outcome.status, server.status, server.host),
            str(outcome),
        )
        self.assertIsNone(server.task_state)

    def move_again(self) -> None:
        """Move the server, as if nothing had been, and let it arrive.

        But for what QEMU never ends; then by the way out that is documented.
        """
        self.machine.start_anew_if_standing()
        self.request = self._start_slow()
        self.speed_up()
        outcome = self.wait_idle()
        self.assert_nova_says(
            outcome, 'completed', 'ACTIVE', self.destination.name
        )
        self.assert_one_guest(self.destination)

    def clean_up(self) -> None:
        """Do what Nova's own driver leaves to the operator, too.

        What was prepared at the destination is still there, and Nova refuses
        the next attempt because of it (and then removes it). What placement
        holds for the migration stays until "nova-manage placement audit
        --delete", and is room that no server can have.
        """
        path = f'{compute_files.INSTANCES}/{self.machine.id}'
        self.assertTrue(self.destination.path(path).exists())
        self.destination.run(['rm', '-r', path])
        self.assertTrue(self.remove_allocation())

    def remove_allocation(self) -> bool:
        """Remove what placement holds for the migration, if anything."""
        migration = self.cloud.migrations.current(self.request)
        assert migration is not None
        rest = self.cloud.rest
        consumer = f'/allocations/{migration.uuid}'
        if not rest.get('placement', consumer)['allocations']:
            return False
        rest.request('placement', 'DELETE', consumer)
        return True


def wait_status(compute: cloud_compute.Compute, status: str) -> None:
    """Wait until a nova-compute is enabled, or disabled."""
    deadline = time.monotonic() + TIMEOUT_S
    while (state := compute.state()) is None or state.status != status:
        if time.monotonic() > deadline:
            raise compute.service.error(f'is not {status} but {state}')
        time.sleep(POLL_S)


def _qemu_processes(
    host: lab_host.Host, machine: virtual_machine.VirtualMachine
) -> list[str]:
    """Return the ids of a host's processes that run this guest."""
    found = []
    for path in host.path('/proc').glob('[0-9]*/cmdline'):
        try:
            argv = path.read_bytes().split(b'\0')
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b'qemu-system' in argv[0] and machine.id.encode() in b' '.join(
            argv
        ):
            found.append(path.parent.name)
    return found
