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

"""What does Nova's API say of a server, and what can be asked of it?"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import time
from typing import Any
from typing import Self

from tests.cloud.harness.api import rest as cloud_rest
from tests.lab.harness import errors

POLL_S = 0.25


class ServerError(errors.LabError):
    """A server is not as it should be; the text says what Nova says."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server as Nova's API shows it to the administrator."""

    id: str
    name: str
    #: The name of the libvirt domain.
    instance_name: str
    #: ``ACTIVE``, ``ERROR``, ``MIGRATING``, ...
    status: str
    #: ``active``, ``error``, ... whatever is being done with it.
    vm_state: str
    task_state: str | None
    #: The host's short name, None before there is one.
    host: str | None
    #: The message of the fault, which only a server in ERROR has.
    fault: str | None

    @classmethod
    def of(cls, found: dict[str, Any]) -> Self:
        """Read it from an answer."""
        fault = found.get('fault')
        return cls(
            id=found['id'],
            name=found['name'],
            instance_name=found['OS-EXT-SRV-ATTR:instance_name'],
            status=found['status'],
            vm_state=found['OS-EXT-STS:vm_state'],
            task_state=found['OS-EXT-STS:task_state'],
            host=found['OS-EXT-SRV-ATTR:host'],
            fault=None if fault is None else fault['message'],
        )


class Servers:
    """The servers of a cloud."""

    def __init__(self, rest: cloud_rest.Rest) -> None:
        self._rest = rest

    def create(
        self, name: str, *, image_id: str, flavor_id: str, host: str | None
    ) -> str:
        """Ask for a server without any network and return its id.

        :param host: the host it has to run on; any by default.
        :raises RestError: Nova refused.
        """
        body = {
            'name': name,
            'imageRef': image_id,
            'flavorRef': flavor_id,
            'networks': 'none',
        }
        if host is not None:
            body['host'] = host
        made = self._rest.post('compute', '/servers', {'server': body})
        return str(made['server']['id'])

    def show(self, server_id: str) -> Server:
        """Return what Nova says of a server.

        :raises RestError: there is none.
        """
        found = self._rest.get('compute', f'/servers/{server_id}')
        return Server.of(found['server'])

    def wait(
        self,
        server_id: str,
        enough: Callable[[Server], bool],
        *,
        what: str,
        timeout_s: float,
    ) -> Server:
        """Wait until a server is as it should be, and return it.

        :param what: the end of the sentence "the server did not ...".
        :raises ServerError: it did not get so within the time.
        """
        deadline = time.monotonic() + timeout_s
        while not enough(server := self.show(server_id)):
            if time.monotonic() > deadline:
                raise ServerError(
                    f'The server {server.name} did not {what} within '
                    f'{timeout_s:.0f} s: {server}'
                )
            time.sleep(POLL_S)
        return server

    def wait_active(self, server_id: str, *, timeout_s: float = 120) -> Server:
        """Wait until a server is ACTIVE and nothing is being done with it.

        :raises ServerError: it is in ERROR, with the fault that Nova shows,
            or not ACTIVE in time.
        """

        def enough(server: Server) -> bool:
            if server.status == 'ERROR' and server.task_state is None:
                raise ServerError(
                    f'The server {server.name} is in ERROR: {server.fault}'
                )
            return server.status == 'ACTIVE' and server.task_state is None

        return self.wait(
            server_id, enough, what='become ACTIVE', timeout_s=timeout_s
        )

    def act(self, server_id: str, action: str, body: Any = None) -> str:
        """Ask for an action and return the id of the request.

        :param action: the key of the body, such as ``pause``.
        :raises RestError: Nova refused.
        """
        answer = self._rest.request(
            'compute',
            'POST',
            f'/servers/{server_id}/action',
            json={action: body},
        )
        return cloud_rest.request_id(answer)

    def console_output(self, server_id: str) -> str:
        """Return what the guest has said on its console, through Nova.

        :raises RestError: Nova cannot tell, as while it migrates.
        """
        path = f'/servers/{server_id}/action'
        body: dict[str, Any] = {'os-getConsoleOutput': {}}
        found = self._rest.post('compute', path, body)
        return str(found['output'])

    def reset_to_active(self, server_id: str) -> None:
        """Make Nova forget an ERROR; the guest is not touched."""
        self.act(server_id, 'os-resetState', {'state': 'active'})

    def delete(self, server_id: str, *, timeout_s: float = 60) -> None:
        """Delete a server and wait until it is gone; it may be gone.

        :raises ServerError: it is still there after the time.
        """
        path = f'/servers/{server_id}'
        deadline = time.monotonic() + timeout_s
        try:
            self._rest.request('compute', 'DELETE', path)
            while time.monotonic() < deadline:
                server = self.show(server_id)
                time.sleep(POLL_S)
        except cloud_rest.RestError as err:
            if err.status == 404:
                return
            raise
        raise ServerError(
            f'The server {server.name} is still there {timeout_s:.0f} s '
            f'after it was deleted: {server}'
        )
