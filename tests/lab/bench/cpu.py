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

"""What did all processes of a host take of the processors?

A process that has ended counts as long as its parent, or the init of the host,
has waited for it. What was started from outside the host, such as the command
that asks for a migration, does not.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import os
import pathlib
import time

from tests.lab.harness import errors
from tests.lab.harness.node import host as lab_host

_TICKS_S = os.sysconf('SC_CLK_TCK')
_INIT = '1'
_POLL_S = 0.01
_TIMEOUT_S = 10.0


def seconds(*hosts: lab_host.Host) -> float:
    """Return the seconds of hosts since they began, guests included."""
    ticks = 0
    for host in hosts:
        for stat in _stats(host):
            # utime, stime, and of those waited for (proc(5)).
            ticks += sum(map(int, stat[11:15]))
    return ticks / _TICKS_S


def guests_seconds(*hosts: lab_host.Host) -> float:
    """Return the seconds that guests which run there had for themselves."""
    ticks = 0
    for host in hosts:
        for path in host.path('/proc').glob('[0-9]*/task/[0-9]*/stat'):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                name, stat = _parse(path.read_text())
                # As QEMU names the threads of processors.
                if name.startswith('CPU '):
                    ticks += int(stat[11]) + int(stat[12])
    return ticks / _TICKS_S


def wait_gone(host: lab_host.Host, name: str) -> None:
    """Wait until the QEMU of a guest is gone, and waited for.

    :raises LabError: it stays.
    """
    deadline = time.monotonic() + _TIMEOUT_S
    while any(_is_of(path, name) for path in _processes(host)):
        if time.monotonic() > deadline:
            raise errors.LabError(f'The QEMU of {name} stays on {host.name}.')
        time.sleep(_POLL_S)


def _is_of(process: pathlib.Path, name: str) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        comm, _stat = _parse((process / 'stat').read_text())
        if not comm.startswith('qemu-system'):
            return False
        line = (process / 'cmdline').read_bytes()
        # A process that has ended has no command line any more.
        return not line or f'guest={name},'.encode() in line
    return False


def _processes(host: lab_host.Host) -> Iterator[pathlib.Path]:
    return host.path('/proc').glob('[0-9]*')


def _stats(host: lab_host.Host) -> Iterator[list[str]]:
    for process in _processes(host):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            _name, stat = _parse((process / 'stat').read_text())
            entered = stat[1] == '0' and process.name != _INIT
            if not entered:
                yield stat


def _parse(line: str) -> tuple[str, list[str]]:
    """Give the name, and the fields from the state on."""
    name, _bracket, rest = line.partition('(')[2].rpartition(')')
    return name, rest.split()
