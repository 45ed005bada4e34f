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

"""Which packets a capture file holds: pcap as tcpdump writes it."""

from __future__ import annotations

from collections.abc import Iterator
import pathlib
import struct
from typing import NamedTuple

from tests.lab.harness import errors

FILE_HEADER_BYTES = 24
RECORD_HEADER_BYTES = 16
# First four bytes of a file: microseconds and nanoseconds, both orders.
_ORDER = {
    b'\xa1\xb2\xc3\xd4': '>',
    b'\xd4\xc3\xb2\xa1': '<',
    b'\xa1\xb2\x3c\x4d': '>',
    b'\x4d\x3c\xb2\xa1': '<',
}
_ETHERNET, _LINUX_SLL, _LINUX_SLL2 = 1, 113, 276
# Link type -> (offset of the EtherType, length of the link header)
_LINKS = {_ETHERNET: (12, 14), _LINUX_SLL: (14, 16), _LINUX_SLL2: (0, 20)}
_IPV4, _IPV6, _TCP = 0x0800, 0x86DD, 6
# Hop-by-hop options, routing, destination options (RFC 8200, section 4.1).
_IPV6_EXTENSIONS = (0, 43, 60)
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10


class PcapError(errors.LabError):
    """The file is not a whole capture; the text says what is wrong."""


class Endpoint(NamedTuple):
    """An IP address as its 4 or 16 bytes, and a TCP port."""

    address: bytes
    port: int


class Segment(NamedTuple):
    """One TCP segment."""

    source: Endpoint
    destination: Endpoint
    sequence: int
    flags: int
    payload: bytes


class Packet(NamedTuple):
    """One packet: its bytes in the file, and the TCP segment if it is one.

    ``cut``: the capture kept only a part of it.
    """

    record: bytes
    segment: Segment | None
    cut: bool


def file_header(path: pathlib.Path) -> bytes:
    """Return the header of a capture, to begin an extract of it with.

    :raises PcapError: it is no pcap file, or of a link type not known here.
    """
    with path.open('rb') as file:
        header = file.read(FILE_HEADER_BYTES)
    if len(header) < FILE_HEADER_BYTES or header[:4] not in _ORDER:
        raise PcapError(f'{path} is not a pcap file')
    if _link_type(header) not in _LINKS:
        raise PcapError(
            f'{path} has the unknown link type '
            f'{_link_type(header)}: capture with tcpdump -i any'
        )
    return header


def packets(path: pathlib.Path) -> Iterator[Packet]:
    """Yield the packets of a capture in the order of the file.

    :raises PcapError: as :func:`file_header`, or the file ends in a packet.
    """
    header = file_header(path)
    lengths = struct.Struct(f'{_ORDER[header[:4]]}8xII')
    link_type = _link_type(header)
    with path.open('rb') as file:
        file.seek(FILE_HEADER_BYTES)
        while record_header := file.read(RECORD_HEADER_BYTES):
            if len(record_header) < RECORD_HEADER_BYTES:
                raise PcapError(f'{path} ends inside a packet')
            kept, original = lengths.unpack(record_header)
            data = file.read(kept)
            if len(data) < kept:
                raise PcapError(f'{path} ends inside a packet')
            yield Packet(
                record=record_header + data,
                segment=_segment(link_type, data),
                cut=kept < original,
            )


def _link_type(header: bytes) -> int:
    number: int = struct.unpack_from(f'{_ORDER[header[:4]]}I', header, 20)[0]
    return number


def _segment(link_type: int, data: bytes) -> Segment | None:
    """Return the segment in a frame; None if it is not one whole segment."""
    type_at, at = _LINKS[link_type]
    try:
        ether_type = struct.unpack_from('>H', data, type_at)[0]
        if ether_type == _IPV4:
            return _from_ipv4(data, at)
        if ether_type == _IPV6:
            return _from_ipv6(data, at)
    except (struct.error, IndexError):
        pass
    return None


def _from_ipv4(data: bytes, at: int) -> Segment | None:
    total, fragment, protocol = struct.unpack_from('>2xH2xHxB', data, at)
    if protocol != _TCP or fragment & 0x3FFF:
        return None
    # Segmentation offload may leave the length of a large packet at 0.
    end = at + total if total else len(data)
    return _from_tcp(
        data,
        at + (data[at] & 0x0F) * 4,
        end,
        data[at + 12 : at + 16],
        data[at + 16 : at + 20],
    )


def _from_ipv6(data: bytes, at: int) -> Segment | None:
    length, protocol = struct.unpack_from('>4xHB', data, at)
    tcp_at = at + 40
    end = tcp_at + length if length else len(data)
    while protocol in _IPV6_EXTENSIONS:
        protocol, extra = data[tcp_at], data[tcp_at + 1]
        tcp_at += (extra + 1) * 8
    if protocol != _TCP:
        return None
    return _from_tcp(
        data, tcp_at, end, data[at + 8 : at + 24], data[at + 24 : at + 40]
    )


def _from_tcp(
    data: bytes, at: int, end: int, source: bytes, destination: bytes
) -> Segment:
    source_port, destination_port, sequence, offset, flags = (
        struct.unpack_from('>HHI4xBB', data, at)
    )
    return Segment(
        source=Endpoint(source, source_port),
        destination=Endpoint(destination, destination_port),
        sequence=sequence,
        flags=flags,
        payload=data[at + (offset >> 4) * 4 : end],
    )
