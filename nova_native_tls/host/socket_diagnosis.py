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

"""Asks the kernel for its listening sockets only, as ss(8) does."""

from __future__ import annotations

from collections.abc import Iterator
import errno
import os
import socket
import struct

#: include/uapi/linux/netlink.h, sock_diag.h and inet_diag.h
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_AND_DUMP = 0x301
_ERROR, _DONE = 2, 3
#: TCP_LISTEN, as a bit of the states that are asked for.
_LISTENING = 1 << 10
_HEADER = struct.Struct('=IHHII')
_REQUEST = struct.Struct('=BBBxI48x')
#: Of inet_diag_msg: family, and from the socket's id port and address.
_ANSWER = struct.Struct('!B3xH2x16s')
_SIZES = {socket.AF_INET: 4, socket.AF_INET6: 16}
_BUFFER = 1024 * 1024
_TIMEOUT_S = 5.0


def listening() -> Iterator[tuple[bytes, int]]:
    """Give address, packed, and port of every TCP listener.

    :raises OSError: the kernel does not say.
    """
    with socket.socket(
        socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG
    ) as kernel:
        kernel.settimeout(_TIMEOUT_S)
        for family, size in _SIZES.items():
            body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, _LISTENING)
            header = _HEADER.pack(
                _HEADER.size + len(body),
                _SOCK_DIAG_BY_FAMILY,
                _REQUEST_AND_DUMP,
                family,
                0,
            )
            kernel.sendto(header + body, (0, 0))
            for answer in _answers(kernel):
                _family, port, address = _ANSWER.unpack_from(answer)
                yield address[:size], port


def _answers(kernel: socket.socket) -> Iterator[bytes]:
    while True:
        received = memoryview(kernel.recv(_BUFFER))
        while len(received) >= _HEADER.size:
            length, kind, _flags, _number, _pid = _HEADER.unpack_from(received)
            if kind == _DONE:
                return
            body = bytes(received[_HEADER.size : length])
            if kind == _ERROR:
                code = -struct.unpack_from('=i', body)[0]
                raise OSError(code, os.strerror(code))
            if length < _HEADER.size or len(body) < _ANSWER.size:
                raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG))
            yield body
            # Each begins at a multiple of four bytes.
            received = received[(length + 3) & ~3 :]
