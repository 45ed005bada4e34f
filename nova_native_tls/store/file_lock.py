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

"""Lets one process or thread at a time add to a file, or give it away.

What is locked is the file itself, so that no other file has to stand beside
it. It may be given another name meanwhile; then the next who asks gets the
one that has the name by then.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import fcntl
import os
import stat

from nova_native_tls._i18n import _
from nova_native_tls.store import directory_lock
from nova_native_tls.store import durable

LIMIT_S = 10.0
_FLAGS = os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


@contextlib.contextmanager
def hold(
    path: str,
    access: durable.Access = durable.PRIVATE,
    *,
    limit_s: float = LIMIT_S,
) -> Iterator[None]:
    """Be the only one who adds to a file, which is made if it is not there.

    It ends with the process, however that ends.

    :param access: of a new file.
    :param limit_s: how long to wait for somebody else, in seconds.
    :raises InUse: somebody else has it for longer.
    :raises NotLockable: it cannot be opened or made, or is no file; a
        symbolic link is not followed.
    """
    while True:
        try:
            descriptor = _open(path, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            _make(path, access)
            continue
        try:
            directory_lock.take(descriptor, path, limit_s=limit_s)
            if _has_name(descriptor, path):
                yield
                return
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def look(path: str, *, limit_s: float = LIMIT_S) -> Iterator[None]:
    """Keep a file from being added to; readers do not exclude each other.

    If there is no such file, nobody is kept from anything.

    :raises InUse: somebody adds to it for longer.
    :raises NotLockable: it cannot be opened, or is no file.
    """
    while True:
        try:
            descriptor = _open(path, os.O_RDONLY)
        except FileNotFoundError:
            yield
            return
        try:
            directory_lock.take(
                descriptor, path, limit_s=limit_s, operation=fcntl.LOCK_SH
            )
            if _has_name(descriptor, path):
                yield
                return
        finally:
            os.close(descriptor)


def _open(path: str, how: int) -> int:
    """Open what is there.

    :raises FileNotFoundError: it is not, or its directory is not.
    :raises NotLockable: it is, but not for this.
    """
    try:
        descriptor = os.open(path, how | _FLAGS)
    except FileNotFoundError:
        raise
    except OSError as err:
        raise directory_lock.NotLockable(
            directory=path, problem=err.strerror
        ) from err
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise directory_lock.NotLockable(
            directory=path, problem=_('it is no file')
        )
    return descriptor


def _make(path: str, access: durable.Access) -> None:
    """Make an empty one, or raise.

    :raises NotLockable: there is no such directory, or no permission.
    """
    try:
        durable.append(path, b'', access)
    except durable.WriteFailed as err:
        raise directory_lock.NotLockable(
            directory=path, problem=err.details['problem']
        ) from err


def _has_name(descriptor: int, path: str) -> bool:
    """Tell whether the file that is open is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
