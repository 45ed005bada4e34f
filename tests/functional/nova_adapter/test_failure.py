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

"""The reason of a failure, and whether Nova rolled back."""

from __future__ import annotations

import logging
import threading
from unittest import mock

import fixtures
from nova import objects

from nova_native_tls.nova.telling import failure
from nova_native_tls.nova.telling import reason
from tests.functional.nova_adapter import adapter

REASON = reason.Reason(
    details='host2 has no /etc/pki/qemu/server-cert.pem: install it',
    full='host2 has no server-cert.pem, install it. Unable to access '
    'credentials /etc/pki/qemu/server-cert.pem: No such file or directory',
)
LATE = reason.Reason.unexplained('late')


class TellTest(adapter.AdapterTestCase):
    """Where an operator looks."""

    def setUp(self) -> None:
        super().setUp()
        event = objects.InstanceActionEvent
        self.start = mock.create_autospec(event.event_start)
        self.finish = mock.create_autospec(event.event_finish_with_failure)
        self.exchange(
            event,
            event_start=self.start,
            event_finish_with_failure=self.finish,
        )

    def test_log(self) -> None:
        """One line, of level ERROR."""
        log = self.useFixture(
            fixtures.FakeLogger(
                'nova_native_tls',
                level=logging.ERROR,
                format='%(levelname)s %(message)s',
            )
        )
        failure.tell(self.context, adapter.instance(), REASON)
        self.assertEqual(1, log.output.count('\n'))
        self.assertTrue(log.output.startswith('ERROR '), log.output)
        self.assertIn(REASON.full, log.output)

    def test_event(self) -> None:
        """One event of the action that the user asked for."""
        failure.tell(self.context, adapter.instance(), REASON)
        self.start.assert_called_once_with(
            self.context,
            adapter.UUID,
            failure.EVENT,
            want_result=False,
            host='compute2',
        )
        self.finish.assert_called_once_with(
            self.context,
            adapter.UUID,
            failure.EVENT,
            exc_val=REASON.details,
            exc_tb=REASON.full,
            want_result=False,
        )

    def test_event_at_the_destination(self) -> None:
        """It has a name of its own, for its start and for its end."""
        name = failure.EVENT_AT_DESTINATION
        failure.tell(self.context, adapter.instance(), REASON, name)
        self.assertEqual(name, self.start.call_args.args[2])
        self.assertEqual(name, self.finish.call_args.args[2])

    def test_what_nova_stores(self) -> None:
        """Nova's own packing keeps the reason as the event's details."""
        failure.tell(self.context, adapter.instance(), REASON)
        arguments = self.finish.call_args
        stored = objects.InstanceActionEvent.pack_action_event_finish(
            *arguments.args,
            exc_val=arguments.kwargs['exc_val'],
            exc_tb=arguments.kwargs['exc_tb'],
        )
        self.assertEqual('Error', stored['result'])
        self.assertEqual(REASON.details, stored['details'])
        self.assertEqual(self.context.request_id, stored['request_id'])

    def test_event_that_cannot_be_written(self) -> None:
        """The log line is there, and nothing is raised."""
        for broken in (self.start, self.finish):
            broken.side_effect = RuntimeError('no database')
            failure.tell(self.context, adapter.instance(), REASON)
        self.assertEqual(2, self.log.output.count(REASON.full))


class RollBackTest(adapter.AdapterTestCase):
    """Nova's recovery, wrapped."""

    def test_it_works(self) -> None:
        """Arguments and answer pass; only then it has finished."""
        recover = mock.Mock(return_value='done')
        rolled_back = failure.RollBack(recover)
        self.assertFalse(rolled_back.finished)
        self.assertEqual('done', rolled_back(1, 2, migration_status='x'))
        recover.assert_called_once_with(1, 2, migration_status='x')
        self.assertTrue(rolled_back.finished)

    def test_it_breaks(self) -> None:
        """A recovery that raises is none."""
        rolled_back = failure.RollBack(mock.Mock(side_effect=OSError))
        self.assertRaises(OSError, rolled_back)
        self.assertFalse(rolled_back.finished)


class ReasonsTest(adapter.AdapterTestCase):
    """Reasons between the thread that has one and the one that tells it."""

    def test_once(self) -> None:
        """Each is given once, to its own instance."""
        reasons = failure.Reasons()
        self.assertIsNone(reasons.take('a'))
        reasons.note('a', LATE)
        reasons.note('b', REASON)
        self.assertEqual(LATE, reasons.take('a'))
        self.assertIsNone(reasons.take('a'))
        self.assertEqual(REASON, reasons.take('b'))

    def test_the_last_counts(self) -> None:
        """A later failure replaces one that nobody took."""
        reasons = failure.Reasons()
        reasons.note('a', REASON)
        reasons.note('a', LATE)
        self.assertEqual(LATE, reasons.take('a'))

    def test_many_threads(self) -> None:
        """None is lost, none is given to another instance."""
        reasons = failure.Reasons()
        taken: dict[str, reason.Reason | None] = {}

        def work(number: int) -> None:
            for step in range(200):
                uuid = f'{number}-{step}'
                reasons.note(uuid, reason.Reason.unexplained(uuid))
                taken[uuid] = reasons.take(uuid)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(1600, len(taken))
        self.assertEqual(
            list(taken), [each and each.details for each in taken.values()]
        )
