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

"""What is put down of a migration that went otherwise, and if that fails."""

from __future__ import annotations

from typing import Any
from unittest import mock

import libvirt
from nova import objects

from nova_native_tls.evidence import record
from nova_native_tls.nova import evidence
from nova_native_tls import policy
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import evidence_scene
from tests.functional.nova_adapter import trees

Domain = evidence_scene.Domain


class OtherwiseTest(evidence_scene.EvidenceTestCase):
    """It did not go so well."""

    def test_failed(self) -> None:
        """The cause is there; the event is the failure's own."""
        self.move(Domain(libvirt.libvirtError('no route to host')))
        found = self.recorded()
        self.assertEqual(record.Result.FAILED, found.result)
        self.assertEqual('because of no route to host', found.cause)
        self.assertEqual('tls', found.mode)
        self.assertEqual([], self.events)
        self.assertEqual(1, self.write_event.call_count)
        self.assertEqual('ERROR', self.bus.sent[0].priority)
        self.assertIn('cause: because of no route', self.info.output)

    def test_refused(self) -> None:
        """libvirt was not asked, which is said."""
        self.migrate()
        self.be('compute1')
        self.run_on_source(
            adapter.migrate_data({'native_tls:destination': '{'}), Domain()
        )
        found = self.recorded()
        self.assertEqual(record.Result.REFUSED, found.result)
        self.assertIsNone(found.mode)
        self.assertEqual((), found.flags)
        self.assertEqual(record.Identity(), found.destination_identity)
        self.assertIn('libvirt was not asked', self.info.output)

    def test_cancelled(self) -> None:
        """Somebody's own wish."""

        def nova(_self: Any, *arguments: Any) -> None:
            arguments[4](migration_status='cancelled')
            raise OSError('cancelled')

        self.migrate()
        self.be('compute1')
        with self.parent('live_migration', side_effect=nova):
            self.made.live_migration(
                self.context,
                adapter.instance(),
                'compute2',
                mock.Mock(),
                self.recover,
                False,
                adapter.migrate_data({}),
            )
        self.assertEqual(record.Result.CANCELLED, self.recorded().result)

    def test_clear_text(self) -> None:
        """Opportunistic, and there is a reason: nobody shows anything."""
        self.configure('native_tls', migration_encryption='opportunistic')
        old = trees.issue('host1.example.org', days=(-9, -2))
        self.break_host('compute1', **trees.of(old, 'client'))
        domain = Domain()
        self.move(domain)
        assert domain.flags is not None
        self.assertFalse(domain.flags & libvirt.VIR_MIGRATE_TLS)
        found = self.recorded()
        self.assertEqual('plaintext', found.mode)
        self.assertEqual(policy.Encryption.OPPORTUNISTIC, found.encryption)
        self.assertIsNone(found.verified_name)
        self.assertEqual(record.Identity(), found.source_identity)
        self.assertEqual(record.Identity(), found.destination_identity)
        self.assertIsNone(found.priority)
        self.assertTrue(any('client-cert.pem' in n for n in found.notes))
        self.assertEqual('WARN', self.bus.sent[0].priority)
        self.assertIn('asked for clear text (opportunistic', self.info.output)
        (event,) = (e for e in self.events if e.event == evidence.EVENT)
        self.assertIn('asked for clear text', event.details)

    def test_clear_text_at_the_last_moment(self) -> None:
        """What the source would have shown, it has not."""
        self.configure('native_tls', migration_encryption='opportunistic')
        stranger = trees.issue('host1.example.org', issuer=trees.foreign())
        self.break_host(
            'compute1',
            ca_cert=trees.authority().cert_pem + trees.foreign().cert_pem,
            **trees.of(stranger, 'client'),
        )
        self.move()
        found = self.recorded()
        self.assertEqual('plaintext', found.mode)
        self.assertEqual(record.Identity(), found.source_identity)
        self.assertEqual(record.Identity(), found.destination_identity)
        self.assertEqual('WARN', self.bus.sent[0].priority)

    def test_disabled(self) -> None:
        """Clear text as it was wished is nothing to look at."""
        self.configure('native_tls', migration_encryption='disabled')
        self.move()
        self.assertEqual('plaintext', self.recorded().mode)
        self.assertEqual('INFO', self.bus.sent[0].priority)

    def test_peer_says_nothing(self) -> None:
        """A destination without this project: its certificate is unknown."""
        self.migrate()
        self.be('compute1')
        self.run_on_source(
            adapter.migrate_data({}, target_connect_addr='host2'), Domain()
        )
        found = self.recorded()
        self.assertEqual('tls', found.mode)
        self.assertEqual('host2', found.verified_name)
        self.assertEqual(record.Identity(), found.destination_identity)
        self.assertIsNotNone(found.source_identity.certificate)


class HarmlessTest(evidence_scene.EvidenceTestCase):
    """Evidence that fails is a warning, and no more."""

    def assert_moved(self, *warnings: str) -> None:
        """Assert that the guest moves, and that this is said."""
        domain = Domain()
        self.move(domain)
        self.assertIsNotNone(domain.flags)
        self.recover.assert_not_called()
        for text in warnings:
            self.assertIn(text, self.log.output)

    def test_off(self) -> None:
        """Without a file there is none; the rest is as ever."""
        self.configure('native_tls', evidence_file=None)
        self.assert_moved()
        self.assertFalse(self.path.exists())
        self.assertEqual(1, len(self.events))
        self.assertEqual(1, len(self.bus.sent))
        self.assertNotIn('evidence ', self.info.output)
        self.assertIsNone(
            self.bus.sent[0].payload['nova_object.data']['evidence']
        )

    def test_no_directory(self) -> None:
        """The other places have it all the same."""
        self.configure('native_tls', evidence_file='/nowhere/at/all')
        self.assert_moved('is not in the file', '/nowhere/at/all')
        self.assertEqual(1, len(self.events))

    def test_damaged_file(self) -> None:
        """What is no evidence is not replaced."""
        self.path.write_text('something\nelse\n')
        self.assert_moved('the last 2 lines are not entries')
        self.assertTrue(self.path.read_text().startswith('something\nelse\n'))

    def test_no_database(self) -> None:
        """An event that cannot be written."""

        def create(*_arguments: Any) -> None:
            raise RuntimeError('no database')

        self.exchange(objects.InstanceActionEvent, create=create)
        self.assert_moved(f'The event {evidence.EVENT} cannot be written')

    def test_anything(self) -> None:
        """Whatever it is."""
        self.exchange(evidence, of=mock.Mock(side_effect=KeyError('x')))
        self.assert_moved('There is no evidence of the live migration')

    def test_certificate_that_cannot_be_read(self) -> None:
        """It is not known, and all else is."""
        self.assertIsNone(evidence._certificate(b'\x30\x00'))

    def test_what_nova_stores(self) -> None:
        """The event has what Nova's own database takes."""
        self.assert_moved()
        (event,) = self.events
        changes = event.obj_get_changes()
        self.assertEqual(
            {
                *('event', 'start_time', 'finish_time', 'result', 'host'),
                'details',
            },
            set(changes),
        )
