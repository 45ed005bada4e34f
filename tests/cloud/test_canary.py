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

"""Canaries of nova-compute: who sees them, what they tell, when they end."""

from __future__ import annotations

from collections.abc import Callable
import re
import time
from typing import Any

from nova_native_tls import canary_uuid

from tests.cloud import base
from tests.cloud.harness.services import compute as cloud_compute
from tests.cloud import impatient_compute
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.pki import pki

#: What the source says: at debug level, once when it fails, and again.
SENT = 'Sending a canary to host2'
ARRIVED = 'Canary to host2: canary.arrived'
FAILED = 'A canary did not get from host1 to host2'
WORKS_AGAIN = 'Migrations from host1 to host2 work again'
#: What the destination says.
NOT_HERE = 'A canary of host1 did not arrive here'

#: What Nova would say if it saw any.
CONFUSED = re.compile(
    'Lifecycle Event|instances on the hypervisor|Traceback|'
    ' (WARNING|ERROR) nova[.]'
)

MEMORY_MIB = 64
TIMEOUT_S = 180
POLL_S = 0.1


class CanaryTest(base.CloudTestCase):
    """One destination in use, to which a canary goes every second."""

    program = impatient_compute.PROGRAM

    def set_up_computes(self) -> None:
        """Send canaries, and look for what they could confuse all the time."""
        self.configure(
            driver=self.driver,
            native_tls=self.native_tls,
            sections={
                'DEFAULT': {'sync_power_state_interval': 2},
                'native_tls': {'canary_interval': 1},
            },
        )

    def setUp(self) -> None:
        super().setUp()
        self.compute = self.cloud.compute(self.source.name)
        self.peer = self.cloud.compute(self.destination.name)
        self.addCleanup(
            pki.install_qemu_identity, self.destination, self.authority
        )
        self.machine = self.boot(memory_mib=MEMORY_MIB)
        self.addCleanup(self._bring_back)
        outcome = self.machine.live_migrate(self.destination.name)
        self.assertEqual('completed', outcome.status, str(outcome))
        self.since = {each: len(each.log()) for each in self.cloud.computes}

    def _bring_back(self) -> None:
        """Start what was killed, or the server could not be deleted."""
        self.source.run(['rm', '-f', impatient_compute.DIE])
        self.set_up_computes()

    def test_canaries(self) -> None:
        """They arrive unseen by Nova, tell what is broken, and end."""
        self._see_that_nova_does_not()
        self._break_and_mend()
        self._kill()

    def _see_that_nova_does_not(self) -> None:
        usages, actions = self.usages(), self.actions()
        self.wait(lambda: self.canaries(self.destination), 'a canary')
        self.wait_said(ARRIVED, times=3)
        servers = self.cloud.rest.get(
            'compute', '/servers', params={'all_tenants': 1}
        )['servers']
        self.assertEqual([self.machine.id], [each['id'] for each in servers])
        self.assertEqual(usages, self.usages())
        self.assertEqual(actions, self.actions())
        self.assert_not_confused()

    def _break_and_mend(self) -> None:
        """The destination gets another CA: both hosts say what is wrong."""
        pki.install_qemu_identity(
            self.destination, pki.CertificateAuthority('CA of others')
        )
        self.wait_said(FAILED)
        self.wait_said(SENT, times=2)
        self.wait(lambda: self.lines(self.peer, NOT_HERE), NOT_HERE)
        pki.install_qemu_identity(self.destination, self.authority)
        self.wait_said(WORKS_AGAIN)
        (told,) = self.lines(self.compute, FAILED)
        self.assertIn(' ERROR ', told)
        self.assertIn('peer.unknown-issuer', told)
        self.assertIn('put the CAs of both hosts into ca-cert.pem', told)
        (told,) = self.lines(self.peer, NOT_HERE)
        self.assertIn('install both files with a CA common to both', told)
        self.assert_not_confused()
        self.assert_arrived(self.machine)

    def _kill(self) -> None:
        """Whoever should end a canary is killed: it ends by itself."""
        self.peer.kill()
        known = self.canaries(self.destination)
        self.wait(lambda: self.canaries(self.destination) - known, 'a canary')
        self.source.write_file(impatient_compute.DIE, '')
        self.wait(lambda: not self.compute.is_running, 'death in flight')
        self.assertEqual(1, len(self.canaries(self.source)))
        self.wait(
            lambda: not any(map(self.canaries, self.cloud.lab.hosts)),
            'an end of all',
        )

    def said(self, compute: cloud_compute.Compute) -> str:
        """What a nova-compute has said since the server moved."""
        return compute.log()[self.since[compute] :]

    def lines(self, compute: cloud_compute.Compute, text: str) -> list[str]:
        """Those with a text in them."""
        said = self.said(compute).splitlines()
        return [line for line in said if text in line]

    def wait(self, until: Callable[[], Any], what: str) -> None:
        """Wait for something."""
        deadline = time.monotonic() + TIMEOUT_S
        while not until():
            if time.monotonic() > deadline:
                raise self.compute.service.error(f'has not led to: {what}')
            time.sleep(POLL_S)

    def wait_said(self, text: str, times: int = 1) -> None:
        """Wait until the source has said something so often from now on."""
        wanted = len(self.lines(self.compute, text)) + times
        self.wait(lambda: len(self.lines(self.compute, text)) >= wanted, text)

    def canaries(self, host: lab_host.Host) -> frozenset[str]:
        """The UUIDs of those that libvirt knows on a host."""
        known = host.virsh('list', '--all', '--uuid').stdout.split()
        return frozenset(filter(canary_uuid.is_canary, known))

    def usages(self) -> dict[str, Any]:
        """What placement counts on each host."""
        found = self.cloud.rest.get('placement', '/resource_providers')
        return {
            each['name']: self.cloud.rest.get(
                'placement', f'/resource_providers/{each["uuid"]}/usages'
            )['usages']
            for each in found['resource_providers']
        }

    def actions(self) -> list[str]:
        """What was done to the server, as its users see it."""
        path = f'/servers/{self.machine.id}/os-instance-actions'
        found = self.cloud.rest.get('compute', path)
        return [each['request_id'] for each in found['instanceActions']]

    def assert_not_confused(self) -> None:
        """Nova has no idea that there is such a thing."""
        for compute in self.cloud.computes:
            said = self.said(compute).splitlines()
            self.assertEqual(
                [],
                [
                    line
                    for line in said
                    if CONFUSED.search(line) and self.machine.id not in line
                ],
            )
