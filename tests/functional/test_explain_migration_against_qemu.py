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

"""Two QEMUs are brought to fail at a migration, and that is explained."""

from __future__ import annotations

from nova_native_tls.explain import entry
from nova_native_tls.explain import matcher

from tests.functional import credentials
from tests.functional import qemu_migration

SOURCE, DESTINATION = entry.Host.SOURCE, entry.Host.DESTINATION


class MigrationTest(credentials.CredentialsTestCase):
    """What the logs of both ends say, together and each alone."""

    def setUp(self) -> None:
        super().setUp()
        self.source_files = self.files()
        self.destination_files = self.files()
        self.source = self.useFixture(qemu_migration.Qemu())
        self.destination = self.useFixture(
            qemu_migration.Qemu('-incoming', 'defer')
        )
        for qemu in (self.source, self.destination):
            # As libvirt does.
            qemu.enable('events', 'return-path')

    def _source_tls(self, name: str = credentials.NAME) -> None:
        self.source.use_tls(self.source_files.directory, 'client', name)

    def _destination_tls(self) -> None:
        self.destination.use_tls(self.destination_files.directory, 'server')

    def _migrate(self) -> str:
        return self.source.migrate(self.destination.listen())

    def _assert_explained(
        self,
        expected: str,
        mend: entry.Host,
        *,
        source_log: str,
        destination_log: str,
    ) -> None:
        found = matcher.best_of(
            source_log=source_log, destination_log=destination_log
        )
        self.assertIsNotNone(found, (source_log, destination_log))
        self.assertEqual((expected, mend), (found.id, found.mend))

    def _assert_only_follows(self, log: str, seen_on: entry.Host) -> None:
        """This end does not know why, and says where to look."""
        found = matcher.explain(log, seen_on=seen_on)
        self.assertNotEqual((), found, log)
        for each in found:
            self.assertGreater(each.rank, entry.Rank.REASON, each)
            self.assertIn('read', each.remedy)

    def test_nothing_wrong(self):
        """Then there is nothing to explain."""
        self._source_tls()
        self._destination_tls()

        self.assertEqual('completed', self._migrate())
        for qemu in (self.source, self.destination):
            self.assertEqual((), matcher.explain(qemu.log()))

    def test_name(self):
        """The source knows why, the destination does not."""
        self._source_tls('host9.example.org')
        self._destination_tls()

        self.assertEqual('failed', self._migrate())
        source_log = self.source.log()
        destination_log = self.destination.log_after_it_ended()
        self._assert_explained(
            'name.mismatch',
            DESTINATION,
            source_log=source_log,
            destination_log=destination_log,
        )
        self._assert_only_follows(destination_log, DESTINATION)

    def test_no_client_certificate(self):
        """The destination knows why, the source does not."""
        self.source_files.remove('client-cert.pem')
        self.source_files.remove('client-key.pem')
        self._source_tls()
        self._destination_tls()

        self.assertEqual('failed', self._migrate())
        source_log = self.source.log()
        self._assert_explained(
            'client-cert.not-sent',
            SOURCE,
            source_log=source_log,
            destination_log=self.destination.log(),
        )
        self._assert_only_follows(source_log, SOURCE)

    def test_time(self):
        """A log that is older than the migration is passed over."""
        self._source_tls('host9.example.org')
        self._destination_tls()
        self._migrate()
        log = self.source.log()

        (found, *_rest) = matcher.explain(log)

        self.assertIsNotNone(found.when)
        self.assertEqual(found, matcher.explain(log, since=found.when)[0])
        later = found.when.replace(year=found.when.year + 1)
        self.assertEqual((), matcher.explain(log, since=later))

    def test_source_in_clear_text(self):
        """The destination notices."""
        self._destination_tls()

        self.assertEqual('failed', self._migrate())
        self._assert_explained(
            'handshake.not-tls',
            SOURCE,
            source_log=self.source.log(),
            destination_log=self.destination.log(),
        )

    def test_destination_in_clear_text(self):
        """Neither end can name it, so both are sent to the other."""
        self._source_tls()

        self.assertEqual('failed', self._migrate())
        source_log = self.source.log()
        self._assert_only_follows(source_log, SOURCE)
        self._assert_only_follows(
            self.destination.log_after_it_ended(), DESTINATION
        )
        best, *_rest = matcher.explain(source_log, seen_on=SOURCE)
        self.assertIn('was told nothing of TLS', best.remedy)

    def test_nobody_listens(self):
        """It is not for TLS to explain, and is explained all the same."""
        self._source_tls()

        self.assertEqual('failed', self.source.migrate('tcp:127.0.0.1:1'))
        (found,) = matcher.explain(self.source.log())
        self.assertEqual('network.unreachable', found.id)


class RefusalTest(credentials.CredentialsTestCase):
    """What QEMU does not let itself be asked for."""

    def setUp(self) -> None:
        super().setUp()
        self.qemu = self.useFixture(qemu_migration.Qemu())

    def _assert_explained(self, expected: str, command: str, **how) -> None:
        refused = self.assertRaises(
            qemu_migration.Refused, self.qemu.order, command, **how
        )
        (found,) = matcher.explain(
            'internal error: unable to execute QEMU command '
            f"'{command}': {refused}"
        )
        self.assertEqual(expected, found.id)

    def test_zero_copy(self):
        """It cannot be encrypted."""
        self.qemu.enable('multifd')
        self.qemu.use_tls(self.files().directory, 'client')
        self._assert_explained(
            'flags.zero-copy',
            'migrate-set-capabilities',
            capabilities=[{'capability': 'zero-copy-send', 'state': True}],
        )

    def test_preempt(self):
        """Post-copy is needed."""
        self._assert_explained(
            'flags.preempt-without-post-copy',
            'migrate-set-capabilities',
            capabilities=[{'capability': 'postcopy-preempt', 'state': True}],
        )

    def test_connections(self):
        """Their number has bounds."""
        for count in (0, 256):
            self._assert_explained(
                'flags.connections',
                'migrate-set-parameters',
                multifd_channels=count,
            )

    def test_end_of_a_connection(self):
        """What is for a source is not for a destination."""
        self.qemu.use_tls(self.files().directory, 'client')
        self._assert_explained(
            'tls-object.mixed-up',
            'nbd-server-start',
            addr={'type': 'inet', 'data': {'host': '127.0.0.1', 'port': '0'}},
            tls_creds='t',
        )
