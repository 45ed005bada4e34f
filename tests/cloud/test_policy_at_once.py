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

"""Two guests with opposite policies move at the same time.

``POLICY_ROUNDS`` in the environment says how often; ``tox -e policy-rounds``
does it 50 times.
"""

from __future__ import annotations

import datetime
import os

from tests.cloud import base
from tests.cloud.harness.guest import virtual_machine
from tests.cloud import test_policy
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.wire import capture
from tests.lab.harness.wire import clear_text
from tests.lab.harness.wire import proof as wire

ROUNDS = int(os.environ.get('POLICY_ROUNDS', '1'))


class TwoGuestsTest(test_policy.PolicyTestCase):
    """One must be encrypted, the other must not."""

    def test_each_gets_its_own(self) -> None:
        """There and back, both at once, by one capture each way."""
        # Slow enough that one still moves when the other begins.
        self.set_cloud('opportunistic', live_migration_bandwidth=32)
        self.set_aggregate(None)
        secret = self.machine('flavor_required')
        public = self.machine('flavor_disabled')
        at_once = 0
        for number in range(ROUNDS):
            for host in (self.destination, self.source):
                self._move(secret, public, host)
                at_once += self._was_at_once(self.other(host))
            print(
                f'round {number + 1} of {ROUNDS}: both ways, '
                f'{at_once} of {2 * number + 2} at the same time'
            )
        self.assertGreater(at_once, 0)

    def _was_at_once(self, source: lab_host.Host) -> bool:
        """Tell whether each began before the other had ended."""
        spans = []
        for record in self.records(source, 2):
            began = datetime.datetime.fromisoformat(record['began'])
            lasted = datetime.timedelta(seconds=record['duration_s'])
            spans.append((began, began + lasted))
        (began1, ended1), (began2, ended2) = spans
        return max(began1, began2) < min(ended1, ended2)

    def _move(
        self,
        secret: virtual_machine.VirtualMachine,
        public: virtual_machine.VirtualMachine,
        host: lab_host.Host,
    ) -> None:
        path = host.directory / 'two-guests.pcap'
        migrations = self.cloud.migrations
        with capture.Capture(host, path) as running:
            requests = [
                migrations.start(machine.id, host.name)
                for machine in (secret, public)
            ]
            outcomes = [migrations.wait(request) for request in requests]
        self.assertEqual(0, running.result.dropped_packets)
        for outcome in outcomes:
            self.assertEqual('completed', outcome.status, str(outcome))
        proofs = {
            machine: wire.prove(
                path,
                secrets=[machine.guest.spec.secret.encode()],
                disk_secrets=[machine.guest.spec.disk_secret.encode()],
                dropped_packets=0,
            )
            for machine in (secret, public)
        }
        path.unlink()
        kinds = (clear_text.GUEST_SECRET, clear_text.DISK_SECRET)
        for kind in kinds:
            self.assertEqual(0, proofs[secret].clear_hits.get(kind, 0))
            self.assertGreater(proofs[public].clear_hits.get(kind, 0), 0)
        self._assert_connections(proofs[secret])
        for machine in (secret, public):
            self.assert_runs_on(machine, host)

    def _assert_connections(self, proof: wire.WireProof) -> None:
        """Those of one are all TLS, and those of the other none."""
        data = [port for port in proof.ports if port.role == wire.DATA]
        of_secret = sum(base.SAFE.values())
        self.assertEqual(of_secret, sum(port.tls_handshakes for port in data))
        self.assertEqual(
            of_secret + len(base.SINGLE),
            sum(port.connections for port in data),
        )
