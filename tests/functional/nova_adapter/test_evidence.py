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

"""What is put down of a guest that has moved, in all four places."""

from __future__ import annotations

import datetime
import json
from unittest import mock

from nova_native_tls.evidence import chain
from nova_native_tls.evidence import journal
from nova_native_tls.evidence import record
from nova_native_tls.evidence import verification
from nova_native_tls.nova import evidence
from nova_native_tls import policy
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import evidence_scene
from tests.functional.nova_adapter import trees

Domain = evidence_scene.Domain
record_of = evidence_scene.record_of


class CompletedTest(evidence_scene.EvidenceTestCase):
    """A guest has moved."""

    def test_record(self) -> None:
        """All that both hosts and libvirt know of it."""
        before = datetime.datetime.now(datetime.UTC)
        domain = Domain()
        self.move(domain)
        found = self.recorded()

        self.assertEqual(
            (adapter.UUID, 'web1', 'instance-00000001'),
            (found.uuid, found.name, found.guest),
        )
        self.assertEqual(
            ('compute1', 'compute2'), (found.source, found.destination)
        )
        self.assertEqual(policy.Encryption.REQUIRED, found.encryption)
        self.assertEqual(
            '[libvirt] live_migration_with_native_tls', found.rule
        )
        self.assertEqual('tls', found.mode)
        self.assertIn('TLS', found.flags)
        self.assertEqual('host2.example.org', found.verified_name)
        self.assertEqual('host2.example.org', found.params['tls.destination'])
        self.assertNotIn('<domain/>', self.path.read_text())
        self.assertTrue(
            any('tls.destination' in each for each in found.changes)
        )
        self.assertEqual('NORMAL', found.priority)
        self.assertEqual(2, found.channels)
        self.assertIs(False, found.nbd)
        self.assertEqual(
            (150_000_000, 5000, 23),
            (found.memory_bytes, found.disk_bytes, found.downtime_ms),
        )
        self.assertLessEqual(before, found.began)
        assert found.duration_s is not None
        self.assertLess(found.duration_s, 60)
        self.assertEqual(record.Result.COMPLETED, found.result)
        self.assertEqual('', found.cause)
        self.assertEqual([7], domain.deregistered)

    def test_certificates(self) -> None:
        """Those that were in the files: what one shows, and whence it is."""
        self.move()
        found = self.recorded()
        for identity, tree in (
            (found.source_identity, self.roots['compute1']),
            (found.destination_identity, self.roots['compute2']),
        ):
            name = (
                'client-cert.pem'
                if tree == self.roots['compute1']
                else 'server-cert.pem'
            )
            path = tree / adapter.DIRECTORY.removeprefix('/') / name
            self.assertEqual(
                record_of(path.read_bytes()), identity.certificate
            )
            self.assertEqual(
                record_of(trees.authority().cert_pem), identity.ca
            )

    def test_log(self) -> None:
        """One line with the names, the fingerprints and the anchor."""
        self.move()
        self.assertEqual(1, self.info.output.count('\n'), self.info.output)
        found = self.recorded()
        anchor = verification.verify(journal.read(str(self.path))).last
        assert anchor is not None
        assert found.destination_identity.certificate is not None
        for text in (
            'to compute2: completed',
            'libvirt was asked for TLS (required, as [libvirt] live_migration',
            'verified name host2.example.org',
            found.destination_identity.certificate.sha256,
            f'evidence {anchor.long()}',
        ):
            self.assertIn(text, self.info.output)

    def test_event(self) -> None:
        """One that says success, in at most 255 characters."""
        self.move()
        (event,) = self.events
        self.assertEqual(evidence.EVENT, event.event)
        self.assertEqual(('Success', 'compute1'), (event.result, event.host))
        self.assertLessEqual(event.start_time, event.finish_time)
        self.assertLessEqual(len(event.details), 255)
        self.assertTrue(
            event.details.startswith('libvirt was asked for TLS (required, ')
        )
        anchor = verification.verify(journal.read(str(self.path))).last
        assert anchor is not None
        self.assertTrue(
            event.details.endswith(f'evidence {anchor.short()}'), event.details
        )
        self.write_event.assert_not_called()

    def test_notification(self) -> None:
        """The same fields, with INFO."""
        self.move()
        (sent,) = self.bus.sent
        self.assertEqual('native_tls.migration', sent.event_type)
        self.assertEqual('INFO', sent.priority)
        self.assertEqual('MigrationPayload', sent.payload['nova_object.name'])
        said = sent.payload['nova_object.data']
        # As it goes over the bus.
        json.dumps(said)
        found = record.to_fields(self.recorded())
        for name, other in (
            ('instance_uuid', found['uuid']),
            ('instance_name', found['name']),
            ('verified_name', found['verified_name']),
            ('channels', found['channels']),
            ('result', 'completed'),
            (
                'destination_certificate',
                found['destination_identity']['certificate'],
            ),
            ('source_ca', found['source_identity']['ca']),
        ):
            self.assertEqual(other, said[name], name)
        self.assertEqual(
            'host2.example.org', said['params']['tls.destination']
        )

    def test_block_migration(self) -> None:
        """Disks are copied, too."""
        self.move(block=True)
        found = self.recorded()
        self.assertIs(True, found.nbd)
        self.assertEqual(('vda',), found.params['migrate_disks'])

    def test_no_event_of_libvirt(self) -> None:
        """Then the last look counts, and a downtime is not known."""
        domain = Domain()
        domain.connect = mock.Mock(side_effect=OSError('x'))  # type: ignore[method-assign]
        self.move(domain)
        found = self.recorded()
        self.assertEqual(
            (1000, 5000, None),
            (found.memory_bytes, found.disk_bytes, found.downtime_ms),
        )

    def test_two_migrations(self) -> None:
        """The second says nothing of the first, and follows it."""
        self.move()
        second = Domain()
        second.connect = mock.Mock(side_effect=OSError('x'))  # type: ignore[method-assign]
        second.jobStats = mock.Mock(return_value={'type': 0})  # type: ignore[method-assign]
        self.move(second)
        verdict = verification.verify(journal.read(str(self.path)))
        self.assertEqual((2, ()), (verdict.entries, verdict.problems))
        *_first, last = journal.read(str(self.path))
        found = record.from_fields(chain.from_line(last.content).content)
        self.assertIsNone(found.memory_bytes)
        self.assertIsNone(found.downtime_ms)
