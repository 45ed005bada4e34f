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

"""Somebody aborts a migration, and QEMU ends it or does not."""

from __future__ import annotations

import time

from nova_native_tls.migration import cancelling
from tests.cloud.harness.api import live_migrations
from tests.cloud.harness.api import servers as cloud_servers
from tests.cloud import recovery
from tests.lab.harness.node import qemu_thread
from tests.lab.harness.node import stopped_thread

#: A migration that is cancelled would have ended.
NOTHING_HAPPENS_S = 5

#: One that ends has ended by then.
ENDS_S = 30
#: QEMU loses a thread in very few.
CANCELS = 3


class AbortedTest(recovery.RecoveryTestCase):
    """Somebody has Nova abort it."""

    def test_aborted(self) -> None:
        """It is no failure, and the guest can be moved no slower."""
        logged = len(self.compute.log())
        outcome = self.abort()
        self.assert_nova_says(outcome, 'cancelled', 'ACTIVE', self.source.name)
        told = {event.name for event in outcome.action.events}
        self.assertNotIn('compute_native_tls_live_migration', told)
        self.assert_one_guest(self.source)
        self.assertIn('slowed down to 1 MiB/s', self.compute.log()[logged:])
        name = self.machine.guest.name
        speed_mib_s = int(self.source.virsh('migrate-getspeed', name).stdout)
        self.assertIn(
            speed_mib_s, (recovery.SLOW_MIB_S, cancelling.UNLIMITED_MIB_S)
        )
        self.move_again()

    def test_not_ended(self) -> None:
        """QEMU has lost a thread: the way out that is documented."""
        sender = qemu_thread.find(self.machine.id, qemu_thread.SENDERS[1])
        with stopped_thread.stopped(sender):
            self.cloud.migrations.abort(self.request)
            time.sleep(NOTHING_HAPPENS_S)
            self.assert_running()
            self.way_out()
        self.assertTrue(self.machine.guest.is_running_on(self.source))
        self.clean_up()
        self.move_again()

    def abort(self) -> live_migrations.Outcome:
        """Abort it; another one if QEMU has really lost a thread by it."""
        for _attempt in range(CANCELS):
            self.cloud.migrations.abort(self.request)
            try:
                return self.cloud.migrations.wait(
                    self.request, timeout_s=ENDS_S
                )
            except cloud_servers.ServerError:
                # Only if QEMU stands.
                self.way_out()
            self.clean_up()
            self.request = self._start_slow()
        raise AssertionError(f'None of {CANCELS} has ended.')

    def way_out(self) -> None:
        """Have a new QEMU, without which nothing helps."""
        # Nova must not see the guest end while it watches.
        self.compute.stop()
        self.compute.start()
        outcome = self.wait_idle()
        self.assert_nova_says(outcome, 'error', 'ACTIVE', self.source.name)
        refused = self.machine.live_migrate(self.destination.name)
        self.assertEqual('error', refused.status, str(refused))
        (source,) = (
            event
            for event in refused.action.failures
            if event.name == live_migrations.SOURCE_CHECK_EVENT
        )
        self.assertIn('reboot --hard', source.details or '')
        self.assertTrue(self.machine.start_anew_if_standing())
