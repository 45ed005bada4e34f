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

"""Where does a lab keep its state, and who may change it?

Everything of a lab is below one directory: one subdirectory per node, and
the summary, which is written last, so that a lab without one is known to be
unfinished. The lock on the directory is also held by each node that has
been started and has not yet left its record there: whoever gets the lock
sees all records that there will be.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import re
import shutil
import stat
import time

from tests.lab.harness import errors
from tests.lab.harness.node import process

ROOT = pathlib.Path('/var/tmp/nova-native-tls-lab')

#: An ``up`` of many hosts on a slow machine may take this long.
LOCK_TIMEOUT_S = 120

_NAME = re.compile(r'[a-z0-9][a-z0-9-]{0,30}\Z')
_SUMMARY = 'lab.json'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a finished lab consists of."""

    host_count: int
    #: Name of the node -> its init process, seen from outside.
    inits: dict[str, process.ProcessIdentity]
    #: Name of a host -> its root directory, if that is not the machine's.
    trees: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StateDirectory:
    """The directory of one lab."""

    path: pathlib.Path
    #: Open file descriptor that carries the lock; -1 without the lock.
    lock_fd: int = -1

    def node(self, name: str) -> pathlib.Path:
        """Return the directory of a node, whether it exists or not."""
        return self.path / name

    def nodes(self) -> tuple[pathlib.Path, ...]:
        """Return the directories of all nodes that were ever begun."""
        try:
            entries = sorted(self.path.iterdir())
        except FileNotFoundError:
            return ()
        return tuple(
            entry
            for entry in entries
            if entry.is_dir() and not entry.is_symlink()
        )

    def read_summary(self) -> Summary | None:
        """Return the summary, None when the lab was never finished.

        :raises LabError: there is one, and it cannot be understood.
        """
        try:
            data = json.loads((self.path / _SUMMARY).read_text())
            return Summary(
                host_count=int(data['host_count']),
                inits={
                    name: process.ProcessIdentity(**fields)
                    for name, fields in data['inits'].items()
                },
                trees=dict(data['trees']),
            )
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, AttributeError) as err:
            raise errors.LabError(
                f'{self.path / _SUMMARY} cannot be understood ({err}): take '
                'the lab down.'
            ) from err

    def write_summary(self, summary: Summary) -> None:
        """Declare the lab finished."""
        text = json.dumps(dataclasses.asdict(summary), indent=2)
        new = self.path / (_SUMMARY + '.new')
        new.write_text(text + '\n')
        new.rename(self.path / _SUMMARY)

    def remove_summary(self) -> None:
        """Declare the lab unfinished."""
        (self.path / _SUMMARY).unlink(missing_ok=True)

    def empty(self) -> None:
        """Remove everything in the directory, not the directory itself."""
        for entry in self.path.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def remove(self) -> None:
        """Remove the directory, and the one of all labs when it is empty."""
        self.empty()
        self.path.rmdir()
        # Other labs live in it, or it has gone with the last of them.
        with contextlib.suppress(OSError):
            self.path.parent.rmdir()


def of_lab(name: str, *, root: pathlib.Path = ROOT) -> StateDirectory:
    """Return the directory of a lab without looking at it.

    :raises LabError: the name is not usable as a directory and a label.
    """
    if _NAME.match(name) is None:
        raise errors.LabError(
            f'{name!r} is no name for a lab: use at most 31 lower-case '
            'letters, digits and hyphens.'
        )
    return StateDirectory(path=root / name)


def check_owned(path: pathlib.Path) -> None:
    """Return when a directory is this user's alone.

    /var/tmp is everybody's: a directory that somebody else made there, or
    a symbolic link to one, would let them choose what the lab deletes.

    :raises LabError: it is not a directory, not ours, or open to others.
    :raises FileNotFoundError: there is none.
    """
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise errors.LabError(f'{path} is not a directory: remove it.')
    if found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise errors.LabError(
            f'{path} belongs to another user or is open to others (uid '
            f'{found.st_uid}, mode {stat.S_IMODE(found.st_mode):04o}): '
            'remove it.'
        )


def exists(directory: StateDirectory) -> bool:
    """Tell whether there is any state of a lab.

    :raises LabError: there is, and it is not ours.
    """
    try:
        check_owned(directory.path.parent)
        check_owned(directory.path)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def locked(
    directory: StateDirectory, *, timeout_s: float = LOCK_TIMEOUT_S
) -> Iterator[StateDirectory]:
    """Make the directory when needed and hold it for this process alone.

    :raises LabError: it is not ours, or another command keeps it too long.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        lock_fd = _open(directory.path)
        try:
            _wait_for_lock(lock_fd, path=directory.path, deadline=deadline)
            if _is_still(directory.path, lock_fd):
                yield dataclasses.replace(directory, lock_fd=lock_fd)
                return
        finally:
            # Closing and not unlocking: a node that is just starting
            # shares this lock until it has left its record.
            os.close(lock_fd)


def _open(path: pathlib.Path) -> int:
    """Open the directory of a lab, made when it is not there."""
    while True:
        for directory in (path.parent, path):
            with contextlib.suppress(FileExistsError, FileNotFoundError):
                directory.mkdir(mode=0o700)
        try:
            check_owned(path.parent)
            check_owned(path)
            return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:
            # A ``down`` removed it between two of these lines.
            time.sleep(0.01)


def _wait_for_lock(
    lock_fd: int, *, path: pathlib.Path, deadline: float
) -> None:
    while True:
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise errors.LabError(
                    f'another command is still changing the lab in {path}: '
                    'wait for it, or end it.'
                ) from None
            time.sleep(0.05)


def _is_still(path: pathlib.Path, lock_fd: int) -> bool:
    """Tell whether the locked directory is the one that has this name."""
    try:
        return os.path.samestat(os.fstat(lock_fd), path.lstat())
    except FileNotFoundError:
        return False
