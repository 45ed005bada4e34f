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

"""Is this still the process that was recorded?

A process id alone says nothing: the kernel uses it again. An id together
with the kernel's start time and the boot it belongs to names one process
for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
import os
import pathlib
import select
import signal
import time

PROC = pathlib.Path('/proc')

#: States of /proc/PID/stat in which a process runs no more code.
_ENDED = frozenset('ZXx')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stat:
    """The fields of /proc/PID/stat that the lab needs (man 5 proc)."""

    pid: int
    state: str
    parent_pid: int
    #: Clock ticks between boot and the start of the process.
    start_ticks: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """One process of one boot of this kernel."""

    pid: int
    start_ticks: int
    boot_id: str

    def is_alive(self) -> bool:
        """Tell whether this very process still runs."""
        stat = read_stat(self.pid)
        return (
            stat is not None
            and stat.start_ticks == self.start_ticks
            and stat.state not in _ENDED
            and boot_id() == self.boot_id
        )

    @contextlib.contextmanager
    def pinned(self) -> Iterator[int | None]:
        """Give a pidfd of this process, or None when it is gone.

        A signal sent through the pidfd cannot reach another process, not
        even when the id is used again meanwhile.
        """
        try:
            pidfd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            yield None
            return
        try:
            # Looked at after the pidfd was taken: if the identity holds
            # now, the pidfd is of the recorded process.
            yield pidfd if self.is_alive() else None
        finally:
            os.close(pidfd)

    def arguments(self) -> list[str]:
        """Return the command line, empty when the process is gone."""
        try:
            raw = (PROC / str(self.pid) / 'cmdline').read_bytes()
        except OSError:
            return []
        if not self.is_alive():
            return []
        return os.fsdecode(raw).rstrip('\0').split('\0')

    def children(self) -> tuple[ProcessIdentity, ...]:
        """Return the children of the process's first thread."""
        task = PROC / str(self.pid) / 'task' / str(self.pid)
        try:
            pids = (task / 'children').read_text().split()
        except OSError:
            return ()
        found = (read_stat(int(pid)) for pid in pids)
        return tuple(
            ProcessIdentity(
                pid=stat.pid,
                start_ticks=stat.start_ticks,
                boot_id=self.boot_id,
            )
            for stat in found
            if stat is not None and stat.parent_pid == self.pid
        )


def parse_stat(line: str) -> Stat:
    """Read a line of /proc/PID/stat.

    The second field is the name of the program in parentheses and may
    itself hold spaces and parentheses, so counting starts after the last.

    :raises ValueError: not such a line.
    """
    head, found, tail = line.rpartition(')')
    fields = tail.split()
    if not found or len(fields) < 20:
        raise ValueError(f'not a line of /proc/PID/stat: {line!r}')
    return Stat(
        pid=int(head.partition(' ')[0]),
        state=fields[0],
        parent_pid=int(fields[1]),
        start_ticks=int(fields[19]),
    )


def read_stat(pid: int) -> Stat | None:
    """Return what the kernel says of a process, None when there is none."""
    try:
        return parse_stat((PROC / str(pid) / 'stat').read_text())
    except (FileNotFoundError, ProcessLookupError):
        return None


def boot_id() -> str:
    """Return the random id that this boot of the kernel has."""
    return (PROC / 'sys/kernel/random/boot_id').read_text().strip()


def identify(pid: int) -> ProcessIdentity | None:
    """Return the identity of a running process, None when it has ended."""
    stat = read_stat(pid)
    if stat is None or stat.state in _ENDED:
        return None
    return ProcessIdentity(
        pid=pid, start_ticks=stat.start_ticks, boot_id=boot_id()
    )


def kill(identity: ProcessIdentity, *, timeout_s: float) -> bool:
    """Send SIGKILL to this very process and wait for its end.

    :returns: whether it has ended in time; True also when it was gone.
    """
    with identity.pinned() as pidfd:
        if pidfd is None:
            return True
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        poller = select.poll()
        poller.register(pidfd, select.POLLIN)
        return bool(poller.poll(timeout_s * 1000))


def freeze(identity: ProcessIdentity, *, timeout_s: float) -> None:
    """Stop this very process, so that it makes no more children.

    Returns when the kernel has stopped it, when it is gone, or after the
    time; what follows has to be right in all three cases.
    """
    with identity.pinned() as pidfd:
        if pidfd is None:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, signal.SIGSTOP)
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            stat = read_stat(identity.pid)
            if stat is None or stat.state in _ENDED or stat.state in 'Tt':
                return
            time.sleep(0.005)
