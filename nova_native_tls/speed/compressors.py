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

"""The compressors that QEMU can use: the door to libzstd, and zlib's.

libzstd is the library that QEMU links; here it is called for what a guest's
pages are like, and how long they take.
"""

from __future__ import annotations

from collections.abc import Callable
import ctypes
import dataclasses
import functools
import time
from typing import Any
import weakref
import zlib

from nova_native_tls._i18n import _
from nova_native_tls import exception

LIBRARY = 'libzstd.so.1'
#: The fastest of those that QEMU takes, and its default
#: (multifd-zstd-level, qapi/migration.json).
ZSTD_LEVEL = 1

_SIZE = ctypes.c_size_t
_ADDRESS = ctypes.c_void_p

#: What is used of it: what it gives, what it takes (zstd.h, stable API).
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    'compressBound': (_SIZE, (_SIZE,)),
    'isError': (ctypes.c_uint, (_SIZE,)),
    'getErrorName': (ctypes.c_char_p, (_SIZE,)),
    'createCCtx': (_ADDRESS, ()),
    'freeCCtx': (_SIZE, (_ADDRESS,)),
    'compressCCtx': (
        _SIZE,
        (_ADDRESS, _ADDRESS, _SIZE, _ADDRESS, _SIZE, ctypes.c_int),
    ),
    'createDCtx': (_ADDRESS, ()),
    'freeDCtx': (_SIZE, (_ADDRESS,)),
    'decompressDCtx': (_SIZE, (_ADDRESS, _ADDRESS, _SIZE, _ADDRESS, _SIZE)),
}


class CompressorUnusable(exception.NativeTLSError):
    msg_fmt = _('%(name)s cannot be used: %(problem)s')


@functools.cache
def _library(name: str) -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(name)
        for short, (result, arguments) in _FUNCTIONS.items():
            function = library[f'ZSTD_{short}']
            function.restype = result
            function.argtypes = arguments
            setattr(library, short, function)
    except (OSError, AttributeError):
        return None
    return library


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What became of a buffer.

    :ivar size: of what it was compressed to, in bytes.
    :ivar compress_s: CPU time of that, and
    :ivar decompress_s: of the way back.
    """

    size: int
    compress_s: float
    decompress_s: float


class Zstd:
    """libzstd at one level; one thread at a time uses it."""

    def __init__(self, library: ctypes.CDLL, level: int = ZSTD_LEVEL) -> None:
        self._library = library
        self._level = level
        self._packer = _ADDRESS(library.createCCtx())
        self._unpacker = _ADDRESS(library.createDCtx())
        weakref.finalize(self, library.freeCCtx, self._packer)
        weakref.finalize(self, library.freeDCtx, self._unpacker)
        if not self._packer or not self._unpacker:
            raise CompressorUnusable(name=LIBRARY, problem=_('no memory'))
        # Kept, as QEMU keeps its own: new memory would cost more than all.
        self._room = ctypes.create_string_buffer(0)
        self._back = ctypes.create_string_buffer(0)

    def compress(self, content: bytes) -> bytes:
        """Compress what is one frame then.

        :raises CompressorUnusable: it cannot be.
        """
        room = self._at_least(self._library.compressBound(len(content)))
        size = self._library.compressCCtx(
            self._packer, room, len(room), content, len(content), self._level
        )
        return ctypes.string_at(room, self._checked(size))

    def decompress(self, packed: bytes, size: int) -> bytes:
        """Undo that.

        :param size: of the content, or more, in bytes.
        :raises CompressorUnusable: it is no frame, or of more than that.
        """
        room = self._at_least(size)
        found = self._library.decompressDCtx(
            self._unpacker, room, size, packed, len(packed)
        )
        return ctypes.string_at(room, self._checked(found))

    def timed(
        self, content: bytes, clock: Callable[[], float] = time.thread_time
    ) -> Timed:
        """Compress and undo it, without what Python would add to that.

        Bytes of this size are new memory for each call, which costs several
        times what the library takes for content that it cannot compress.

        :param clock: CPU seconds of this thread.
        :raises CompressorUnusable: it cannot be.
        """
        room = self._at_least(self._library.compressBound(len(content)))
        if len(self._back) < len(content):
            self._back = ctypes.create_string_buffer(len(content))
        begin = clock()
        size = self._library.compressCCtx(
            self._packer, room, len(room), content, len(content), self._level
        )
        between = clock()
        # Before anything believes that so many bytes are there.
        self._checked(size)
        found = self._library.decompressDCtx(
            self._unpacker, self._back, len(self._back), room, size
        )
        end = clock()
        self._checked(found)
        return Timed(
            size=size, compress_s=between - begin, decompress_s=end - between
        )

    def _at_least(self, size: int) -> ctypes.Array[ctypes.c_char]:
        if len(self._room) < size:
            self._room = ctypes.create_string_buffer(size)
        return self._room

    def _checked(self, size: int) -> int:
        if self._library.isError(size):
            name: bytes = self._library.getErrorName(size)
            raise CompressorUnusable(name=LIBRARY, problem=name.decode())
        return size


def zstd(name: str = LIBRARY) -> Zstd | None:
    """Make a compressor; None if this host has no such library.

    :param name: the library, as the loader looks for it.
    """
    library = _library(name)
    return None if library is None else Zstd(library)


class Packing:
    """zlib at level 0, as QEMU uses it for the pages of one connection.

    It compresses nothing. One stream without an end: each packet of pages
    comes out whole, because it is flushed (migration/multifd-zlib.c).
    """

    def __init__(self) -> None:
        self._packer = zlib.compressobj(0)
        self._unpacker = zlib.decompressobj()

    def pack(self, pages: bytes) -> bytes:
        """Put pages together."""
        packed = self._packer.compress(pages)
        return packed + self._packer.flush(zlib.Z_SYNC_FLUSH)

    def unpack(self, packed: bytes) -> bytes:
        """Take them apart."""
        return self._unpacker.decompress(packed)
