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
import json

from tests.cloud import altered_compute
from tests.cloud import base
from tests.cloud.harness.api import live_migrations
from tests.cloud.harness.services import service
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.pki import pki

EVENT = 'compute_native_tls_live_migration'

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


class BadPeerTestCase(base.OneServerTestCase):
    """Whatever the peer does, neither server nor nova-compute is harmed."""

    @contextlib.contextmanager
    def no_compute_restarts(self) -> Iterator[None]:
        """Assert that every nova-compute is the process it was."""
        before = [each.service.pid for each in self.cloud.computes]
        yield
        after = [each.service.pid for each in self.cloud.computes]
        self.assertEqual(before, after)
        self.assertNotIn(None, after)

    def assert_refused(self, *words: str) -> None:
        """Nothing moves, and the reason is told, before libvirt is asked."""
        outcome = self.machine.live_migrate(self.destination.name)
        self.assert_left_alone(outcome, 'error')
        told = {each.name: each.details for each in outcome.action.failures}
        self.assertNotIn(EVENT, told)
        refused = told.get(live_migrations.DESTINATION_CHECK_EVENT) or ''
        for word in words:
            self.assertIn(word, refused, str(told))

    def assert_left_alone(
        self, outcome: live_migrations.Outcome, status: str
    ) -> None:
        """The server is as if nothing had been asked."""
        server = outcome.server
        self.assertEqual(
            (status, 'ACTIVE', None, self.source.name),
            (outcome.status, server.status, server.task_state, server.host),
            str(outcome),
        )
        self.assertEqual((self.source.name,), self.machine.running_on)
        self.assertEqual(
            lab_guest.ABSENT, self.machine.guest.state(self.destination)
        )

    def assert_moves(self) -> None:
        """The server can be moved after all."""
        outcome = self.machine.live_migrate(self.destination.name)
        self.assertEqual('completed', outcome.status, str(outcome))
        self.assert_arrived(self.machine)


class LyingPeerTest(BadPeerTestCase):
    """What the hosts tell each other is exchanged on its way.

    The lying program is honest as long as there is no lie to tell.
    """

    program = altered_compute.PROGRAM

    def test_destination_lies(self) -> None:
        """The source refuses, before anything has been prepared."""
        with self.no_compute_restarts():
            for text, word in LIES.values():
                self.lie('DESTINATION', text)
                self.assert_refused(word)

    def test_source_lies(self) -> None:
        """The destination refuses, when the source has spoken."""
        with self.no_compute_restarts():
            for text, word in LIES.values():
                self.lie('SOURCE', text)
                self.assert_refused(word)
            self.be_honest()
            self.assert_moves()

    def test_destination_lies_later(self) -> None:
        """The source fails, when it has to ask libvirt, and rolls back."""
        with self.no_compute_restarts():
            text, word = LIES['from a newer version']
            self.lie('DESTINATION', text, honest=1)
            outcome = self.machine.live_migrate(self.destination.name)
            self.assert_left_alone(outcome, 'failed')
            told = {e.name: e.details for e in outcome.action.failures}
            self.assertIn(word, told.get(EVENT) or '', str(told))
            self.be_honest()
            self.assert_moves()

    def test_destination_says_nothing_later(self) -> None:
        """It is taken for a stock peer: verified as the host dialled."""
        self.lie('DESTINATION', None, honest=1)
        with self.no_compute_restarts():
            self.assert_moves()

    def lie(self, role: str, text: str | None, *, honest: int = 0) -> None:
        """Have the peer of this role lie from now on."""
        lie = json.dumps({'role': role, 'text': text, 'honest': honest})
        for host in self.cloud.lab.hosts:
            host.write_file(altered_compute.LIE, lie)
        self.addCleanup(self.be_honest)

    def be_honest(self) -> None:
        """Have everybody say the truth from now on."""
        for host in self.cloud.lab.hosts:
            host.run(['rm', '-f', altered_compute.LIE])


class NameTest(BadPeerTestCase):
    """A destination that cannot say under which name to verify it."""

    def test_names_of_a_certificate(self) -> None:
        """None or several could be it: all that were found are told."""
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
                self.assert_refused(label, *names)
            pki.install_qemu_identity(self.destination, self.authority)
            self.assert_moves()


class OptionTest(base.CloudTestCase):
    """[native_tls] tls_destination can be wrong, too."""

    def test_no_host_name(self) -> None:
        """nova-compute does not start, and its log names the option."""
        compute = self.cloud.compute(self.destination.name)
        compute.stop()
        before = len(compute.log())
        compute.configure(
            {
                'DEFAULT': {'compute_driver': self.driver},
                'libvirt': {'live_migration_with_native_tls': True},
                'native_tls': {'tls_destination': '*.lab.example'},
            }
        )
        with self.assertRaisesRegex(service.ServiceError, 'has ended'):
            compute.start()
        self.assertIn('tls_destination', compute.log()[before:])
