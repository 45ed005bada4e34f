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

"""Who talked to whom in a capture, each stream put together in order."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import BinaryIO

from tests.lab.harness.wire import clear_text
from tests.lab.harness.wire import pcap_file
from tests.lab.harness.wire import tls_records

DATA_PORTS = range(49152, 49216)
CONTROL_PORTS = (16509, 16514)
DATA = 'data'
CONTROL = 'control'
OTHER = 'other'

# Of each stream this much goes into the extract that tshark reads: far more
# than a handshake with long certificate chains on both sides.
HEAD_BYTES = 256 * 1024
_SEQUENCES = 1 << 32


class Stream:
    """One direction of a connection, looked at as it is put together.

    Retransmissions are looked at once; bytes that the capture lacks are
    counted, and the search goes on behind them.
    """

    def __init__(self, patterns: clear_text.Patterns) -> None:
        self.clear_text = clear_text.ClearText(patterns)
        self.records = tls_records.TlsRecords()
        self.payload_bytes = 0
        self.missing_bytes = 0
        self._next: int | None = None
        self._waiting: dict[int, bytes] = {}

    def begin(self, sequence: int) -> None:
        """Take the sequence number of the first byte to come."""
        if self._next is None:
            self._next = sequence % _SEQUENCES

    def feed(self, sequence: int, payload: bytes) -> None:
        """Take one segment's payload, in whatever order."""
        if not payload:
            return
        self.begin(sequence)
        if not self._take(sequence, payload):
            self._waiting[sequence] = payload
            return
        while self._waiting and self._take_waiting():
            pass

    def finish(self) -> None:
        """Look at what is still waiting for bytes that never came."""
        while self._waiting:
            nearest = min(self._waiting, key=self._ahead)
            self.missing_bytes += self._ahead(nearest)
            self._next = nearest
            while self._waiting and self._take_waiting():
                pass

    def _ahead(self, sequence: int) -> int:
        """Distance from what comes next, negative for what came already."""
        distance = (sequence - (self._next or 0)) % _SEQUENCES
        return (
            distance if distance < _SEQUENCES // 2 else distance - _SEQUENCES
        )

    def _take_waiting(self) -> bool:
        nearest = min(self._waiting, key=self._ahead)
        if not self._take(nearest, self._waiting[nearest]):
            return False
        del self._waiting[nearest]
        return True

    def _take(self, sequence: int, payload: bytes) -> bool:
        ahead = self._ahead(sequence)
        if ahead > 0:
            return False
        fresh = payload[-ahead:] if ahead else payload
        if fresh:
            self._next = (sequence + len(payload)) % _SEQUENCES
            self.payload_bytes += len(fresh)
            self.clear_text.feed(fresh)
            self.records.feed(fresh)
        return True


@dataclasses.dataclass(eq=False, kw_only=True, slots=True)
class Connection:
    """One TCP connection; ``begun``: its first packet was captured."""

    client: pcap_file.Endpoint
    server: pcap_file.Endpoint
    begun: bool
    first_sequence: int | None
    to_server: Stream
    to_client: Stream

    @property
    def streams(self) -> tuple[Stream, Stream]:
        """Both directions, the client's first."""
        return self.to_server, self.to_client

    @property
    def payload_bytes(self) -> int:
        """Bytes carried in both directions."""
        return sum(stream.payload_bytes for stream in self.streams)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Streams:
    """All that was read from a capture.

    ``head_owners[n]`` is the connection that packet ``n`` (from 0) of the
    extract belongs to.
    """

    connections: tuple[Connection, ...]
    cut_packets: int
    other_packets: int
    head_owners: tuple[Connection, ...]


def role_of(port: int) -> str:
    """Return what a server port is for: DATA, CONTROL or OTHER."""
    if port in DATA_PORTS:
        return DATA
    return CONTROL if port in CONTROL_PORTS else OTHER


def read(
    capture: pathlib.Path, patterns: clear_text.Patterns, head: BinaryIO
) -> Streams:
    """Read a whole capture; write the start of each stream to ``head``.

    :raises pcap_file.PcapError: it is not a whole pcap file.
    """
    reader = _Reader(patterns)
    head.write(pcap_file.file_header(capture))
    for packet in pcap_file.packets(capture):
        reader.cut_packets += packet.cut
        if packet.segment is None:
            reader.other_packets += 1
            continue
        connection, stream = reader.take(packet.segment)
        if stream.payload_bytes - len(packet.segment.payload) < HEAD_BYTES:
            head.write(packet.record)
            reader.head_owners.append(connection)
    for connection in reader.connections:
        for stream in connection.streams:
            stream.finish()
    return Streams(
        connections=tuple(reader.connections),
        cut_packets=reader.cut_packets,
        other_packets=reader.other_packets,
        head_owners=tuple(reader.head_owners),
    )


class _Reader:
    """The connections seen so far."""

    def __init__(self, patterns: clear_text.Patterns) -> None:
        self._patterns = patterns
        self._current: dict[frozenset[pcap_file.Endpoint], Connection] = {}
        self.connections: list[Connection] = []
        self.head_owners: list[Connection] = []
        self.cut_packets = 0
        self.other_packets = 0

    def take(self, segment: pcap_file.Segment) -> tuple[Connection, Stream]:
        ends = frozenset((segment.source, segment.destination))
        connection = self._current.get(ends)
        opens = (
            segment.flags & (pcap_file.SYN | pcap_file.ACK) == pcap_file.SYN
        )
        # The same ends with another first sequence number: ports are reused.
        if connection is None or (
            opens and connection.first_sequence != segment.sequence
        ):
            connection = self._new(segment, opens=opens)
            self._current[ends] = connection
            self.connections.append(connection)
        stream = (
            connection.to_server
            if segment.source == connection.client
            else connection.to_client
        )
        if segment.flags & pcap_file.SYN:
            stream.begin(segment.sequence + 1)
        stream.feed(segment.sequence, segment.payload)
        return connection, stream

    def _new(self, segment: pcap_file.Segment, *, opens: bool) -> Connection:
        client, server = segment.source, segment.destination
        if not opens and _is_server(client, server):
            client, server = server, client
        return Connection(
            client=client,
            server=server,
            begun=opens,
            first_sequence=segment.sequence if opens else None,
            to_server=Stream(self._patterns),
            to_client=Stream(self._patterns),
        )


def _is_server(one: pcap_file.Endpoint, other: pcap_file.Endpoint) -> bool:
    """Guess, for a connection whose beginning was not captured.

    Clients' ports can be in the range of the data ports too, so the control
    ports are asked for first.
    """
    for ports in (CONTROL_PORTS, DATA_PORTS):
        if (one.port in ports) != (other.port in ports):
            return one.port in ports
    return one.port < other.port
