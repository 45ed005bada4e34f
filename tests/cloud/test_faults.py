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

"""A server whose migration fails in flight goes on, and it is told why.

The pre-checks refuse nearly all that could fail so: here they are kept from
looking. The faults are those of ``tests.cloud.faults``, one at a time.
"""

from __future__ import annotations

import time

from nova_native_tls.explain import matcher
from tests.cloud import altered_compute
from tests.cloud import base
from tests.cloud import faults
from tests.cloud.harness.api import instance_actions
from tests.cloud.harness.guest import virtual_machine
from tests.lab.harness.guest import guest as lab_guest

EVENT = 'compute_native_tls_live_migration'
EVENT_AT_DESTINATION = f'{EVENT}_at_destination'

#: Details of an event have no more room (Nova's database).
DETAILS_LENGTH = 255

MEMORY_MIB = 64

#: On shared storage the destination hears of a failure 15 s late.
EVENT_TIMEOUT_S = 90
POLL_S = 0.5


class FaultTestCase(base.CloudTestCase):
    """Faults between two hosts, of which host2 is sure of its name.

    Without ``[native_tls] tls_destination`` a name is looked for in the
    certificate beforehand, and so a wrong one is noticed.
    """

    program = altered_compute.PROGRAM

    machine: virtual_machine.VirtualMachine

    def set_up_computes(self) -> None:
        """Set tls_destination on host2 only."""
        self.configure(
            driver=self.driver,
            native_tls=self.native_tls,
            sections={
                'native_tls': {
                    'tls_destination': lambda host: (
                        host.fqdn if host == self.destination else None
                    )
                }
            },
        )

    def setUp(self) -> None:
        super().setUp()
        self.ends = faults.Ends(
            source=self.source,
            destination=self.destination,
            authority=self.authority,
        )
        for host in self.cloud.lab.hosts:
            self.addCleanup(host.run, ['rm', '-f', altered_compute.BLIND])
            host.write_file(altered_compute.BLIND, '')

    def inflict(self, fault: faults.Fault) -> None:
        """Break what the fault says, until the end of the test."""
        self.addCleanup(self.ends.make_healthy)
        fault.inflict(self.ends, fault.role)

    def fail_with(self, fault: faults.Fault) -> instance_actions.Action:
        """Migrate with the fault, and be as if nothing had been asked."""
        self.inflict(fault)
        outcome = self.machine.live_migrate(self.destination.name)
        self.assertEqual('failed', outcome.status, str(outcome))
        server = outcome.server
        self.assertEqual(
            ('ACTIVE', None, None),
            (server.status, server.task_state, server.fault),
        )
        self.assertEqual(
            lab_guest.ABSENT, self.machine.guest.state(self.destination)
        )
        self.assert_stayed(self.machine)
        return outcome.action

    def assert_told(
        self, fault: faults.Fault, event: instance_actions.Event
    ) -> None:
        """An event tells file, host, cause and remedy of a fault."""
        text = event.details or ''
        self.assertEqual('Error', event.result)
        self.assertLessEqual(len(text), DETAILS_LENGTH, text)
        host = self.ends.host(fault.role)
        for word in (fault.file, host.name, fault.cause, fault.remedy):
            self.assertIn(word, text)
        explained = matcher.best_of(event.traceback or '')
        self.assertIsNotNone(explained, str(event))
        assert explained is not None
        self.assertEqual(fault.explained, explained.id)


class InFlightTest(FaultTestCase, base.OneServerTestCase):
    """A server with a local disk: its migration fails, and it goes on."""

    def check(self, fault: faults.Fault) -> None:
        """Migrate with the fault."""
        action = self.fail_with(fault)
        self.assert_told(fault, self._telling(fault, action))

    def _telling(
        self, fault: faults.Fault, action: instance_actions.Action
    ) -> instance_actions.Event:
        """Return the event that has the reason; both are of known hosts."""
        told = {each.name: each for each in action.failures}
        expected = {EVENT: self.source.name}
        if fault.silent:
            expected[EVENT_AT_DESTINATION] = self.destination.name
            # Whoever reads only this one is sent to the right place.
            self.assertIn(self.destination.name, told[EVENT].details or '')
        self.assertEqual(
            expected, {name: each.host for name, each in told.items()}
        )
        return told[EVENT_AT_DESTINATION if fault.silent else EVENT]

    def test_server_missing(self) -> None:
        """The destination's QEMU cannot begin to listen."""
        self.check(faults.SERVER_MISSING)

    def test_client_foreign(self) -> None:
        """Only the destination's QEMU knows; the remedy helps."""
        self.check(faults.CLIENT_FOREIGN)
        faults.CLIENT_FOREIGN.mend(self.ends, faults.CLIENT_FOREIGN.role)
        self.machine.start_anew_if_standing()
        outcome = self.machine.live_migrate(self.destination.name)
        self.assertEqual('completed', outcome.status, str(outcome))
        self.assert_arrived(self.machine)

    def test_server_name(self) -> None:
        """The source's QEMU does not find the name that it looks for."""
        self.check(faults.SERVER_NAME)


class SharedDiskTest(FaultTestCase):
    """On shared storage Nova does not call the destination back.

    So what only the destination knows is told by itself.
    """

    def setUp(self) -> None:
        super().setUp()
        self.share_instances()
        self.machine = self.boot(memory_mib=MEMORY_MIB)

    def test_client_missing(self) -> None:
        """What is wrong with the source's certificate is told."""
        fault = faults.CLIENT_MISSING
        action = self.fail_with(fault)
        event = self._wait_event(action.request_id, EVENT_AT_DESTINATION)
        self.assertEqual(self.destination.name, event.host)
        self.assert_told(fault, event)

    def _wait_event(
        self, request_id: str, name: str
    ) -> instance_actions.Event:
        deadline = time.monotonic() + EVENT_TIMEOUT_S
        while time.monotonic() < deadline:
            action = self.cloud.actions.show(self.machine.id, request_id)
            for event in action.failures:
                if event.name == name:
                    return event
            time.sleep(POLL_S)
        raise AssertionError(f"{name} is not among {action}")
