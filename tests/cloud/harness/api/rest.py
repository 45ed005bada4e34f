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

"""How is the cloud asked, by REST and by nothing else?

The client is a process inside the controller, kept alive because importing
the SDK takes longer than most requests: this process never connects to an
address of the lab.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import json
import pathlib
import select
import subprocess
import sys
import threading
from typing import Any

from tests.cloud.harness.settings import endpoints
from tests.lab.harness import errors
from tests.lab.harness.node import node as lab_node
from tests.lab.harness.node import node_process

#: The highest microversion of the compute API of Nova 29, which every
#: release that is tested has.
COMPUTE_MICROVERSION = '2.96'

TIMEOUT_S = 120

_REPOSITORY = pathlib.Path(__file__).resolve().parents[4]


class RestError(errors.LabError):
    """The cloud refused, or did not answer.

    ``status`` is the HTTP status, None when there was no answer.
    """

    def __init__(self, message: str, *, status: int | None) -> None:
        super().__init__(message)
        self.status = status


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: ``body`` is parsed JSON, text, or None."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Rest:
    """A client with the rights of the administrator."""

    def __init__(self, node: lab_node.Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._process: node_process.NodeProcess | None = None

    def start(self) -> None:
        """Start the client; nothing is sent yet, and nothing awaited."""
        log = self._node.directory / 'log' / 'rest-client.log'
        log.parent.mkdir(exist_ok=True)
        with log.open('a') as stderr:
            self._process = self._node.popen(
                [sys.executable, '-m', 'tests.cloud.harness.api.rest_helper'],
                env={
                    **endpoints.client_environment(),
                    'PYTHONPATH': str(_REPOSITORY),
                },
                stdin=subprocess.PIPE,
                stderr=stderr,
            )

    def close(self) -> None:
        """End the client; the next request starts another."""
        with self._lock:
            self._forget()

    def reconnect(self) -> None:
        """Forget the token and the catalogue."""
        self._exchange({'reconnect': True}, what='a new token')

    def get(self, service: str, path: str, **rest: Any) -> Any:
        """Return the body of what is at a path; as ``request``."""
        return self.request(service, 'GET', path, **rest).body

    def post(self, service: str, path: str, body: Any, **rest: Any) -> Any:
        """Post a body and return the answer's; as ``request``."""
        return self.request(service, 'POST', path, json=body, **rest).body

    def request(
        self,
        service: str,
        method: str,
        path: str,
        *,
        json: Any = None,
        file: pathlib.Path | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        microversion: str | None = None,
    ) -> Answer:
        """Send one request.

        :param service: the name of a proxy of openstacksdk: ``compute``,
            ``image``, ``network``, ``placement``, ``identity``.
        :param file: what to send instead of JSON.
        :param microversion: of the compute API it is
            COMPUTE_MICROVERSION by default.
        :raises RestError: an HTTP status from 400 on, with the service's
            own message, or no answer.
        """
        if microversion is None and service == 'compute':
            microversion = COMPUTE_MICROVERSION
        what = f'{method} {service} {path}'
        found = self._exchange(
            {
                'service': service,
                'method': method,
                'path': path,
                'json': json,
                'file': None if file is None else str(file),
                'headers': headers,
                'params': params,
                'microversion': microversion,
            },
            what=what,
        )
        answer = Answer(
            status=found['status'],
            body=found['body'],
            headers=found['headers'],
        )
        if answer.status >= 400:
            raise RestError(
                f'{what}: {answer.status} {message_of(answer.body)}',
                status=answer.status,
            )
        return answer

    def _exchange(self, asked: Mapping[str, Any], *, what: str) -> Any:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self.start()
            line = self._converse(json.dumps(asked) + '\n', what=what)
        found = json.loads(line)
        if 'error' in found:
            raise RestError(f'{what}: {found["error"]}', status=None)
        return found

    def _converse(self, line: str, *, what: str) -> str:
        assert self._process is not None
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(line)
            stdin.flush()
            if not select.select([stdout], [], [], TIMEOUT_S)[0]:
                self._forget()
                raise RestError(
                    f'{what}: no answer in {TIMEOUT_S} s', status=None
                )
            answered = stdout.readline()
        except BrokenPipeError:
            answered = ''
        if not answered:
            self._forget()
            log = self._node.directory / 'log' / 'rest-client.log'
            raise RestError(
                f'{what}: the client in {self._node.name} ended, see {log}',
                status=None,
            )
        return answered

    def _forget(self) -> None:
        """End the client, whose late answer must not be the next one's."""
        if self._process is not None:
            self._process.kill()
        self._process = None


def message_of(body: Any) -> str:
    """Return the message of an error's body, whichever service made it.

    Nova has it below a name like ``badRequest``, keystone below ``error``,
    neutron below ``NeutronError``, placement in a list ``errors``.
    """
    if isinstance(body, Mapping):
        for value in body.values():
            first = value[0] if isinstance(value, list) and value else value
            if isinstance(first, Mapping):
                text = first.get('message') or first.get('detail')
                if text:
                    return str(text)
    return str(body)


def request_id(answer: Answer) -> str:
    """Return the id by which Nova's logs and actions know a request.

    :raises RestError: the answer has none.
    """
    for name, value in answer.headers.items():
        if name.lower() == 'x-openstack-request-id':
            return value
    raise RestError('the answer has no request id', status=answer.status)
