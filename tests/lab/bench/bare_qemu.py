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


"""A QEMU that nobody manages, and a migration from one to another.

Without libvirt everything can be tried that QEMU has. Its guest is stopped
and has no kernel; its memory is a file.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import json
import os
import socket
import time
from typing import Any
from typing import Self

from tests.lab.harness import errors
from tests.lab.harness.node import host as lab_host

TIMEOUT_S = 120.0
_START_TIMEOUT_S = 20.0
_POLL_S = 0.02
_PKI = '/etc/pki/qemu'
_PORT = 49200
_TICKS = os.sysconf('SC_CLK_TCK')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What is asked of two QEMUs.

    :ivar tls: encrypted.
    :ivar connections: parallel ones; 0 for a single one without multifd.
    :ivar parameters: of QEMU's migration, beside these.
    :ivar priority: of GnuTLS; QEMU's own by default.
    :ivar libraries: a directory on the host, with libraries that both use in
        place of those that are installed.
    """

    tls: bool = True
    connections: int = 0
    parameters: Mapping[str, object] = dataclasses.field(default_factory=dict)
    priority: str | None = None
    libraries: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What one migration took.

    :ivar cpu_s: of both QEMUs.
    """

    total_s: float
    setup_ms: float
    cpu_s: float


class BareQemu:
    """A QEMU in a host, as long as the ``with`` block lasts.

    :raises LabError: it does not start, or refuses an order.
    """

    def __init__(
        self,
        host: lab_host.Host,
        memory_path: str,
        *,
        memory_mib: int,
        incoming: bool,
        way: Way,
    ) -> None:
        self._host = host
        self._socket_path = f'{memory_path}.qmp'
        end = 'server' if incoming else 'client'
        wanted = f',priority={way.priority}' if way.priority else ''
        others = way.libraries
        self._argv = [
            *(('env', f'LD_LIBRARY_PATH={others}') if others else ()),
            *('qemu-system-x86_64', '-nodefaults', '-display', 'none', '-S'),
            *('-machine', 'pc,accel=tcg,memory-backend=ram'),
            *('-m', str(memory_mib)),
            '-object',
            f'memory-backend-file,id=ram,share=on,size={memory_mib}M,'
            f'mem-path={memory_path}',
            '-object',
            f'tls-creds-x509,id=tls,dir={_PKI},endpoint={end},'
            f'verify-peer=on{wanted}',
            *('-qmp', f'unix:{self._socket_path},server=on,wait=off'),
            *(('-incoming', 'defer') if incoming else ()),
        ]

    def __enter__(self) -> Self:
        path = self._host.path(self._socket_path)
        path.unlink(missing_ok=True)
        self._process = self._host.popen(self._argv)
        try:
            self._connect(str(path))
        except BaseException:
            self._process.kill()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self._replies.close()
        self._socket.close()
        self._process.kill()

    def _connect(self, path: str) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(TIMEOUT_S)
        while True:
            try:
                self._socket.connect(path)
                break
            except (FileNotFoundError, ConnectionRefusedError) as err:
                if self._process.poll() is None and (
                    time.monotonic() < deadline
                ):
                    time.sleep(_POLL_S)
                    continue
                _out, said = self._process.communicate(timeout_s=TIMEOUT_S)
                raise errors.LabError(
                    f'QEMU on {self._host.name} did not start: {said.strip()}'
                ) from err
        self._replies = self._socket.makefile('r', encoding='utf-8')
        self._replies.readline()
        self.order('qmp_capabilities')

    def order(self, command: str, /, **arguments: object) -> Any:
        """Execute a command and give what it returns."""
        order = {'execute': command, 'arguments': arguments}
        self._socket.sendall(json.dumps(order).encode() + b'\n')
        while True:
            reply = json.loads(self._replies.readline())
            if 'return' in reply:
                return reply['return']
            if 'error' in reply:
                raise errors.LabError(
                    f'QEMU on {self._host.name} refuses {command}: '
                    f'{reply["error"]["desc"]}'
                )

    def prepare(self, way: Way, **more: object) -> None:
        """Set what both ends have to know."""
        capabilities = {'return-path': True, 'multifd': way.connections > 0}
        self.order(
            'migrate-set-capabilities',
            capabilities=[
                {'capability': name, 'state': state}
                for name, state in capabilities.items()
            ],
        )
        parameters = dict(way.parameters) | more | {'max-bandwidth': 2**40}
        if way.connections:
            parameters['multifd-channels'] = way.connections
        if way.tls:
            parameters['tls-creds'] = 'tls'
        self.order('migrate-set-parameters', **parameters)

    def cpu_s(self) -> float:
        """Say how long it ran on processors so far."""
        with open(f'/proc/{self._process.pid}/stat', encoding='utf-8') as file:
            fields = file.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


def move(
    host: lab_host.Host,
    source_path: str,
    destination_path: str,
    *,
    memory_mib: int,
    way: Way,
) -> Moved:
    """Migrate what is in one file to another, on one host.

    :raises LabError: it did not arrive.
    """
    with (
        BareQemu(
            host, source_path, memory_mib=memory_mib, incoming=False, way=way
        ) as source,
        BareQemu(
            host,
            destination_path,
            memory_mib=memory_mib,
            incoming=True,
            way=way,
        ) as destination,
    ):
        ends = (source, destination)
        destination.prepare(way)
        source.prepare(way, **{'tls-hostname': host.fqdn} if way.tls else {})
        before_s = sum(end.cpu_s() for end in ends)
        uri = f'tcp:127.0.0.1:{_PORT}'
        destination.order('migrate-incoming', uri=uri)
        source.order('migrate', uri=uri)
        said = _wait(source)
        return Moved(
            total_s=said['total-time'] / 1000,
            setup_ms=said['setup-time'],
            cpu_s=sum(end.cpu_s() for end in ends) - before_s,
        )


def _wait(source: BareQemu) -> dict[str, Any]:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        said: dict[str, Any] = source.order('query-migrate')
        if said.get('status') == 'completed':
            return said
        if said.get('status') in ('failed', 'cancelled'):
            raise errors.LabError(
                f'QEMU did not migrate: {said.get("error-desc", said)}'
            )
        time.sleep(_POLL_S)
    raise errors.LabError(f'QEMU did not migrate within {TIMEOUT_S:.0f} s')
