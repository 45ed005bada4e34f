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

"""A live migration is over when Nova is through with it, not before."""

from __future__ import annotations

from typing import Any

import fixtures
import testtools

from tests.cloud.harness.api import live_migrations
from tests.cloud.harness.api import servers
from tests.unit.cloud_harness import fake_rest

ACTION = 'GET compute /servers/s/os-instance-actions/req-1'
MIGRATIONS = 'GET compute /os-migrations'
SERVER = 'GET compute /servers/s'

REQUEST = live_migrations.Request(
    server_id='s', request_id='req-1', earlier=frozenset({1})
)


def server(status: str, task_state: str | None = None) -> dict[str, Any]:
    """Return the answer about a server."""
    return {
        'server': {
            'id': 's',
            'name': 'vm',
            'status': status,
            'OS-EXT-STS:task_state': task_state,
            'OS-EXT-STS:vm_state': 'active',
            'OS-EXT-SRV-ATTR:host': 'host1',
            'OS-EXT-SRV-ATTR:instance_name': 'instance-1',
        }
    }


def migrations(*statuses: str) -> dict[str, Any]:
    """Return the answer about migrations, numbered from 1, newest first."""
    return {
        'migrations': [
            {
                'id': number,
                'uuid': f'uuid-{number}',
                'status': status,
                'source_compute': 'host1',
                'dest_compute': 'host2',
            }
            for number, status in reversed(list(enumerate(statuses, 1)))
        ]
    }


def action(*results: str | None) -> dict[str, Any]:
    """Return the answer about an action, with events of these results."""
    return {
        'instanceAction': {
            'request_id': 'req-1',
            'action': 'live-migration',
            'message': None,
            'events': [
                {
                    'event': f'event{number}',
                    'result': result,
                    'start_time': f'2026-01-01T00:00:0{number}',
                    'details': f'detail {number}',
                }
                for number, result in enumerate(results)
            ],
        }
    }


class LiveMigrationsTest(testtools.TestCase):
    """A server with one migration of the past."""

    def setUp(self) -> None:
        super().setUp()
        for name, value in (('POLL_S', 0.01), ('SETTLE_S', 0.2)):
            self.useFixture(
                fixtures.MonkeyPatch(
                    f'tests.cloud.harness.api.live_migrations.{name}', value
                )
            )

    def migrations(self, **answers: Any) -> live_migrations.LiveMigrations:
        """Return an object whose API answers like this."""
        self.rest = fake_rest.FakeRest(
            {
                SERVER: answers.get('server', server('ACTIVE')),
                MIGRATIONS: answers.get(
                    'migrations', migrations('completed', 'completed')
                ),
                ACTION: answers.get('action', action('Success')),
                'POST compute /servers/s/action': None,
                'POST compute /servers/s/migrations/2/action': None,
                'DELETE compute /servers/s/migrations/2': None,
            }
        )
        return live_migrations.LiveMigrations(
            self.rest  # type: ignore[arg-type]
        )

    def test_start(self) -> None:
        """The request knows its id, and which migrations are not its own."""
        made = self.migrations(migrations=migrations('completed'))
        self.assertEqual(REQUEST, made.start('s', 'host2'))
        self.assertEqual(
            (
                'POST compute /servers/s/action',
                {
                    'os-migrateLive': {
                        'host': 'host2',
                        'block_migration': 'auto',
                    }
                },
            ),
            self.rest.sent[-1],
        )

    def test_completed(self) -> None:
        """It is over when migration, server and action all say so."""
        made = self.migrations(
            migrations=[
                migrations('completed'),
                migrations('completed', 'running'),
                migrations('completed', 'completed'),
            ],
            action=[
                action(),
                action('Success', None),
                action('Success', None),
                action('Success', 'Success'),
            ],
            server=[*[server('MIGRATING', 'migrating')] * 6, server('ACTIVE')],
        )
        outcome = made.wait(REQUEST)
        self.assertEqual('completed', outcome.status)
        self.assertEqual('ACTIVE', outcome.server.status)
        self.assertEqual('detail 0\ndetail 1', outcome.action.details)

    def test_earlier_one_does_not_count(self) -> None:
        """A completed migration of the past is not this one."""
        made = self.migrations(migrations=migrations('completed'))
        self.assertIsNone(made.current(REQUEST))
        self.assertEqual('refused', made.wait(REQUEST).status)

    def test_late_error(self) -> None:
        """The ERROR that follows the rollback belongs to the outcome."""
        made = self.migrations(
            migrations=migrations('completed', 'error'),
            server=[*[server('ACTIVE')] * 3, server('ERROR')],
        )
        outcome = made.wait(REQUEST)
        self.assertEqual('error', outcome.status)
        self.assertEqual('ERROR', outcome.server.status)

    def test_refused(self) -> None:
        """What the conductor refuses is final, and nobody waits for more."""
        refused = action('Success', 'Error')
        event = refused['instanceAction']['events'][1]
        event['event'] = live_migrations.CONDUCTOR_EVENT
        made = self.migrations(
            migrations=migrations('completed', 'error'), action=refused
        )
        self.useFixture(
            fixtures.MonkeyPatch(
                'tests.cloud.harness.api.live_migrations.SETTLE_S', 3600
            )
        )
        outcome = made.wait(REQUEST, timeout_s=5)
        self.assertEqual('error', outcome.status)
        self.assertFalse(outcome.was_asked)

    def test_never_over(self) -> None:
        """Without an end there is an error that tells the last state."""
        made = self.migrations(server=server('MIGRATING', 'migrating'))
        error = self.assertRaises(
            servers.ServerError, made.wait, REQUEST, timeout_s=0.1
        )
        self.assertIn('migrating', str(error))

    def test_wait_status(self) -> None:
        """A status is waited for, and another final one is not."""
        running = [migrations('completed', 'preparing')] * 3
        made = self.migrations(
            migrations=[*running, migrations('completed', 'running')]
        )
        found = made.wait_status(REQUEST, 'running')
        self.assertEqual((2, 'running'), (found.id, found.status))
        made = self.migrations(migrations=migrations('completed', 'failed'))
        error = self.assertRaises(
            servers.ServerError, made.wait_status, REQUEST, 'running'
        )
        self.assertIn('failed', str(error))

    def test_abort_and_force(self) -> None:
        """Both go to the migration of the request."""
        made = self.migrations()
        made.abort(REQUEST)
        made.force_complete(REQUEST)
        sent = [key for key, _body in self.rest.sent if 'GET' not in key]
        self.assertEqual(
            [
                'DELETE compute /servers/s/migrations/2',
                'POST compute /servers/s/migrations/2/action',
            ],
            sent,
        )

    def test_nothing_to_abort(self) -> None:
        """Before there is a migration, none can be aborted."""
        made = self.migrations(migrations=migrations('completed'))
        self.assertRaises(servers.ServerError, made.abort, REQUEST)
