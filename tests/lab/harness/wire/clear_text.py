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

"""What must not be readable on the wire, counted in a stream of bytes.

A secret is counted wherever it is.  A magic number of four bytes is not: in
150 MB of ciphertext each would turn up by accident in 3 captures of 100.  So:

* ``QEVM`` (QEMU 7.2, migration/savevm.h) and the multifd magic 0x11223344
  (migration/multifd.c) count anywhere only together with the version that
  follows them, and alone only as the very first bytes of a stream;
* NBD messages (doc/proto.md of the NBD project) count where the whole header
  is plausible: known flags, type or error number, and a length that is sane.

The NBD greeting is not looked for: it is in clear also before TLS.
"""

from __future__ import annotations

import collections
from collections.abc import Callable
from collections.abc import Sequence
import struct

GUEST_SECRET = 'guest secret'
DISK_SECRET = 'disk secret'
QEMU_STREAM = 'QEMU stream'
MULTIFD_STREAM = 'multifd stream'
NBD_REQUEST = 'NBD request'
NBD_REPLY = 'NBD reply'
KINDS = (
    GUEST_SECRET,
    DISK_SECRET,
    QEMU_STREAM,
    MULTIFD_STREAM,
    NBD_REQUEST,
    NBD_REPLY,
)

_QEMU_MAGIC = b'QEVM'
_QEMU_HEADER = _QEMU_MAGIC + b'\0\0\0\x03'
_MULTIFD_MAGIC = b'\x11\x22\x33\x44'
_MULTIFD_HEADER = _MULTIFD_MAGIC + b'\0\0\0\x01'
_SECRET_MIN_BYTES = 8
_START_BYTES = 8

_REQUEST = struct.Struct('>4xHH16xI')
_REQUEST_FLAGS = 0x3F
_REQUEST_TYPES = range(9)
_SIMPLE = struct.Struct('>4xI8x')
_ERRORS = (0, 1, 5, 12, 22, 28, 75, 95, 108)
_CHUNK = struct.Struct('>4xHH8xI')
_CHUNK_FLAGS = 0x1
_CHUNK_TYPES = (0, 1, 2, 5, 6, 0x8001, 0x8002)
_NBD_LENGTH_MAX = 64 * 1024 * 1024


def _is_request(data: bytes, at: int) -> bool:
    flags, kind, length = _REQUEST.unpack_from(data, at)
    # The length of a trim or of zeroes is that of the disk: any will do.
    return (
        flags <= _REQUEST_FLAGS
        and kind in _REQUEST_TYPES
        and (kind > 1 or length <= _NBD_LENGTH_MAX)
    )


def _is_simple_reply(data: bytes, at: int) -> bool:
    return _SIMPLE.unpack_from(data, at)[0] in _ERRORS


def _is_reply_chunk(data: bytes, at: int) -> bool:
    flags, kind, length = _CHUNK.unpack_from(data, at)
    return (
        flags <= _CHUNK_FLAGS
        and kind in _CHUNK_TYPES
        and length <= _NBD_LENGTH_MAX
    )


_NBD: tuple[tuple[bytes, int, str, Callable[[bytes, int], bool]], ...] = (
    (b'\x25\x60\x95\x13', _REQUEST.size, NBD_REQUEST, _is_request),
    (b'\x67\x44\x66\x98', _SIMPLE.size, NBD_REPLY, _is_simple_reply),
    (b'\x66\x8e\x33\xef', _CHUNK.size, NBD_REPLY, _is_reply_chunk),
)


class Patterns:
    """What to look for: the secrets of guests and of their disks.

    :raises ValueError: a secret is too short to be found only on purpose.
    """

    def __init__(
        self, secrets: Sequence[bytes], disk_secrets: Sequence[bytes] = ()
    ) -> None:
        if any(
            len(secret) < _SECRET_MIN_BYTES
            for secret in (*secrets, *disk_secrets)
        ):
            raise ValueError(
                f'a secret to search has {_SECRET_MIN_BYTES} bytes or more'
            )
        self.literals = (
            *((secret, GUEST_SECRET) for secret in secrets),
            *((secret, DISK_SECRET) for secret in disk_secrets),
            (_QEMU_HEADER, QEMU_STREAM),
            (_MULTIFD_HEADER, MULTIFD_STREAM),
        )
        self.longest = max(
            *(len(text) for text, _kind in self.literals),
            *(size for _magic, size, _kind, _check in _NBD),
        )


class ClearText:
    """Counts the patterns in one direction of one connection."""

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns
        self._tail = b''
        self._start = b''
        self._hits: collections.Counter[str] = collections.Counter()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; what straddles two chunks is found too."""
        if len(self._start) < _START_BYTES:
            self._start = (self._start + chunk)[:_START_BYTES]
        seen = len(self._tail)
        data = self._tail + chunk
        # Each search begins where a match could not have ended in the tail.
        for text, kind in self._patterns.literals:
            if found := data.count(text, max(0, seen - len(text) + 1)):
                self._hits[kind] += found
        for magic, size, kind, is_plausible in _NBD:
            at = data.find(magic, max(0, seen - size + 1))
            while at >= 0 and at + size <= len(data):
                self._hits[kind] += is_plausible(data, at)
                at = data.find(magic, at + 1)
        self._tail = data[-(self._patterns.longest - 1) :]

    def hits(self) -> dict[str, int]:
        """Return the count of each of :data:`KINDS` so far."""
        hits = {kind: self._hits[kind] for kind in KINDS}
        for magic, header, kind in (
            (_QEMU_MAGIC, _QEMU_HEADER, QEMU_STREAM),
            (_MULTIFD_MAGIC, _MULTIFD_HEADER, MULTIFD_STREAM),
        ):
            # With its version it was counted already.
            if self._start.startswith(magic) and not self._start.startswith(
                header
            ):
                hits[kind] += 1
        return hits
