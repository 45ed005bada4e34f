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

"""A server whose migration fails for a certificate goes on, and it is told.

The faults are those of ``tests.cloud.faults``, one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
import time
from typing import ClassVar

from nova_native_tls.explain import matcher
from tests.cloud import base
from tests.cloud import faults
from tests.cloud.harness import instance_actions
from tests.cloud.harness import live_migrations
from tests.cloud.harness import virtual_machine
from tests.lab.harness import guest as lab_guest

EVENT = 'compute_native_tls_live_migration'
EVENT_AT_DESTINATION = f'{EVENT}_at_destination'
EVENT_REFUSED = 'compute_check_can_live_migrate_destination'

#: Details of an event have no more room (Nova's database).
DETAILS_LENGTH = 255

MEMORY_MIB = 64
#: On shared storage the destination hears of a failure 15 s late.
EVENT_TIMEOUT_S = 90
POLL_S = 0.5


class FaultTestCase(base.CloudTestCase):
    """Faults between two hosts, of which host2 is sure of its name.

    With ``[native_tls] tls_destination`` no name is looked for in the
    certificate beforehand, and so a wrong one is noticed in flight.
    """

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

    def inflict(self, fault: faults.Fault) -> None:
        """Break what the fault says, until the end of the test."""
        self.addCleanup(self.ends.make_healthy)
        fault.inflict(self.ends, fault.role)

    def assert_left_alone(
        self,
        machine: virtual_machine.VirtualMachine,
        outcome: live_migrations.Outcome,
        status: str,
    ) -> None:
        """The server is as if nothing had been asked, on the source only.

        :param status: of the migration.
        """
        self.assertEqual(status, outcome.status, str(outcome))
        self.assertEqual(
            ('ACTIVE', None, None),
            (
                outcome.server.status,
                outcome.server.task_state,
                outcome.server.fault,
            ),
        )
        self.assertEqual(
            lab_guest.ABSENT, machine.guest.state(self.ends.destination)
        )
        self.assert_runs_on(machine, self.ends.source)

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


class InFlightTest(FaultTestCase):
    """A server with a local disk: its migration fails, and it goes on.

    Each remedy is applied once, here or in RefusedTest.
    """

    #: Of the last test, if that has passed; it may be on either host.
    _machine: ClassVar[virtual_machine.VirtualMachine | None] = None

    @classmethod
    def tearDownClass(cls) -> None:
        """Delete the server that no further test takes."""
        if cls._machine is not None:
            cls._machine.delete()
            cls._machine = None
        super().tearDownClass()

    def setUp(self) -> None:
        super().setUp()
        self.machine = self._take() or self._boot()
        self._passed = False
        self.addCleanup(self._give_back)

    def _take(self) -> virtual_machine.VirtualMachine | None:
        machine, type(self)._machine = self._machine, None
        if machine is None or machine.host == self.source:
            return machine
        outcome = machine.live_migrate(self.source.name)
        self.assertEqual('completed', outcome.status, str(outcome))
        return machine

    def _boot(self) -> virtual_machine.VirtualMachine:
        machine = virtual_machine.boot(
            self.cloud, 'faults', memory_mib=MEMORY_MIB
        )
        machine.write_disk_secret()
        return machine

    def _give_back(self) -> None:
        # What a failed test leaves is nothing to begin with.
        if self._passed:
            type(self)._machine = self.machine
        else:
            self.machine.delete()

    def check(self, fault: faults.Fault) -> None:
        """Migrate with the fault."""
        self._fail(fault)
        self._passed = True

    def check_mended(self, fault: faults.Fault) -> None:
        """Migrate with the fault, and again when the remedy was applied."""
        self._fail(fault)
        fault.mend(self.ends, fault.role)
        outcome = self.machine.live_migrate(self.destination.name)
        self.assertEqual('completed', outcome.status, str(outcome))
        self.assert_arrived(self.machine)
        self._passed = True

    def _fail(self, fault: faults.Fault) -> None:
        self.inflict(fault)
        outcome = self.machine.live_migrate(self.destination.name)
        self.assert_left_alone(self.machine, outcome, 'failed')
        self.assert_told(fault, self._telling(fault, outcome.action))

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
        """The destination has no server certificate."""
        self.check(faults.SERVER_MISSING)

    def test_client_missing(self) -> None:
        """The source has no client certificate."""
        self.check(faults.CLIENT_MISSING)

    def test_server_foreign(self) -> None:
        """The destination's certificate is of a CA unknown to the source."""
        self.check_mended(faults.SERVER_FOREIGN)

    def test_client_foreign(self) -> None:
        """The source's certificate is of a CA unknown to the destination."""
        self.check_mended(faults.CLIENT_FOREIGN)

    def test_server_name(self) -> None:
        """The destination's certificate is not of the name it claims."""
        self.check(faults.SERVER_NAME)

    def test_server_expired(self) -> None:
        """The destination's certificate has expired."""
        self.check(faults.SERVER_EXPIRED)

    def test_client_expired(self) -> None:
        """The source's certificate has expired."""
        self.check_mended(faults.CLIENT_EXPIRED)

    def test_server_key(self) -> None:
        """The destination's key is of another certificate."""
        self.check_mended(faults.SERVER_KEY)

    def test_client_key(self) -> None:
        """The source's key is of another certificate."""
        self.check(faults.CLIENT_KEY)


class RefusedTest(FaultTestCase):
    """From host2 to host1, which knows its name by its certificate only."""

    def setUp(self) -> None:
        super().setUp()
        self.ends = faults.Ends(
            source=self.destination,
            destination=self.source,
            authority=self.authority,
        )

    def check(self, fault: faults.Fault, *words: str) -> None:
        """Migrate with the fault: nothing moves, and it is told why."""
        machine = self.boot(host=self.ends.source.name, memory_mib=MEMORY_MIB)
        self.inflict(fault)
        outcome = machine.live_migrate(self.ends.destination.name)
        self.assert_left_alone(machine, outcome, 'error')
        told = {each.name: each for each in outcome.action.failures}
        self.assertIn(EVENT_REFUSED, told)
        self.assertEqual(self.ends.destination.name, told[EVENT_REFUSED].host)
        text = told[EVENT_REFUSED].details or ''
        for word in (self.ends.destination.name, *words):
            self.assertIn(word, text)
        # Nobody got as far as asking libvirt.
        self.assertNotIn(EVENT, told)
        fault.mend(self.ends, fault.role)
        outcome = machine.live_migrate(self.ends.destination.name)
        self.assertEqual('completed', outcome.status, str(outcome))
        self.assert_runs_on(machine, self.ends.destination)

    def test_server_name(self) -> None:
        """The names that were found are listed."""
        self.check(
            faults.SERVER_NAME,
            'server-cert.pem',
            'elsewhere.example.org',
            'tls_destination',
        )

    def test_server_missing(self) -> None:
        """The file is named, and nobody is told to set a name."""
        self.check(
            faults.SERVER_MISSING, faults.SERVER_MISSING.file, 'No such file'
        )


class SharedDiskTest(FaultTestCase):
    """On shared storage Nova does not call the destination back.

    So what only the destination knows is told by itself.
    """

    def setUp(self) -> None:
        super().setUp()
        self.share_instances()

    def check(self, *these: faults.Fault) -> None:
        """Migrate with each of the faults in turn."""
        machine = self.boot(memory_mib=MEMORY_MIB)
        for fault in these:
            self.ends.make_healthy()
            self.inflict(fault)
            outcome = machine.live_migrate(self.destination.name)
            self.assert_left_alone(machine, outcome, 'failed')
            event = self._wait_event(
                machine,
                outcome.action.request_id,
                EVENT_AT_DESTINATION if fault.silent else EVENT,
            )
            self.assert_told(fault, event)
        self.ends.make_healthy()
        outcome = machine.live_migrate(self.destination.name)
        self.assertEqual('completed', outcome.status, str(outcome))
        self.assert_arrived(machine)

    def _wait_event(
        self,
        machine: virtual_machine.VirtualMachine,
        request_id: str,
        name: str,
    ) -> instance_actions.Event:
        deadline = time.monotonic() + EVENT_TIMEOUT_S
        while time.monotonic() < deadline:
            action = self.cloud.actions.show(machine.id, request_id)
            for event in action.failures:
                if event.name == name:
                    return event
            time.sleep(POLL_S)
        raise AssertionError(f"{name} is not among {action}")

    def test_client(self) -> None:
        """What is wrong with the source's certificate is told."""
        self.check(
            faults.CLIENT_MISSING, faults.CLIENT_FOREIGN, faults.CLIENT_EXPIRED
        )


class StockTest(FaultTestCase):
    """Nova's own driver, for comparison."""

    driver = base.STOCK

    def test_all(self) -> None:
        """The guest is not harmed; what Nova says of it is printed."""
        machine = self.boot(memory_mib=MEMORY_MIB)
        table = [('fault', 'migration', 'server', 'what the user is told')]
        for fault in faults.ALL:
            self.ends.make_healthy()
            self.inflict(fault)
            outcome = machine.live_migrate(self.destination.name)
            table.append((fault.name, *_recorded(outcome)))
            self.assertNotEqual('completed', outcome.status, fault.name)
            self.assertEqual(
                (self.source.name,), machine.running_on, fault.name
            )
            machine.guest.verify_memory(self.source)
            self.cloud.servers.reset_to_active(machine.id)
        print(_text(table))


def _recorded(outcome: live_migrations.Outcome) -> tuple[str, str, str]:
    told = [each.details for each in outcome.action.failures if each.details]
    if outcome.server.fault is not None:
        told.append(outcome.server.fault)
    return outcome.status, outcome.server.status, '; '.join(told) or 'nothing'


def _text(table: Sequence[Sequence[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*table)]
    return '\n'.join(
        '  '.join(
            cell.ljust(width) for cell, width in zip(row, widths)
        ).rstrip()
        for row in table
    )
