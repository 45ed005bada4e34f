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

"""What is put down of a migration, from the driver to all four places."""

from __future__ import annotations

import datetime
import json
import logging
import pathlib
from typing import Any
from unittest import mock

import fixtures
import libvirt
from nova import objects
from nova.virt.libvirt import guest as nova_guest
from nova.virt.libvirt import migration as nova_migration

from nova_native_tls.evidence import chain
from nova_native_tls.evidence import journal
from nova_native_tls.evidence import record
from nova_native_tls.evidence import verification
from nova_native_tls.nova import evidence
from nova_native_tls.nova import failure
from nova_native_tls.nova import reason
from nova_native_tls.pki import inspect
from nova_native_tls import policy
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import notifier
from tests.functional.nova_adapter import test_two_hosts
from tests.functional.nova_adapter import trees

UUID = adapter.UUID
#: As libvirt 9.0 says it in the event.
ENDED = {
    'operation': 5,
    'time_elapsed': 2345,
    'memory_processed': 150_000_000,
    'data_total': 160_000_000,
    'downtime': 23,
    'success': 1,
}


class Domain:
    """libvirt's object of a guest that moves."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self._callback: Any = None
        self.params: dict[str, Any] = {}
        self.flags: int | None = None
        self.deregistered: list[int] = []

    def connect(self) -> Domain:
        """The connection, which is this, too."""
        return self

    def domainEventRegisterAny(
        self, domain: Any, event: int, callback: Any, opaque: Any
    ) -> int:
        """Keep whom to call."""
        assert (domain, opaque) == (self, None)
        assert event == libvirt.VIR_DOMAIN_EVENT_ID_JOB_COMPLETED
        self._callback = callback
        return 7

    def domainEventDeregisterAny(self, number: int) -> None:
        """Call nobody."""
        self.deregistered.append(number)

    def jobStats(self, flags: int = 0) -> dict[str, int]:
        """A look while it runs."""
        return {
            'type': libvirt.VIR_DOMAIN_JOB_UNBOUNDED,
            'memory_processed': 1000,
            'disk_processed': 5000,
            'downtime': 999,
        }

    def migrateToURI3(
        self, dconnuri: str, params: dict[str, Any], flags: int
    ) -> None:
        """Move, and say how it went."""
        self.params, self.flags = params, flags
        if self._error is not None:
            raise self._error
        if self._callback is not None:
            self._callback(self, self, ENDED, None)


def record_of(pem: bytes) -> record.Certificate:
    """What is recorded of the first certificate of a file."""
    return record.Certificate.of(inspect.first_certificate(pem))


class EvidenceTestCase(test_two_hosts.TwoHosts):
    """Two hosts, and everything that can be written to."""

    def setUp(self) -> None:
        super().setUp()
        self.exchange(
            nova_migration,
            get_updated_guest_xml=mock.Mock(return_value='<domain/>'),
        )
        self.path = (
            pathlib.Path(self.useFixture(fixtures.TempDir()).path) / 'e'
        )
        self.configure('native_tls', evidence_file=str(self.path))
        self.bus = self.useFixture(notifier.Bus())
        self.info = self.useFixture(
            fixtures.FakeLogger(
                'nova_native_tls.nova.evidence', level=logging.INFO
            )
        )
        self.events: list[Any] = []

        def create(event: Any, uuid: str, request_id: str) -> None:
            self.assertEqual(
                (UUID, self.context.request_id), (uuid, request_id)
            )
            self.events.append(event)

        self.exchange(objects.InstanceActionEvent, create=create)
        self.write_event = mock.create_autospec(failure.write_event)
        self.exchange(failure, write_event=self.write_event)
        self.exchange(
            reason,
            on_source=lambda error, **_known: reason.Reason(
                details='because', full=f'because of {error}'
            ),
        )
        self.recover = mock.Mock(name='recover_method')

    def move(self, domain: Any = None, *, block: bool = False) -> None:
        """Migrate, from Nova's first check to the end."""
        self.migrate()
        self.be('compute2')
        data = adapter.migrate_data({}, block_migration=block)
        data = adapter.over_rpc(self.prepare(self.made, data))
        self.be('compute1')
        self.run_on_source(data, domain or Domain())

    def run_on_source(self, data: Any, domain: Any) -> None:
        """Let Nova's own operation run on the source."""
        instance = adapter.instance()
        instance.display_name = 'web1'
        made, guest = self.made, nova_guest.Guest(domain)

        def monitor(
            _self: Any, _context: Any, _i: Any, guest: Any, *_rest: Any
        ) -> None:
            guest._domain.jobStats()

        def nova(_self: Any, _c: Any, _i: Any, *arguments: Any) -> None:
            _dest, _post, recover, block, _data = arguments
            try:
                with self.parent(
                    '_live_migration_monitor', side_effect=monitor
                ):
                    made._live_migration_monitor(
                        self.context, instance, guest, *'dprbmfx'
                    )
                made._live_migration_operation(
                    self.context,
                    instance,
                    'compute2',
                    block,
                    data,
                    guest,
                    ['vda'] if block else [],
                )
            except Exception:
                recover()
                raise

        with self.parent('live_migration', side_effect=nova):
            made.live_migration(
                self.context,
                instance,
                'compute2',
                mock.Mock(name='post'),
                self.recover,
                data.block_migration,
                data,
            )

    def recorded(self) -> record.Record:
        """What stands in the file."""
        (line,) = journal.read(str(self.path))
        return record.from_fields(chain.from_line(line.content).content)


class CompletedTest(EvidenceTestCase):
    """A guest has moved."""

    def test_record(self) -> None:
        """All that both hosts and libvirt know of it."""
        before = datetime.datetime.now(datetime.UTC)
        domain = Domain()
        self.move(domain)
        found = self.recorded()

        self.assertEqual(
            (UUID, 'web1', 'instance-00000001'),
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


class OtherwiseTest(EvidenceTestCase):
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


class HarmlessTest(EvidenceTestCase):
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
