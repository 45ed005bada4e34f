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

"""Captures made of nothing, for tests of those who read captures."""

from __future__ import annotations

import ipaddress
import struct

from tests.lab.harness.wire import pcap_file

ETHERNET, SLL, SLL2 = 1, 113, 276
_MAGIC = 0xA1B2C3D4


def pcap(
    frames: list[bytes],
    *,
    link_type: int = SLL2,
    order: str = '<',
    cut_bytes: int = 0,
) -> bytes:
    """Return a capture file; each frame lacks ``cut_bytes`` at its end."""
    parts = [
        struct.pack(f'{order}IHHiIII', _MAGIC, 2, 4, 0, 0, 262144, link_type)
    ]
    for frame in frames:
        kept = frame[: len(frame) - cut_bytes]
        parts.append(struct.pack(f'{order}IIII', 0, 0, len(kept), len(frame)))
        parts.append(kept)
    return b''.join(parts)


def frame(
    source: tuple[str, int],
    destination: tuple[str, int],
    *,
    sequence: int,
    flags: int = pcap_file.ACK,
    payload: bytes = b'',
    link_type: int = SLL2,
) -> bytes:
    """Return one frame that carries a TCP segment over IPv4 or IPv6."""
    tcp = struct.pack(
        '>HHIIBBHHH',
        source[1],
        destination[1],
        sequence % 2**32,
        0,
        5 << 4,
        flags,
        65535,
        0,
        0,
    )
    return link(link_type, ip(source[0], destination[0], tcp + payload))


def ip(
    source: str,
    destination: str,
    content: bytes,
    *,
    protocol: int = 6,
    fragment: int = 0,
) -> tuple[int, bytes]:
    """Return an EtherType and an IP packet."""
    one = ipaddress.ip_address(source)
    two = ipaddress.ip_address(destination)
    if one.version == 4:
        return 0x0800, struct.pack(
            '>BBHHHBBH',
            0x45,
            0,
            20 + len(content),
            0,
            fragment,
            64,
            protocol,
            0,
        ) + one.packed + two.packed + content
    # With an empty hop-by-hop header, which a reader has to step over.
    options = bytes([protocol, 0, 1, 4, 0, 0, 0, 0])
    return 0x86DD, struct.pack(
        '>IHBB', 6 << 28, len(options) + len(content), 0, 64
    ) + one.packed + two.packed + options + content


def link(link_type: int, packet: tuple[int, bytes]) -> bytes:
    """Return the frame of a link type around a packet."""
    ether_type, content = packet
    if link_type == ETHERNET:
        return bytes(12) + struct.pack('>H', ether_type) + content
    if link_type == SLL:
        return bytes(14) + struct.pack('>H', ether_type) + content
    return struct.pack('>H', ether_type) + bytes(18) + content


class Conversation:
    """The frames of one TCP connection, in the order of the calls."""

    def __init__(
        self,
        *,
        server_port: int = 49152,
        client_port: int = 40000,
        version: int = 4,
        link_type: int = SLL2,
        first: int = 1000,
        begun: bool = True,
    ) -> None:
        network = '203.0.113.' if version == 4 else '2001:db8:2::'
        self.client = (f'{network}1', client_port)
        self.server = (f'{network}2', server_port)
        self.frames: list[bytes] = []
        self._link_type = link_type
        self._next = {self.client: first, self.server: first + 7}
        if begun:
            self._send(self.client, b'', flags=pcap_file.SYN)
            self._send(self.server, b'', flags=pcap_file.SYN | pcap_file.ACK)

    def to_server(self, payload: bytes) -> None:
        """Add one segment from the client."""
        self._send(self.client, payload)

    def to_client(self, payload: bytes) -> None:
        """Add one segment from the server."""
        self._send(self.server, payload)

    def _send(
        self,
        sender: tuple[str, int],
        payload: bytes,
        *,
        flags: int = pcap_file.ACK,
    ) -> None:
        receiver = self.server if sender == self.client else self.client
        self.frames.append(
            frame(
                sender,
                receiver,
                sequence=self._next[sender],
                flags=flags,
                payload=payload,
                link_type=self._link_type,
            )
        )
        # A SYN takes one number.
        self._next[sender] += len(payload) + (flags & pcap_file.SYN > 0)


def tls_record(content: bytes, *, kind: int = 23) -> bytes:
    """Return a TLS record; its content need not mean anything."""
    return struct.pack('>BHH', kind, 0x0303, len(content)) + content
