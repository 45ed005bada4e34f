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

"""Keeps others from opening files for a moment, and sees that they try.

A lease on a file makes open(2) of anybody else wait until it is given up
(fcntl(2), F_SETLEASE). The kernel grants it only for a file that nobody else
has open, so who holds leases on all files of a directory knows that nobody is
reading one of them now.
"""

from __future__ import annotations

from collections.abc import Iterable
import errno
import fcntl
import os
import signal
import time

#: One that a process ignores unless it has a handler: SIGIO, the default,
#: would end this process when somebody waits.
_SIGNAL = signal.SIGURG
#: What the kernel and file systems say that have none, or do not let this
#: user have them.
_IMPOSSIBLE = frozenset(
    {
        *(errno.EINVAL, errno.EOPNOTSUPP, errno.ENOLCK, errno.ENOSYS),
        *(errno.EACCES, errno.EPERM),
    }
)
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
#: Nobody needs one for as long.
_FREE_AFTER_S = 3.0
_POLL_S = 0.01


class Impossible(Exception):
    """This kernel, file system or user has no leases."""


def open_when_free(path: str) -> int:
    """Open a file to read; never waits for anything but a lease's end.

    :raises OSError: it cannot be opened, or a lease does not end.
    """
    deadline = time.monotonic() + _FREE_AFTER_S
    while True:
        try:
            return os.open(path, _FLAGS)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_POLL_S)


class Leases:
    """Leases on some files, all or none."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Open the files, which nobody has to wait for.

        :raises OSError: one cannot be opened.
        """
        self.held = False
        self._descriptors: list[int] = []
        seen = set()
        try:
            for path in paths:
                descriptor = os.open(path, _FLAGS)
                self._descriptors.append(descriptor)
                status = os.fstat(descriptor)
                if (status.st_dev, status.st_ino) in seen:
                    # The same under another name.
                    os.close(self._descriptors.pop())
                seen.add((status.st_dev, status.st_ino))
        except BaseException:
            self.close()
            raise

    def take(self) -> bool:
        """Take all of them; False if somebody has a file open.

        :raises Impossible: there are none here.
        """
        for descriptor in self._descriptors:
            try:
                fcntl.fcntl(descriptor, fcntl.F_SETSIG, _SIGNAL)
                fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            except OSError as err:
                self.release()
                if err.errno == errno.EAGAIN:
                    return False
                if err.errno in _IMPOSSIBLE:
                    raise Impossible(err.strerror) from err
                raise
        self.held = True
        return True

    def awaited(self) -> bool:
        """Tell whether anybody tries to open one of the files."""
        return any(
            fcntl.fcntl(descriptor, fcntl.F_GETLEASE) != fcntl.F_WRLCK
            for descriptor in self._descriptors
        )

    def release(self) -> None:
        """Give all of them up: whoever waits goes on."""
        for descriptor in self._descriptors:
            try:
                fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            except OSError as err:
                # There is none on this one.
                if err.errno not in {errno.EAGAIN, *_IMPOSSIBLE}:
                    raise
        self.held = False

    def close(self) -> None:
        """Close the files, and with them give up the leases."""
        while self._descriptors:
            os.close(self._descriptors.pop())
        self.held = False
