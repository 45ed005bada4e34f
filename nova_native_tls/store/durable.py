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

"""Writes files so that a crash leaves the old content or the new one.

Nothing else of this project writes below /etc. Every function is finished
only when the disk has it, so that what is done next cannot survive a power
cut that this did not.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import dataclasses
import errno
import os
import secrets
import shutil
import stat

from nova_native_tls._i18n import _
from nova_native_tls import exception

#: Begins the name of what is not finished; whoever finds one without holding
#: it may remove it.
UNFINISHED = '.unfinished-'
#: Of directories, which who may read them may also search.
_SEARCH = {0o400: 0o100, 0o040: 0o010, 0o004: 0o001}


class WriteFailed(exception.NativeTLSError):
    """What was there before is there still."""

    msg_fmt = _('Cannot write %(path)s, it is as it was: %(problem)s')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may do what with a file.

    :ivar mode: permission bits.
    :ivar attributes: extended ones, such as an ACL or a SELinux label.
    """

    mode: int
    uid: int = -1
    gid: int = -1
    attributes: Mapping[str, bytes] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, descriptor: int) -> Access:
        """Take over what holds for an open file.

        :raises OSError: it cannot be looked at.
        """
        status = os.fstat(descriptor)
        try:
            names = os.listxattr(descriptor)
        except OSError as err:
            if err.errno != errno.ENOTSUP:
                raise
            names = []
        return cls(
            mode=stat.S_IMODE(status.st_mode),
            uid=status.st_uid,
            gid=status.st_gid,
            attributes={name: os.getxattr(descriptor, name) for name in names},
        )

    def of_directory(self) -> Access:
        """The same of a directory: who may read it may also search it."""
        mode = self.mode
        for read, search in _SEARCH.items():
            mode |= search if mode & read else 0
        return dataclasses.replace(self, mode=mode)


#: Root, or whoever calls, alone.
PRIVATE = Access(mode=0o600)
#: Everybody may read it.
PUBLIC = Access(mode=0o644)


def write(path: str, content: bytes, access: Access = PRIVATE) -> None:
    """Write a file, or replace it, in one step.

    A symbolic link is replaced, not followed.

    :raises WriteFailed: what was there is there still.
    """
    with _explained(path), _beside(path) as temporary:
        _create(temporary, content, access)
        os.rename(temporary, path)
        sync_directory(os.path.dirname(path))


def append(path: str, content: bytes, access: Access = PRIVATE) -> None:
    """Add to the end of a file, which is made if it is not there.

    After a crash a part of it may be there: who reads has to tell a whole
    record from a torn one. On a full disk nothing of it stays.

    :raises WriteFailed: it is as it was.
    """
    with _explained(path):
        is_new = not os.path.lexists(path)
        descriptor = os.open(
            path,
            os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC,
            stat.S_IRUSR | stat.S_IWUSR,
        )
        try:
            before = os.fstat(descriptor).st_size
            if is_new:
                _permit(descriptor, access)
            try:
                _write_all(descriptor, content)
            except OSError:
                os.ftruncate(descriptor, before)
                raise
            finally:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            sync_directory(os.path.dirname(path))


def make_directory(path: str, access: Access) -> None:
    """Make a directory, and the ones above it; one that exists stays.

    :raises WriteFailed: it cannot be made.
    """
    with _explained(path):
        if os.path.isdir(path):
            return
        parent = os.path.dirname(path)
        if parent and not os.path.isdir(parent):
            # The way to it is everybody's.
            make_directory(parent, PUBLIC.of_directory())
        _make_directory(path, access)
        sync_directory(parent)


def write_directory(
    path: str, files: Mapping[str, tuple[bytes, Access]], access: Access
) -> None:
    """Make a directory with these files in one step: all of it or nothing.

    :param path: must not exist, but what it is in.
    :raises WriteFailed: there is no such directory.
    """
    with _explained(path), _beside(path) as temporary:
        _make_directory(temporary, access)
        for name, (content, rights) in files.items():
            _create(os.path.join(temporary, name), content, rights)
        sync_directory(temporary)
        os.rename(temporary, path)
        sync_directory(os.path.dirname(path))


def link(path: str, target: str) -> None:
    """Let a symbolic link lead to a target; replaces a file or a link.

    :raises WriteFailed: what was there is there still.
    """
    with _explained(path), _beside(path) as temporary:
        os.symlink(target, temporary)
        os.rename(temporary, path)
        sync_directory(os.path.dirname(path))


def hard_link(path: str, target: str) -> None:
    """Give a file another name beside the one that it has.

    :raises WriteFailed: there is something of that name already, or the file
        system knows no second names.
    """
    with _explained(path):
        os.link(target, path, follow_symlinks=False)
        sync_directory(os.path.dirname(path))


def remove(path: str) -> None:
    """Remove a file, or a directory and all in it; none is fine, too.

    :raises WriteFailed: it, or a part of it, is there still.
    """
    with _explained(path):
        try:
            if os.path.isdir(path) and not os.path.islink(path):
                # First out of the way, in one step.
                gone = _unfinished(path)
                os.rename(path, gone)
                shutil.rmtree(gone)
            else:
                os.unlink(path)
        except FileNotFoundError:
            return
        sync_directory(os.path.dirname(path))


def remove_unfinished(directory: str) -> None:
    """Remove what interrupted calls have left; for who holds the lock.

    :raises WriteFailed: something of it is there still.
    """
    with _explained(directory):
        for name in os.listdir(directory):
            if name.startswith(UNFINISHED):
                path = os.path.join(directory, name)
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path)
                else:
                    os.unlink(path)


def sync_directory(path: str) -> None:
    """Bring the names in a directory to the disk.

    :raises OSError: it is not known whether they are there.
    """
    descriptor = os.open(path or '.', os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as err:
        # Some file systems have nothing to do for it, and say so.
        if err.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def _create(path: str, content: bytes, access: Access) -> None:
    # For nobody else, until it belongs to whom it should.
    descriptor = os.open(
        path,
        os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC,
        stat.S_IRUSR | stat.S_IWUSR,
    )
    try:
        _permit(descriptor, access)
        _write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _permit(descriptor: int, access: Access) -> None:
    os.fchown(descriptor, access.uid, access.gid)
    # Whatever the umask is.
    os.fchmod(descriptor, access.mode)
    for name, value in access.attributes.items():
        os.setxattr(descriptor, name, value)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _make_directory(path: str, access: Access) -> None:
    os.mkdir(path, stat.S_IRWXU)
    os.chown(path, access.uid, access.gid)
    os.chmod(path, access.mode)


@contextlib.contextmanager
def _beside(path: str) -> Iterator[str]:
    """A name in the same directory; nothing stays under it after an error."""
    temporary = _unfinished(path)
    try:
        yield temporary
    except BaseException:
        with contextlib.suppress(OSError):
            if os.path.isdir(temporary) and not os.path.islink(temporary):
                shutil.rmtree(temporary)
            else:
                os.unlink(temporary)
        raise


def _unfinished(path: str) -> str:
    return os.path.join(
        os.path.dirname(path), f'{UNFINISHED}{secrets.token_hex(8)}'
    )


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        raise WriteFailed(path=path, problem=err.strerror or err) from err
