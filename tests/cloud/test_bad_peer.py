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

"""A peer that says nonsense is refused; nova-compute and the VM live on."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
import json
import sys
from typing import ClassVar

from tests.cloud import base
from tests.cloud.harness import compute as cloud_compute
from tests.cloud.harness import compute_files
from tests.cloud.harness import live_migrations
from tests.cloud.harness import service
from tests.cloud.harness import virtual_machine
from tests.cloud import lying_compute
from tests.lab.harness import guest as lab_guest
from tests.lab.harness import pki

EVENT = 'compute_native_tls_live_migration'
EVENT_REFUSED = 'compute_check_can_live_migrate_destination'

MEMORY_MIB = 64

#: What is said of a text that cannot be used.
UNUSABLE = 'What the other host says about itself is unusable'

NEWER = json.dumps({'format': 99, 'whatever': 'comes'})

#: A text of the peer, and a word of the reason for its refusal.
LIES = {
    'not JSON': ('{"format": 1', UNUSABLE),
    'from a newer version': (NEWER, 'format 99'),
    'over-long': ('x' * 200_000, '200000'),
    'over-deep': ('[' * 50_000, UNUSABLE),
}


ARGV = (
    sys.executable,
    lying_compute.__file__,
    '--config-file',
    compute_files.NOVA_CONF,
)


class BadPeerTestCase(base.CloudTestCase):
    """Whatever the peer does, neither server nor nova-compute is harmed."""

    @contextlib.contextmanager
    def no_compute_restarts(self) -> Iterator[None]:
        """Assert that every nova-compute is the process it was, and up."""
        before = [each.service.pid for each in self.cloud.computes]
        yield
        for compute in self.cloud.computes:
            compute.wait_up(after=compute.state())
        after = [each.service.pid for each in self.cloud.computes]
        self.assertEqual(before, after)
        self.assertNotIn(None, after)

    def assert_refused(
        self, machine: virtual_machine.VirtualMachine, *words: str
    ) -> None:
        """Nothing moves, and the reason is told, before libvirt is asked."""
        outcome = machine.live_migrate(self.destination.name)
        self.assert_left_alone(machine, outcome, 'error')
        told = {each.name: each.details for each in outcome.action.failures}
        self.assertNotIn(EVENT, told)
        for word in words:
            self.assertIn(word, told.get(EVENT_REFUSED) or '', str(told))

    def assert_left_alone(
        self,
        machine: virtual_machine.VirtualMachine,
        outcome: live_migrations.Outcome,
        status: str,
    ) -> None:
        """The server is as if nothing had been asked."""
        server = outcome.server
        self.assertEqual(
            (status, 'ACTIVE', None, self.source.name),
            (outcome.status, server.status, server.task_state, server.host),
            str(outcome),
        )
        self.assertEqual((self.source.name,), machine.running_on)
        self.assertEqual(
            lab_guest.ABSENT, machine.guest.state(self.destination)
        )

    def assert_moves(self, machine: virtual_machine.VirtualMachine) -> None:
        """The server can be moved after all."""
        outcome = machine.live_migrate(self.destination.name)
        self.assertEqual('completed', outcome.status, str(outcome))
        self.assert_arrived(machine)


class LyingPeerTest(BadPeerTestCase):
    """What the hosts tell each other is exchanged on its way.

    The lying program is honest as long as there is no lie to tell.
    """

    #: What was exchanged.
    _honest: ClassVar[list[tuple[cloud_compute.Compute, service.Service]]] = []

    @classmethod
    def tearDownClass(cls) -> None:
        """Have the next test start what it is used to."""
        for compute, honest in cls._honest:
            compute.stop()
            compute.service = honest
        cls._honest.clear()
        super().tearDownClass()

    def setUp(self) -> None:
        super().setUp()
        if not self._honest:
            self._exchange_programs()

    def _exchange_programs(self) -> None:
        known = []
        for compute in self.cloud.computes:
            compute.stop()
            self._honest.append((compute, compute.service))
            compute.service = dataclasses.replace(compute.service, argv=ARGV)
            known.append(compute.state())
            compute.begin()
        for compute, before in zip(self.cloud.computes, known, strict=True):
            compute.wait_up(after=before)

    def test_destination_lies(self) -> None:
        """The source refuses, before anything has been prepared."""
        machine = self.boot(memory_mib=MEMORY_MIB)
        with self.no_compute_restarts():
            for text, word in LIES.values():
                self.lie('DESTINATION', text)
                self.assert_refused(machine, word)
            self.be_honest()
            self.assert_moves(machine)

    def test_source_lies(self) -> None:
        """The destination refuses, when the source has spoken."""
        machine = self.boot(memory_mib=MEMORY_MIB)
        with self.no_compute_restarts():
            for text, word in LIES.values():
                self.lie('SOURCE', text)
                self.assert_refused(machine, word)
            self.be_honest()
            self.assert_moves(machine)

    def test_destination_lies_later(self) -> None:
        """The source fails, when it has to ask libvirt, and rolls back."""
        machine = self.boot(memory_mib=MEMORY_MIB)
        with self.no_compute_restarts():
            for text, word in LIES.values():
                self.lie('DESTINATION', text, honest=1)
                outcome = machine.live_migrate(self.destination.name)
                self.assert_left_alone(machine, outcome, 'failed')
                told = {e.name: e.details for e in outcome.action.failures}
                self.assertIn(word, told.get(EVENT) or '', str(told))
            self.be_honest()
            self.assert_moves(machine)

    def test_destination_says_nothing_later(self) -> None:
        """It is taken for a stock peer: verified as the host dialled."""
        machine = self.boot(memory_mib=MEMORY_MIB)
        self.lie('DESTINATION', None, honest=1)
        with self.no_compute_restarts():
            self.assert_moves(machine)

    def lie(self, role: str, text: str | None, *, honest: int = 0) -> None:
        """Have the peer of this role lie from now on."""
        lie = json.dumps({'role': role, 'text': text, 'honest': honest})
        for host in self.cloud.lab.hosts:
            host.write_file(lying_compute.LIE, lie)
        self.addCleanup(self.be_honest)

    def be_honest(self) -> None:
        """Have everybody say the truth from now on."""
        for host in self.cloud.lab.hosts:
            host.run(['rm', '-f', lying_compute.LIE])


class NameTest(BadPeerTestCase):
    """A destination that cannot say under which name to verify it."""

    def test_names_of_a_certificate(self) -> None:
        """None or several could be it: all that were found are told."""
        machine = self.boot(memory_mib=MEMORY_MIB)
        self.addCleanup(
            pki.install_qemu_identity, self.destination, self.authority
        )
        label = self.destination.name
        with self.no_compute_restarts():
            for names in (
                ('elsewhere.example.org', 'nowhere.example.org'),
                (f'{label}.a.example', f'{label}.b.example'),
            ):
                pki.install_qemu_identity(
                    self.destination, self.authority, names
                )
                self.assert_refused(machine, label, *names)
            pki.install_qemu_identity(self.destination, self.authority)
            self.assert_moves(machine)

    def test_option_that_is_no_host_name(self) -> None:
        """nova-compute does not start, and its log names the option."""
        compute = self.cloud.compute(self.destination.name)
        for wrong in ('host 2', '*.lab.example'):
            compute.stop()
            before = len(compute.log())
            compute.configure(
                {
                    'DEFAULT': {'compute_driver': self.driver},
                    'libvirt': {'live_migration_with_native_tls': True},
                    'native_tls': {'tls_destination': wrong},
                }
            )
            with self.assertRaisesRegex(service.ServiceError, 'has ended'):
                compute.start()
            said = compute.log()[before:]
            self.assertIn('tls_destination', said)
