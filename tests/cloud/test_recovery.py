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

from tests.cloud.harness.api import live_migrations
from tests.cloud.harness.api import rest as cloud_rest
from tests.cloud.harness.api import servers as cloud_servers
from tests.cloud.harness.services import compute as cloud_compute
from tests.cloud import recovery
from tests.lab.harness.node import host as lab_host

#: So many reports after the first one that is seen.
PROOF_OF_LIFE = 2


class ComputeKilledTest(recovery.RecoveryTestCase):
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
        deadline = time.monotonic() + recovery.TIMEOUT_S
        while self.machine.running_on != (host.name,):
            if time.monotonic() > deadline:
                raise cloud_servers.ServerError(
                    f'{self.machine.show()} does not run on {host.name} but '
                    f'on {self.machine.running_on}'
                )
            time.sleep(recovery.POLL_S)


class LibvirtKilledTest(recovery.RecoveryTestCase):
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
        recovery.wait_status(compute, 'disabled')
        host.start_libvirtd()
        recovery.wait_status(compute, 'enabled')
        return outcome


class MessageQueueTest(recovery.RecoveryTestCase):
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
            self.addCleanup(self.remove_allocation)
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
        deadline = time.monotonic() + recovery.TIMEOUT_S
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
            time.sleep(recovery.POLL_S)
        raise cloud_servers.ServerError(
            f'Nova reports neither progress nor an end of {current}'
        )
