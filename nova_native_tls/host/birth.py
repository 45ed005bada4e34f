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

"""When a file came into being."""

from __future__ import annotations

import ctypes
import os

#: linux/stat.h: struct statx and its mask; include/uapi/linux/fcntl.h.
_SIZE = 256
_BIRTH = 0x800
_BIRTH_OFFSET = 0x50
_RELATIVE_TO_CWD = -100


def time(path: str) -> float | None:
    """Give its birth in seconds since 1970, UTC; None if nobody knows.

    :raises OSError: there is no such file.
    """
    buffer = ctypes.create_string_buffer(_SIZE)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.statx(
        ctypes.c_int(_RELATIVE_TO_CWD), os.fsencode(path), 0, _BIRTH, buffer
    ):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), path)
    if not ctypes.c_uint32.from_buffer(buffer).value & _BIRTH:
        return None
    seconds = ctypes.c_int64.from_buffer(buffer, _BIRTH_OFFSET).value
    nanoseconds = ctypes.c_uint32.from_buffer(buffer, _BIRTH_OFFSET + 8).value
    return seconds + nanoseconds / 1e9
