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

"""How is a server moved through Nova's API, and what became of it?"""

from __future__ import annotations

import dataclasses
import time
from typing import Any
from typing import Self

from tests.cloud.harness.api import instance_actions
from tests.cloud.harness.api import rest as cloud_rest
from tests.cloud.harness.api import servers as cloud_servers

#: A migration of one of these will not change any more.
FINAL = frozenset({'completed', 'failed', 'error', 'cancelled'})

POLL_S = 0.2
TIMEOUT_S = 180
#: Far longer than Nova needs between rolling back and its last word.
SETTLE_S = 3

#: The conductor's part, of which all the checks are (Nova 34,
#: nova/conductor/manager.py).
CONDUCTOR_EVENT = 'conductor_live_migrate_instance'
#: The checks that it asks for. Who refuses at the source fails both.
DESTINATION_CHECK_EVENT = 'compute_check_can_live_migrate_destination'
SOURCE_CHECK_EVENT = 'compute_check_can_live_migrate_source'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One migration as Nova's API shows it."""

    id: int
    uuid: str
    #: ``accepted``, ``preparing``, ``running``, or one of FINAL.
    status: str
    source: str | None
    destination: str | None

    @classmethod
    def of(cls, found: dict[str, Any]) -> Self:
        """Read it from an answer."""
        return cls(
            id=found['id'],
            uuid=found['uuid'],
            status=found['status'],
            source=found['source_compute'],
            destination=found['dest_compute'],
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A live migration that was asked for."""

    server_id: str
    request_id: str
    #: Migrations of the server that were there before.
    earlier: frozenset[int]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a live migration.

    ``migration`` is None when Nova refused before it made one.
    """

    migration: Migration | None
    server: cloud_servers.Server
    action: instance_actions.Action

    @property
    def status(self) -> str:
        """The migration's status, ``refused`` when there is none."""
        return 'refused' if self.migration is None else self.migration.status

    @property
    def was_asked(self) -> bool:
        """Whether the source may have been asked to migrate.

        It is asked last, and only if the conductor's part went well.
        """
        return all(
            event.name != CONDUCTOR_EVENT for event in self.action.failures
        )

    @property
    def is_over(self) -> bool:
        """Whether nothing is being done any more, by what Nova says."""
        over = self.migration is None or self.migration.status in FINAL
        idle = self.server.task_state is None
        return over and idle and self.action.finished


class LiveMigrations:
    """The live migrations of a cloud."""

    def __init__(self, rest: cloud_rest.Rest) -> None:
        self._rest = rest
        self._servers = cloud_servers.Servers(rest)
        self._actions = instance_actions.InstanceActions(rest)

    def all_of(self, server_id: str) -> tuple[Migration, ...]:
        """Return all migrations of a server, the newest last."""
        params = {'instance_uuid': server_id}
        found = self._rest.get('compute', '/os-migrations', params=params)
        migrations = [Migration.of(each) for each in found['migrations']]
        return tuple(sorted(migrations, key=lambda each: each.id))

    def start(
        self,
        server_id: str,
        host: str | None,
        *,
        block_migration: bool | str = 'auto',
    ) -> Request:
        """Ask Nova to move a server, and do not wait.

        :param host: the destination; None leaves it to the scheduler.
        :raises RestError: Nova refused at once.
        """
        earlier = frozenset(each.id for each in self.all_of(server_id))
        body = {'host': host, 'block_migration': block_migration}
        request_id = self._servers.act(server_id, 'os-migrateLive', body)
        return Request(
            server_id=server_id, request_id=request_id, earlier=earlier
        )

    def current(self, request: Request) -> Migration | None:
        """Return the migration of a request, None before there is one."""
        for migration in self.all_of(request.server_id):
            if migration.id not in request.earlier:
                return migration
        return None

    def wait_status(
        self, request: Request, *statuses: str, timeout_s: float = TIMEOUT_S
    ) -> Migration:
        """Wait until the migration has one of these statuses.

        :raises ServerError: it has another final one, or none in time.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            migration = self.current(request)
            if migration is not None and migration.status in statuses:
                return migration
            over = migration is not None and migration.status in FINAL
            if over or time.monotonic() > deadline:
                action = self._actions.show(
                    request.server_id, request.request_id
                )
                raise cloud_servers.ServerError(
                    f'The migration is not {" or ".join(statuses)} but '
                    f'{migration}; Nova says: {action.failures or action}'
                )
            time.sleep(POLL_S)

    def wait(
        self, request: Request, *, timeout_s: float = TIMEOUT_S
    ) -> Outcome:
        """Wait until Nova has done all that follows from a request.

        It says nothing about success. After a failure of the source's Nova
        first says that nothing is being done with the server, and then puts
        it in ERROR; so such a failure counts when it has stayed the same for
        SETTLE_S.

        :raises ServerError: Nova is not through with it in time.
        """
        deadline = time.monotonic() + timeout_s
        last: Outcome | None = None
        since = time.monotonic()
        while True:
            now = self._outcome(request)
            if now != last:
                last, since = now, time.monotonic()
            settled = (
                now.status == 'completed'
                or not now.was_asked
                or time.monotonic() - since > SETTLE_S
            )
            if now.is_over and settled:
                return now
            if time.monotonic() > deadline:
                raise cloud_servers.ServerError(
                    f'The live migration of {now.server.name} is not over '
                    f'after {timeout_s:.0f} s: {now}'
                )
            time.sleep(POLL_S)

    def _outcome(self, request: Request) -> Outcome:
        return Outcome(
            action=self._actions.show(request.server_id, request.request_id),
            migration=self.current(request),
            server=self._servers.show(request.server_id),
        )

    def move(
        self, server_id: str, host: str | None, *, timeout_s: float = TIMEOUT_S
    ) -> Outcome:
        """Ask for a live migration and wait until it is over."""
        return self.wait(self.start(server_id, host), timeout_s=timeout_s)

    def force_complete(self, request: Request) -> None:
        """Make a running migration end, by pausing or by post-copy.

        :raises RestError: Nova refused, as when it does not run.
        """
        path = f'{self._path(request)}/action'
        self._rest.post('compute', path, {'force_complete': None})

    def abort(self, request: Request) -> None:
        """Abort a migration.

        :raises RestError: Nova refused, as when it does not run.
        """
        self._rest.request('compute', 'DELETE', self._path(request))

    def progress(self, request: Request) -> dict[str, Any]:
        """Return Nova's numbers of a running migration, in bytes.

        :raises RestError: it does not run.
        """
        found = self._rest.get('compute', self._path(request))
        progress: dict[str, Any] = found['migration']
        return progress

    def _path(self, request: Request) -> str:
        migration = self.current(request)
        if migration is None:
            raise cloud_servers.ServerError(
                f'Nova has no migration of {request.server_id} yet.'
            )
        return f'/servers/{request.server_id}/migrations/{migration.id}'
