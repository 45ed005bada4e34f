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

"""A migration that QEMU could lose the guest by is cancelled, and told."""

from __future__ import annotations

from nova_native_tls.migration import rekey
from tests.cloud import base
from tests.cloud import impatient_compute

EVENT = 'compute_native_tls_live_migration'


class WatchedTestCase(base.OneServerTestCase):
    """More is sent than a single connection may carry here."""

    program = impatient_compute.PROGRAM
    choice = rekey.Choice.AVOID

    def set_up_computes(self) -> None:
        """Send so slowly that Nova looks before it has ended."""
        self.configure(
            driver=self.driver,
            native_tls=self.native_tls,
            sections={'native_tls': {'rekey_crash': self.choice.value}},
            live_migration_bandwidth=16,
        )


class WatchTest(WatchedTestCase):
    """Over one connection."""

    choice = rekey.Choice.WATCH

    def test_cancelled(self) -> None:
        """The server stays ACTIVE where it was, and the event says why."""
        outcome = self.machine.live_migrate(self.destination.name)
        self.assertEqual('failed', outcome.status, str(outcome))
        self.assert_stayed(self.machine)
        (event,) = (e for e in outcome.action.events if e.name == EVENT)
        self.assertEqual('Error', event.result)
        self.assertIn(
            'cancelled before QEMU could lose the guest', event.details or ''
        )
        log = self.cloud.compute(self.source.name).log()
        self.assertIn('because it has a single TLS connection', log)


class AvoidTest(WatchedTestCase):
    """Over two."""

    def test_arrives(self) -> None:
        """As much as it is, nothing can happen."""
        outcome = self.machine.live_migrate(self.destination.name)
        self.assertEqual('completed', outcome.status, str(outcome))
        self.assert_arrived(self.machine)
