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

"""The libvirt daemon that runs guests on this host."""

from __future__ import annotations

import dataclasses
import os

from nova_native_tls.host import process

#: One for everything, or one for QEMU alone.
PROGRAMS = ('libvirtd', 'virtqemud')
RUN = '/run'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """The running daemon.

    :ivar started_at: seconds since 1970.
    :ivar root: what its paths begin with, seen from here; empty for the same.
    """

    program: str
    pid: int
    started_at: float
    root: str = ''


def find() -> Daemon | None:
    """Find it; None if none runs, as between two uses of its socket.

    :raises OSError: it runs, and this process may not look at it.
    """
    for program in PROGRAMS:
        pid = _by_file(program)
        if pid is not None:
            return _described(program, pid)
    return _by_name()


def _described(program: str, pid: int) -> Daemon:
    return Daemon(
        program=program,
        pid=pid,
        started_at=process.started_at(pid),
        root=process.root(pid),
    )


def _by_file(program: str) -> int | None:
    """Read the daemon's own file; its process may be long gone."""
    try:
        with open(f'{RUN}/{program}.pid', encoding='ascii') as file:
            pid = int(file.read(20))
    except (OSError, ValueError):
        return None
    return pid if process.name(pid) == program else None


def _by_name() -> Daemon | None:
    """Look at all processes: in a container it has files of its own."""
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            name = process.name(int(entry))
            if name in PROGRAMS:
                return _described(name, int(entry))
    return None
