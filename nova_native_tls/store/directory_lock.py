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

"""Lets one process at a time change a directory."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import fcntl
import os
import stat
import time

from nova_native_tls._i18n import _
from nova_native_tls import exception

#: The file in the directory that is locked; it stays there, empty.
NAME = '.lock'
_POLL_S = 0.05


class InUse(exception.NativeTLSError):
    msg_fmt = _(
        'Another process is changing %(directory)s, and has not finished '
        'within %(limit_s)g seconds: try again, nothing was changed'
    )


class NotLockable(exception.NativeTLSError):
    msg_fmt = _('Cannot lock %(directory)s: %(problem)s')


@contextlib.contextmanager
def hold(directory: str, *, limit_s: float = 10.0) -> Iterator[None]:
    """Be the only one who changes what is in a directory.

    It ends with the process, however that ends. Readers do not ask for it.

    :param limit_s: how long to wait for somebody else, in seconds.
    :raises InUse: somebody else has it for longer.
    :raises NotLockable: there is no such directory, or no permission.
    """
    try:
        descriptor = os.open(
            os.path.join(directory, NAME),
            os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW,
            stat.S_IRUSR | stat.S_IWUSR,
        )
    except OSError as err:
        raise NotLockable(directory=directory, problem=err.strerror) from err
    try:
        take(descriptor, directory, limit_s=limit_s)
        yield
    finally:
        os.close(descriptor)


def take(
    descriptor: int,
    path: str,
    *,
    limit_s: float,
    operation: int = fcntl.LOCK_EX,
) -> None:
    """Lock what is open, until it is closed.

    :param path: what it is called.
    :param operation: of flock(2).
    :raises InUse: somebody else has it for longer.
    :raises NotLockable: it is of no kind that has locks.
    """
    deadline = time.monotonic() + limit_s
    while True:
        try:
            fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
        except BlockingIOError as err:
            if time.monotonic() >= deadline:
                raise InUse(directory=path, limit_s=limit_s) from err
            time.sleep(_POLL_S)
        except OSError as err:
            raise NotLockable(directory=path, problem=err.strerror) from err
        else:
            return
