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

"""Whether a stream is made of TLS records, to its last byte.

A handshake at the start of a connection does not say what came after it.
This walks from record to record (RFC 8446, section 5.1) and counts the bytes
that are in none.  It does not decrypt: that the content of a record is
ciphertext is the business of :mod:`clear_text`'s search.
"""

from __future__ import annotations

import struct

_HEADER = struct.Struct('>BBBH')
_TYPES = range(20, 25)
_MINOR_VERSIONS = range(5)
# 2^14 and what TLS 1.2 may add to it (RFC 5246, section 6.2.3).
_LENGTH_MAX = 16384 + 2048

# How NBD asks for TLS before it begins (doc/proto.md of the NBD project):
# greeting and acknowledgement of the server, flags and request of the client.
_STARTTLS = b'\0\0\0\x05'
_SERVER_GREETING = b'NBDMAGICIHAVEOPT'
_SERVER_ACKNOWLEDGED = (
    b'\x00\x03\xe8\x89\x04\x55\x65\xa9' + _STARTTLS + b'\0\0\0\x01\0\0\0\0'
)
_SERVER_START_BYTES = len(_SERVER_GREETING) + 2 + len(_SERVER_ACKNOWLEDGED)
_CLIENT_START = b'IHAVEOPT' + _STARTTLS + b'\0\0\0\0'
_CLIENT_START_BYTES = 4 + len(_CLIENT_START)
_START_BYTES = max(_SERVER_START_BYTES, _CLIENT_START_BYTES)


def starttls_bytes(start: bytes) -> int:
    """Return how many bytes at the start of a stream are NBD's STARTTLS.

    0 if it does not begin so, or if anything else was negotiated in clear.
    """
    if (
        start.startswith(_SERVER_GREETING)
        and start[18:_SERVER_START_BYTES] == _SERVER_ACKNOWLEDGED
    ):
        return _SERVER_START_BYTES
    if start[4:_CLIENT_START_BYTES] == _CLIENT_START:
        return _CLIENT_START_BYTES
    return 0


class TlsRecords:
    """Walks the records of one direction of one connection."""

    def __init__(self) -> None:
        self.records = 0
        self.starttls = False
        self._start: bytes | None = b''
        self._header = b''
        self._left_bytes = 0
        self._is_tls = True
        self._outside_bytes = 0

    @property
    def outside_bytes(self) -> int:
        """Bytes in no record and not of NBD's STARTTLS."""
        # A header that never became whole is not a record.
        return (
            self._outside_bytes + len(self._header) + len(self._start or b'')
        )

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the stream."""
        if self._start is None:
            self._walk(chunk)
            return
        self._start += chunk
        # What is not NBD begins with the type of a record.
        if len(self._start) >= _START_BYTES or self._start[0] in _TYPES:
            start, self._start = self._start, None
            skipped = starttls_bytes(start)
            self.starttls = skipped > 0
            self._walk(start[skipped:])

    def _walk(self, chunk: bytes) -> None:
        at = 0
        while self._is_tls and at < len(chunk):
            if self._left_bytes:
                step = min(self._left_bytes, len(chunk) - at)
                self._left_bytes -= step
                at += step
                continue
            wanted = _HEADER.size - len(self._header)
            self._header += chunk[at : at + wanted]
            at = min(at + wanted, len(chunk))
            if len(self._header) == _HEADER.size:
                self._enter_record()
        self._outside_bytes += len(chunk) - at

    def _enter_record(self) -> None:
        kind, major, minor, length = _HEADER.unpack(self._header)
        if (
            kind not in _TYPES
            or major != 3
            or minor not in _MINOR_VERSIONS
            or length > _LENGTH_MAX
        ):
            self._is_tls = False
            self._outside_bytes += len(self._header)
        else:
            self.records += 1
            self._left_bytes = length
        self._header = b''
