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

"""Sees when anybody opens one of some files (inotify(7))."""

from __future__ import annotations

from collections.abc import Iterable
import ctypes
import os
import select

#: include/uapi/linux/inotify.h; the flags of inotify_init1 are those of open.
_IN_OPEN = 0x20
_BUFFER = 64 * 1024


class OpenWatch:
    """Watches files from the moment on at which it is made."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Begin to watch.

        :raises OSError: a file is not there, or the kernel's limit on
            watches (fs.inotify.max_user_instances) is reached.
        """
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise _error('inotify')
        for path in paths:
            if (
                libc.inotify_add_watch(
                    self._descriptor, os.fsencode(path), _IN_OPEN
                )
                < 0
            ):
                error = _error(path)
                self.close()
                raise error

    def opened(self, within_s: float = 0.0) -> bool:
        """Tell whether anybody has opened one since this was asked last.

        :param within_s: how long to wait for it, in seconds.
        """
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        if not poll.poll(within_s * 1000):
            return False
        try:
            while os.read(self._descriptor, _BUFFER):
                # Who or what does not matter.
                pass
        except BlockingIOError:
            pass
        return True

    def close(self) -> None:
        """Watch no longer."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _error(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), what)
