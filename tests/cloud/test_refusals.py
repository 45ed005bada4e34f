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

"""A certificate that will not do is found before anything moves.

The faults are those of ``tests.cloud.faults``, one at a time, on hosts with
default options.
"""

from __future__ import annotations

from tests.cloud import base
from tests.cloud import faults
from tests.cloud.harness.api import instance_actions
from tests.cloud.harness.api import live_migrations
from tests.cloud.harness.api import server_watch
from tests.cloud.harness.guest import qemu_watch
from tests.lab.harness.guest import guest as lab_guest

#: What a source writes when it was asked to migrate (Nova 34).
EVENTS_OF_A_MIGRATION = frozenset(
    {
        'compute_live_migration',
        'compute_pre_live_migration',
        'compute_native_tls_live_migration',
        'compute_native_tls_live_migration_at_destination',
    }
)

#: Details of an event have no more room (Nova's database).
DETAILS_LENGTH = 255


class RefusedTest(base.OneServerTestCase):
    """Nova asks for all of it by REST, from host1 to host2."""

    def setUp(self) -> None:
        super().setUp()
        self.ends = faults.Ends(
            source=self.source,
            destination=self.destination,
            authority=self.authority,
        )

    def check(
        self, fault: faults.Fault, host: str | None = 'host2'
    ) -> live_migrations.Outcome:
        """Migrate with the fault: nothing moves, and it is told why."""
        self.inflict(fault)
        outcome = self.assert_refused(host)
        telling = self.assert_told(fault, outcome.action)
        print(f'{fault.name}: {telling.host}: {telling.details}')
        return outcome

    def inflict(self, fault: faults.Fault) -> None:
        """Break what the fault says, until the end of the test."""
        self.addCleanup(self.ends.make_healthy)
        fault.inflict(self.ends, fault.role)

    def assert_refused(self, host: str | None) -> live_migrations.Outcome:
        """Migrate while everybody is watched: nobody notices anything."""
        watch = server_watch.ServerWatch(
            self.cloud.lab.controller, self.machine.id
        )
        with qemu_watch.QemuWatch(self.destination) as qemus, watch:
            outcome = self.machine.live_migrate(host)
        self.assertEqual('error', outcome.status, str(outcome))
        self.assertEqual((), qemus.signs())
        self.assertEqual(
            lab_guest.ABSENT, self.machine.guest.state(self.destination)
        )
        self.assert_never_left(watch)
        self.assert_stayed(self.machine)
        return outcome

    def assert_never_left(self, watch: server_watch.ServerWatch) -> None:
        """Nova says active on the source all the time, and idle at the end.

        While it checks, Nova's API says MIGRATING: that is how it shows the
        task that it sets itself when the request comes.
        """
        self.assertEqual(
            {('active', self.source.name, None)},
            {(each.vm_state, each.host, each.fault) for each in watch.seen},
        )
        self.assertLessEqual(
            {each.task_state for each in watch.seen}, {None, 'migrating'}
        )
        self.assertEqual(
            ('ACTIVE', None),
            (watch.seen[-1].status, watch.seen[-1].task_state),
        )

    def assert_told(
        self, fault: faults.Fault, action: instance_actions.Action
    ) -> instance_actions.Event:
        """An event tells file, host, cause and remedy of a fault.

        If the source refuses, Nova tells it of the destination, too, after
        words of its own, and so it may be cut off there (Nova from 30,
        ComputeManager.check_can_live_migrate_destination).
        """
        names = {event.name for event in action.events}
        self.assertEqual(frozenset(), EVENTS_OF_A_MIGRATION & names)
        told = {event.name: event for event in action.failures}
        self.assertIn(
            live_migrations.DESTINATION_CHECK_EVENT, told, str(action)
        )
        refused = told[live_migrations.DESTINATION_CHECK_EVENT]
        self.assertEqual(self.destination.name, refused.host)
        said, source = fault.refused, live_migrations.SOURCE_CHECK_EVENT
        self.assertEqual(said.leg == 'source', source in told)
        host = self.ends.host(fault.role).name
        self.assertIn(f'{host}: ', refused.details or '')
        # It has tried to find another host, whether it may take one or not.
        self.assertIn(
            'No valid host was found',
            told[live_migrations.CONDUCTOR_EVENT].details or '',
        )
        telling = told.get(source, refused)
        text = telling.details or ''
        self.assertLessEqual(len(text), DETAILS_LENGTH, text)
        for word in (host, said.file, said.cause, said.remedy):
            self.assertIn(word, text)
        return telling

    def assert_mended(self, fault: faults.Fault) -> None:
        """Apply the remedy; what would have been seen before is seen now."""
        fault.mend(self.ends, fault.role)
        with qemu_watch.QemuWatch(self.destination) as qemus:
            outcome = self.machine.live_migrate(self.destination.name)
        self.assertEqual('completed', outcome.status, str(outcome))
        self.assert_arrived(self.machine)
        signs = '\n'.join(qemus.signs())
        for sign in ('process ', 'log ', 'Resumed'):
            self.assertIn(sign, signs)

    def test_server_missing(self) -> None:
        """The destination has no server certificate."""
        self.check(faults.SERVER_MISSING)

    def test_client_missing(self) -> None:
        """The source has no client certificate."""
        self.check(faults.CLIENT_MISSING)
        self.assert_mended(faults.CLIENT_MISSING)

    def test_server_foreign(self) -> None:
        """The source does not know the CA of the destination's."""
        self.check(faults.SERVER_FOREIGN)
        self.assert_mended(faults.SERVER_FOREIGN)

    def test_client_foreign(self) -> None:
        """The destination does not know the CA of the source's."""
        self.check(faults.CLIENT_FOREIGN)

    def test_server_name(self) -> None:
        """The destination's certificate is of another host."""
        self.check(faults.SERVER_NAME)

    def test_server_expired(self) -> None:
        """The destination's certificate has expired."""
        self.check(faults.SERVER_EXPIRED)

    def test_client_expired(self) -> None:
        """The source's certificate has expired."""
        self.check(faults.CLIENT_EXPIRED)

    def test_server_key(self) -> None:
        """The destination's key is of another certificate."""
        self.check(faults.SERVER_KEY)

    def test_client_key(self) -> None:
        """The source's key is of another certificate."""
        self.check(faults.CLIENT_KEY)

    def test_no_host_given(self) -> None:
        """Nova tries the next host, and says so when there is none."""
        self.check(faults.SERVER_EXPIRED, host=None)
