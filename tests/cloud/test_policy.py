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

"""Who is encrypted, from Nova's API to the wire.

The whole table is in the unit tests, and through the driver in those of the
adapter. Here is each outcome by each of those who can say it.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import json
from typing import Any
from typing import ClassVar

from nova_native_tls import policy
from tests.cloud import base
from tests.cloud import faults
from tests.cloud.harness.api import flavors
from tests.cloud.harness.guest import observed_move
from tests.cloud.harness.guest import virtual_machine
from tests.cloud.harness.settings import compute_files
from tests.lab.harness.node import host as lab_host

CLEAR, REFUSED, TLS = 'clear', 'refused', 'TLS'

AGGREGATE = 'cluster'
#: Every host has its own there.
EVIDENCE = f'{compute_files.STATE}/evidence.jsonl'
EVENT = 'compute_native_tls_clear_text'

#: How servers are booted, by what is said of them then.
FLAVOR_DISABLED = {'extra_specs': {policy.KEY: 'disabled'}}
FLAVOR_REQUIRED = {'extra_specs': {policy.KEY: 'required'}}
IMAGE_REQUIRED = {'image_properties': {policy.IMAGE_KEY: 'required'}}
SPECS: Mapping[str, Mapping[str, Any]] = {
    'plain': {},
    'flavor_disabled': FLAVOR_DISABLED,
    'flavor_required': FLAVOR_REQUIRED,
    'image_required': IMAGE_REQUIRED,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One migration.

    :ivar aggregate: what the aggregate of both hosts says.
    :ivar server: of ``SPECS``.
    :ivar metadata: what the metadata of the instance say.
    :ivar owner: whose word it has to be, in the evidence.
    :ivar broken: the destination has no certificate.
    """

    outcome: str
    aggregate: str | None = None
    server: str = 'plain'
    metadata: str | None = None
    owner: str = ''
    broken: bool = False


class PolicyTestCase(base.CloudTestCase):
    """Servers of every kind, which go there and back; native TLS is off."""

    native_tls = False

    _machines: ClassVar[dict[str, virtual_machine.VirtualMachine]]
    _aggregate: ClassVar[int | None]

    @classmethod
    def setUpClass(cls) -> None:
        """Begin with none."""
        super().setUpClass()
        cls._machines, cls._aggregate = {}, None

    @classmethod
    def tearDownClass(cls) -> None:
        """Delete what the tests of the class have shared."""
        for machine in cls._machines.values():
            machine.delete()
        if cls._aggregate is not None:
            flavors.delete_aggregate(cls._rest(), cls._aggregate)
        super().tearDownClass()

    @classmethod
    def _rest(cls) -> Any:
        return base.shared_cloud().rest

    def set_up_computes(self) -> None:
        """Leave it to the test, which says what the cloud says."""

    def set_cloud(self, encryption: str | None, **libvirt: Any) -> None:
        """Restart both nova-computes with this option.

        :param libvirt: further options of that section.
        """
        self.configure(
            driver=base.PLUGIN,
            native_tls=self.native_tls,
            **libvirt,
            sections={
                'DEFAULT': {'max_concurrent_live_migrations': 2},
                'native_tls': {
                    'evidence_file': EVIDENCE,
                    **(
                        {}
                        if encryption is None
                        else {'migration_encryption': encryption}
                    ),
                },
                'notifications': {'notification_format': 'versioned'},
                'oslo_messaging_notifications': {'driver': 'log'},
            },
        )

    def set_aggregate(self, encryption: str | None) -> None:
        """Let the aggregate of both hosts say this, or nothing."""
        if type(self)._aggregate is None:
            type(self)._aggregate = flavors.create_aggregate(
                self.cloud.rest,
                AGGREGATE,
                hosts=[self.source.name, self.destination.name],
            )
        aggregate = type(self)._aggregate
        assert aggregate is not None
        flavors.set_aggregate_metadata(
            self.cloud.rest, aggregate, {policy.KEY: encryption}
        )

    def set_metadata(
        self, machine: virtual_machine.VirtualMachine, value: str | None
    ) -> None:
        """Let the tenant write this into the metadata of the instance."""
        self.cloud.rest.request(
            'compute',
            'PUT',
            f'/servers/{machine.id}/metadata',
            json={'metadata': {} if value is None else {policy.KEY: value}},
        )

    def machine(self, kind: str) -> virtual_machine.VirtualMachine:
        """Give the server of a kind, booted when it is first wanted."""
        machines = type(self)._machines
        if kind not in machines:
            machine = virtual_machine.boot(
                self.cloud, kind.replace('_', '-'), **SPECS[kind]
            )
            machine.write_disk_secret()
            machines[kind] = machine
        return machines[kind]

    def other(self, host: lab_host.Host) -> lab_host.Host:
        """The other end."""
        return self.destination if host == self.source else self.source

    def records(
        self, host: lab_host.Host, count: int = 1
    ) -> list[dict[str, Any]]:
        """What a source has put down last, the newest at the end."""
        lines = host.read_file(EVIDENCE).splitlines()[-count:]
        return [json.loads(line)['content'] for line in lines]


class OutcomeTest(PolicyTestCase):
    """Each outcome, by the word of each of those who can say it."""

    def test_cloud_says_nothing(self) -> None:
        """Everybody nearer decides; and what nobody asks for is stock."""
        self._check(
            None,
            Case(outcome=CLEAR),
            Case(aggregate='required', outcome=TLS, owner='aggregate cluster'),
            Case(aggregate='disabled', metadata='required', outcome=TLS),
            Case(server='flavor_required', outcome=TLS, owner='flavor'),
            Case(server='image_required', outcome=TLS, owner='image'),
            Case(metadata='required', broken=True, outcome=REFUSED),
        )

    def test_cloud_requires(self) -> None:
        """Operators may take it back, tenants may not."""
        self._check(
            'required',
            Case(outcome=TLS, owner='cloud'),
            Case(aggregate='disabled', outcome=CLEAR, owner='aggregate'),
            Case(server='flavor_disabled', outcome=CLEAR, owner='flavor'),
            Case(metadata='disabled', outcome=TLS, owner='cloud'),
            Case(broken=True, outcome=REFUSED),
        )

    def test_opportunistic(self) -> None:
        """Encrypted if it can be; if not, it is told in four places."""
        self._check(
            'opportunistic',
            Case(outcome=TLS, owner='cloud'),
            Case(broken=True, outcome=CLEAR, owner='cloud'),
            Case(aggregate='required', broken=True, outcome=REFUSED),
        )

    def _check(self, cloud: str | None, *cases: Case) -> None:
        self.set_cloud(cloud)
        for case in cases:
            machine = self.machine(case.server)
            self.set_aggregate(case.aggregate)
            self.set_metadata(machine, case.metadata)
            self._move(machine, case)
            print(f'cloud {cloud}: {case}')

    def _move(
        self, machine: virtual_machine.VirtualMachine, case: Case
    ) -> None:
        here = machine.host
        there = self.other(here)
        if case.broken:
            ends = faults.Ends(
                source=here, destination=there, authority=self.authority
            )
            self.addCleanup(ends.make_healthy)
            faults.missing(ends, 'server')
        seen = observed_move.move(machine, there)
        if case.outcome == REFUSED:
            self.assertEqual('error', seen.outcome.status, str(case))
            self.assertIn('server-cert.pem', seen.outcome.action.details)
            self.assert_runs_on(machine, here)
        elif case.outcome == TLS:
            self.assert_moved_encrypted(seen)
            self.assert_runs_on(machine, there)
        else:
            self.assert_moved_readable(seen)
            self.assert_runs_on(machine, there)
        if case.owner:
            self._assert_owner(here, case)
        if case.broken and case.outcome == CLEAR:
            self._assert_told(here, machine, seen)
        if case.broken:
            ends.make_healthy()

    def _assert_owner(self, source: lab_host.Host, case: Case) -> None:
        (record,) = self.records(source)
        self.assertEqual(case.owner, record['rule'][: len(case.owner)])

    def _assert_told(
        self,
        source: lab_host.Host,
        machine: virtual_machine.VirtualMachine,
        seen: observed_move.ObservedMove,
    ) -> None:
        """The log, the event, the notification and the file say it."""
        (event,) = (
            each for each in seen.outcome.action.events if each.name == EVENT
        )
        assert event.details is not None
        for words in ('is in clear text: opportunistic', 'server-cert.pem'):
            self.assertIn(words, event.details)
        self.assertEqual('Success', event.result)
        self.assertEqual((), seen.outcome.action.failures)
        log = self.cloud.compute(source.name).log().splitlines()
        of_machine = [line for line in log if machine.id in line]
        self.assertTrue(
            any(
                'WARNING' in line and 'is in clear text: opp' in line
                for line in of_machine
            )
        )
        self.assertTrue(
            any('native_tls.migration' in line for line in of_machine)
        )
        (record,) = self.records(source)
        self.assertEqual(
            (machine.id, 'plaintext'), (record['uuid'], record['mode'])
        )
        self.assertIn('server-cert.pem', ' '.join(record['notes']))


class NativeTLSOnTest(PolicyTestCase):
    """Nova's own option asks for TLS, and is overruled for one guest."""

    native_tls = True

    def test_flavor(self) -> None:
        """The flag is taken out of this one call."""
        self.set_cloud(None)
        machine = self.machine('flavor_disabled')
        here = machine.host
        seen = observed_move.move(machine, self.other(here))
        self.assert_moved_readable(seen)
        self.assert_runs_on(machine, self.other(here))
