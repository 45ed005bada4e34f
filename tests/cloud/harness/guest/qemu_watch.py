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

"""Did a QEMU start on a host, by what is left of it and by libvirt's word?"""

from __future__ import annotations

import dataclasses
import pathlib
from types import TracebackType
from typing import Self

from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import node_process

_EVENTS = (
    *('virsh', '--connect', 'qemu:///system'),
    *('event', '--event', 'lifecycle', '--loop', '--timestamp'),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What there is of QEMUs on a host.

    :ivar processes: their ids.
    :ivar logs: by name, size and time of change: libvirt begins, or goes on
        with, the log of a guest before its QEMU can say anything.
    """

    processes: frozenset[str]
    logs: frozenset[tuple[str, int, int]]


class QemuWatch:
    """Watches a host as long as the ``with`` block lasts."""

    def __init__(self, host: lab_host.Host) -> None:
        self._host = host
        self._path = host.directory / 'lifecycle-events'
        self._process: node_process.NodeProcess | None = None
        self._before = traces(host)

    def __enter__(self) -> Self:
        with self._path.open('w') as events:
            self._process = self._host.popen(list(_EVENTS), stdout=events)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.kill()

    def signs(self) -> tuple[str, ...]:
        """Tell all that says that one started, or ended, since the start."""
        now, before = traces(self._host), self._before
        signs = [f'process {pid}' for pid in now.processes ^ before.processes]
        signs += [f'log {name}' for name, *_rest in now.logs ^ before.logs]
        signs += [line for line in self._path.read_text().splitlines() if line]
        return tuple(sorted(set(signs)))


def traces(host: lab_host.Host) -> Traces:
    """Look for QEMUs on a host."""
    stats = [
        (path.name, path.stat())
        for path in (host.log_directory / 'qemu').glob('*.log')
    ]
    return Traces(
        processes=frozenset(_processes(host.path('/proc'))),
        logs=frozenset(
            (name, stat.st_size, stat.st_mtime_ns) for name, stat in stats
        ),
    )


def _processes(proc: pathlib.Path) -> list[str]:
    found = []
    for path in proc.glob('[0-9]*/cmdline'):
        try:
            program = path.read_bytes().split(b'\0')[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b'qemu-system' in program:
            found.append(path.parent.name)
    return found
