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

"""POSIX access control lists, as the kernel keeps them with a file."""

from __future__ import annotations

import dataclasses
import enum
import errno
import os
import struct

XATTR = 'system.posix_acl_access'

#: include/uapi/linux/posix_acl_xattr.h
_VERSION = 2
_HEADER = struct.Struct('<I')
_ENTRY = struct.Struct('<HHI')
#: There is no such attribute, or no file system that could have one.
_NONE = (errno.ENODATA, errno.EOPNOTSUPP)


class Tag(enum.IntEnum):
    """Whom an entry is for; include/uapi/linux/posix_acl.h."""

    OWNER = 0x01
    USER = 0x02
    OWNING_GROUP = 0x04
    GROUP = 0x08
    MASK = 0x10
    OTHER = 0x20


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One line of ``getfacl``.

    :ivar permissions: read 4, write 2, execute or search 1.
    :ivar who: a user or group; meaningless for other tags.
    """

    tag: Tag
    permissions: int
    who: int = 0


def decode(value: bytes) -> tuple[Entry, ...]:
    """Read the attribute's value.

    :raises ValueError: it is none.
    """
    if len(value) < _HEADER.size or len(value) % _ENTRY.size != _HEADER.size:
        raise ValueError(f'{len(value)} bytes are no ACL')
    if _HEADER.unpack_from(value)[0] != _VERSION:
        raise ValueError('an ACL of an unknown version')
    return tuple(
        Entry(Tag(tag), permissions, who)
        for tag, permissions, who in _ENTRY.iter_unpack(value[_HEADER.size :])
    )


def encode(entries: tuple[Entry, ...]) -> bytes:
    """Write the attribute's value; the kernel wants its own order."""
    return _HEADER.pack(_VERSION) + b''.join(
        _ENTRY.pack(entry.tag, entry.permissions, entry.who)
        for entry in entries
    )


def read(path: str) -> tuple[Entry, ...]:
    """Read the list of a file that is no symbolic link; empty without one.

    :raises OSError: it cannot be read.
    """
    try:
        return decode(os.getxattr(path, XATTR, follow_symlinks=False))
    except OSError as err:
        if err.errno in _NONE:
            return ()
        raise
    except ValueError as err:
        raise OSError(errno.EINVAL, str(err), path) from err
