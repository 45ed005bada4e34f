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

"""A small file system of one process's own, to be filled."""

from __future__ import annotations

import ctypes
import os
import pathlib

PAGE = os.sysconf('SC_PAGE_SIZE')
#: include/uapi/linux/mount.h, include/uapi/linux/sched.h
_MS_REC, _MS_PRIVATE = 1 << 14, 1 << 18
_CLONE_NEWNS = 0x20000


def mount(root: str, size: int) -> None:
    """Mount it where nobody but this process sees it.

    :param root: an empty directory.
    :param size: in bytes.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), 'unshare')
    _mount('none', '/', _MS_REC | _MS_PRIVATE, '')
    _mount('tmpfs', root, 0, f'size={size},mode=0755')


def _mount(kind: str, target: str, flags: int, options: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    done = libc.mount(
        b'none', target.encode(), kind.encode(), flags, options.encode()
    )
    if done:
        raise OSError(ctypes.get_errno(), f'mount {target}')


def leave_room(ballast: pathlib.Path, *, pages: int) -> None:
    """Fill the file system but for some pages."""
    room = os.statvfs(ballast.parent)
    count = room.f_bavail * room.f_bsize // PAGE - pages
    with ballast.open('wb') as file:
        file.write(bytes(max(count, 0) * PAGE))
