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

"""A thread of a guest's QEMU, known by its name."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import time

from tests.lab.harness import errors

_NS_PER_S = 1e9
_POLL_S = 0.05
#: What ends takes a few milliseconds.
_SOON_S = 2.0


@dataclasses.dataclass(frozen=True, slots=True)
class Role:
    """What a thread does in a migration over two connections.

    :ivar names: as QEMU 7.2 and 10.0 have it.
    """

    names: tuple[str, str]


#: It finds the pages, and hands them to the senders.
LEADER = Role(('live_migration', 'mig/src/main'))
SENDERS = (
    Role(('multifdsend_0', 'mig/src/send_0')),
    Role(('multifdsend_1', 'mig/src/send_1')),
)
RECEIVER = Role(('multifdrecv_0', 'mig/dst/recv_0'))


@dataclasses.dataclass(frozen=True, slots=True)
class Thread:
    """One that is there, or was.

    :ivar directory: of proc(5).
    """

    directory: pathlib.Path

    @property
    def id(self) -> int:
        """Return the number that the kernel has for it."""
        return int(self.directory.name)

    @property
    def pid(self) -> int:
        """Return the number of the QEMU that it is part of."""
        return int(self.directory.parent.parent.name)

    def running_s(self) -> float:
        """Return for how many seconds a processor ran it."""
        running_ns = (self.directory / 'schedstat').read_text().split()[0]
        return int(running_ns) / _NS_PER_S


def find(guest: str, role: Role) -> Thread:
    """Return the thread that does this; only one end has each.

    :param guest: its name or UUID.
    :raises LabError: there is none.
    """
    for path in pathlib.Path('/proc').glob('[0-9]*/task/[0-9]*/comm'):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if path.read_text().strip() in role.names:
                argv = (path.parent / 'cmdline').read_bytes()
                if guest.encode() in argv:
                    return Thread(path.parent)
    names = ' or '.join(role.names)
    raise errors.LabError(f'No QEMU of {guest} has a thread {names}.')


def remains(guest: str, role: Role) -> bool:
    """Tell whether it has such a thread, which does not end soon.

    :param guest: its name or UUID.
    """
    try:
        thread = find(guest, role)
    except errors.LabError:
        return False
    deadline = time.monotonic() + _SOON_S
    while thread.directory.exists():
        if time.monotonic() > deadline:
            return True
        time.sleep(_POLL_S)
    return False
