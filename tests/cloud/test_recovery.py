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

"""A daemon dies during a migration, and comes back.

Whatever became of the migration, the guest then runs on one host and is
whole. Where Nova's record is not what an operator would wish, it is what
Nova's own driver leaves, too: the test says so where it is.
"""

from __future__ import annotations

import signal
import time

from nova_native_tls.migration import cancelling
from tests.cloud import base
from tests.cloud.harness.api import live_migrations
from tests.cloud.harness.api import rest as cloud_rest
from tests.cloud.harness.api import servers as cloud_servers
from tests.cloud.harness.guest import virtual_disk
from tests.cloud.harness.guest import virtual_machine
from tests.cloud.harness.services import compute as cloud_compute
from tests.cloud.harness.settings import compute_files
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import stopped_thread

#: The guest writes more than this, so that no migration ends by itself.
SLOW_MIB_S = 2
DIRTY_MIB_S = 8
FAST_MIB_S = 1000
MEMORY_MIB = 64

TIMEOUT_S = 180
POLL_S = 0.3

#: A migration that is cancelled would have ended.
NOTHING_HAPPENS_S = 5

#: So many reports after the first one that is seen.
PROOF_OF_LIFE = 2


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
            _wait_status(compute, 'enabled')

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
        """Move the server, as if nothing had been, and let it arrive."""
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
        self.assertTrue(self._remove_allocation())

    def _remove_allocation(self) -> bool:
        """Remove what placement holds for the migration, if anything."""
        migration = self.cloud.migrations.current(self.request)
        assert migration is not None
        rest = self.cloud.rest
        consumer = f'/allocations/{migration.uuid}'
        if not rest.get('placement', consumer)['allocations']:
            return False
        rest.request('placement', 'DELETE', consumer)
        return True


class AbortedTest(RecoveryTestCase):
    """Somebody has Nova abort it."""

    def test_aborted(self) -> None:
        """It is no failure, and the guest can be moved no slower."""
        logged = len(self.compute.log())
        self.cloud.migrations.abort(self.request)
        outcome = self.wait_idle()
        self.assert_nova_says(outcome, 'cancelled', 'ACTIVE', self.source.name)
        told = {event.name for event in outcome.action.events}
        self.assertNotIn('compute_native_tls_live_migration', told)
        self.assert_one_guest(self.source)
        self.assertIn('slowed down to 1 MiB/s', self.compute.log()[logged:])
        name = self.machine.guest.name
        speed_mib_s = int(self.source.virsh('migrate-getspeed', name).stdout)
        self.assertIn(speed_mib_s, (SLOW_MIB_S, cancelling.UNLIMITED_MIB_S))
        self.move_again()

    def test_not_ended(self) -> None:
        """QEMU has lost a thread: the way out that is documented."""
        with stopped_thread.stopped(self.machine.id, stopped_thread.SENDER):
            self.cloud.migrations.abort(self.request)
            time.sleep(NOTHING_HAPPENS_S)
            self.assert_running()
            # Nova must not see the guest end while it watches.
            self.compute.stop()
            self.compute.start()
            outcome = self.wait_idle()
            self.assert_nova_says(outcome, 'error', 'ACTIVE', self.source.name)
            self.cloud.servers.act(self.machine.id, 'reboot', {'type': 'HARD'})
            self.cloud.servers.wait_active(self.machine.id)
        self.assertTrue(self.machine.guest.is_running_on(self.source))
        self.clean_up()
        self.move_again()


class ComputeKilledTest(RecoveryTestCase):
    """nova-compute ends by SIGKILL and is started again."""

    def test_source(self) -> None:
        """The migration is aborted when nova-compute is back.

        libvirt goes on without nova-compute; Nova's init_host aborts what
        still runs, and says so (Nova 34, ComputeManager._init_instance).
        """
        self.compute.kill(signal.SIGKILL)
        self.assert_running()
        self.compute.start()
        outcome = self.wait_idle()
        self.assert_nova_says(outcome, 'error', 'ACTIVE', self.source.name)
        self.assert_one_guest(self.source)
        self.clean_up()
        self.move_again()

    def test_source_too_late(self) -> None:
        """The guest arrives before nova-compute is back to see it.

        Then Nova's record is wrong: it says ACTIVE on the source, as it does
        with Nova's own driver. An operator must not start the server there,
        but correct the record.
        """
        self.compute.kill(signal.SIGKILL)
        self.assert_running()
        self.speed_up()
        self._wait_running_on(self.destination)
        self.addCleanup(self._destroy_on, self.destination)
        self.compute.start()
        outcome = self.wait_idle()
        self.assert_nova_says(outcome, 'error', 'ACTIVE', self.source.name)
        self.assert_one_guest(self.destination)

    def _destroy_on(self, host: lab_host.Host) -> None:
        """Remove what Nova will not, because it does not know of it."""
        host.virsh('destroy', self.machine.guest.name)
        host.virsh('undefine', self.machine.guest.name, check=False)
        self.clean_up()

    def test_destination(self) -> None:
        """The guest arrives meanwhile, and Nova notes it afterwards."""
        self.peer.kill(signal.SIGKILL)
        self.assert_running()
        self.speed_up()
        self._wait_running_on(self.destination)
        # The source waits for an answer from the destination.
        self.assert_record('MIGRATING', self.source.name)
        self.peer.start()
        outcome = self.wait_idle()
        self.assert_nova_says(
            outcome, 'completed', 'ACTIVE', self.destination.name
        )
        self.assert_one_guest(self.destination)

    def assert_record(self, status: str, host: str) -> None:
        """Nova's record of the server, while something is being done."""
        server = self.machine.show()
        self.assertEqual((status, host), (server.status, server.host))

    def _wait_running_on(self, host: lab_host.Host) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while self.machine.running_on != (host.name,):
            if time.monotonic() > deadline:
                raise cloud_servers.ServerError(
                    f'{self.machine.show()} does not run on {host.name} but '
                    f'on {self.machine.running_on}'
                )
            time.sleep(POLL_S)


class LibvirtKilledTest(RecoveryTestCase):
    """libvirtd ends by SIGKILL and is started again."""

    def test_source(self) -> None:
        """libvirt cancels what it finds half done; Nova cannot know.

        While libvirtd is away Nova cannot roll back: the server is in ERROR
        as it is with Nova's own driver, and an operator has to reset it.
        """
        outcome = self._kill(self.source, self.compute)
        self.assert_nova_says(outcome, 'error', 'ERROR', self.source.name)
        self.assert_one_guest(self.source)
        self.cloud.servers.reset_to_active(self.machine.id)
        self.clean_up()
        self.move_again()

    def test_destination(self) -> None:
        """The source cancels, and Nova rolls back.

        The QEMU that waited for the guest ends with the connection from the
        source: nobody has to see to it.
        """
        outcome = self._kill(self.destination, self.peer)
        self.assert_nova_says(outcome, 'failed', 'ACTIVE', self.source.name)
        self.assert_one_guest(self.source)
        self.move_again()

    def _kill(
        self, host: lab_host.Host, compute: cloud_compute.Compute
    ) -> live_migrations.Outcome:
        """Kill libvirtd, and start it when Nova is through with it.

        Nova disables a host without libvirtd by itself, and enables it when
        it has connected again, which takes it a while.
        """
        self.assert_running()
        host.kill_libvirtd()
        outcome = self.wait_idle()
        _wait_status(compute, 'disabled')
        host.start_libvirtd()
        _wait_status(compute, 'enabled')
        return outcome


class MessageQueueTest(RecoveryTestCase):
    """RabbitMQ restarts."""

    def test_restarted(self) -> None:
        """Nova either goes on or gives up, and then says where the guest is.

        nova-compute reports progress all the time. If such a report gets
        lost, Nova gives up after [DEFAULT] rpc_response_timeout and aborts:
        the server is in ERROR, and the guest where Nova says. So it is with
        Nova's own driver, too.
        """
        known = {each: each.state() for each in self.cloud.computes}
        self.addCleanup(self.cloud.wait_connected)
        self.cloud.restart_message_queue()
        self.assert_running()
        for compute, before in known.items():
            compute.wait_up(after=before)
        if self._goes_on():
            self.speed_up()
            expected = ('completed', 'ACTIVE', self.destination)
        else:
            expected = ('error', 'ERROR', self.source)
            self.addCleanup(self._remove_allocation)
        status, server_status, host = expected
        outcome = self.wait_idle()
        self.assert_nova_says(outcome, status, server_status, host.name)
        self.assert_one_guest(host)

    def _goes_on(self) -> bool:
        """Wait until Nova reports progress twice, or the end.

        Of the first report the answer may have been lost.
        """
        migrations = self.cloud.migrations
        reported: list[int] = []
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            current = migrations.current(self.request)
            if current is None or current.status != 'running':
                return False
            try:
                sent = self._sent(self.request)
            except cloud_rest.RestError:
                # It has just ended.
                continue
            if sent not in reported:
                reported.append(sent)
            if len(reported) > PROOF_OF_LIFE:
                return True
            time.sleep(POLL_S)
        raise cloud_servers.ServerError(
            f'Nova reports neither progress nor an end of {current}'
        )


def _wait_status(compute: cloud_compute.Compute, status: str) -> None:
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
