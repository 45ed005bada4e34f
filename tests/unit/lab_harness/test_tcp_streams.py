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

"""Tests of putting the streams of a capture together."""

from __future__ import annotations

import io
import pathlib
import random
import tempfile
from typing import Any
import unittest

from tests.lab.harness.wire import clear_text
from tests.lab.harness.wire import pcap_file
from tests.lab.harness.wire import tcp_streams
from tests.unit.lab_harness import synthetic_pcap

SECRET = b'0123456789abcdef'


class ReadTestCase(unittest.TestCase):
    """Order, repetition, holes, and which end is the server."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name) / 'test.pcap'
        self.head = io.BytesIO()

    def read(self, frames: list[bytes]) -> tcp_streams.Streams:
        self.path.write_bytes(synthetic_pcap.pcap(frames))
        return tcp_streams.read(
            self.path, clear_text.Patterns([SECRET]), self.head
        )

    def test_any_order(self) -> None:
        """Segments in any order and repeated give the same stream."""
        talk = synthetic_pcap.Conversation(first=2**32 - 40)
        for _ in range(8):
            talk.to_server(SECRET[:5])
            talk.to_server(SECRET[5:])
        shuffled = talk.frames[2:] * 2
        random.Random(7).shuffle(shuffled)
        (connection,) = self.read(talk.frames[:2] + shuffled).connections
        stream = connection.to_server
        self.assertEqual(
            (8 * len(SECRET), 0), (stream.payload_bytes, stream.missing_bytes)
        )
        self.assertEqual(8, stream.clear_text.hits()[clear_text.GUEST_SECRET])

    def test_overlap(self) -> None:
        """What a longer retransmission adds is looked at once."""
        talk = synthetic_pcap.Conversation()
        ends: dict[str, Any] = {
            'source': talk.client,
            'destination': talk.server,
        }
        talk.frames += [
            synthetic_pcap.frame(sequence=1001, payload=SECRET[:9], **ends),
            synthetic_pcap.frame(sequence=1001, payload=SECRET, **ends),
        ]
        stream = self.read(talk.frames).connections[0].to_server
        self.assertEqual(len(SECRET), stream.payload_bytes)
        self.assertEqual(1, stream.clear_text.hits()[clear_text.GUEST_SECRET])

    def test_hole(self) -> None:
        """Bytes that are missing are counted, and those behind read."""
        talk = synthetic_pcap.Conversation()
        for payload in (b'x' * 10, b'y' * 33, SECRET):
            talk.to_server(payload)
        del talk.frames[3]
        stream = self.read(talk.frames).connections[0].to_server
        self.assertEqual(
            (33, 10 + len(SECRET)),
            (stream.missing_bytes, stream.payload_bytes),
        )
        self.assertEqual(1, stream.clear_text.hits()[clear_text.GUEST_SECRET])

    def test_missing_beginning(self) -> None:
        """The first bytes after the SYN are missed like any others."""
        talk = synthetic_pcap.Conversation()
        talk.to_server(b'x' * 10)
        talk.to_server(b'y' * 10)
        del talk.frames[2]
        stream = self.read(talk.frames).connections[0].to_server
        self.assertEqual(10, stream.missing_bytes)

    def test_server_by_syn(self) -> None:
        """The server is who was called, also from a port of its range."""
        talk = synthetic_pcap.Conversation(server_port=5672, client_port=49153)
        talk.to_server(b'x')
        (connection,) = self.read(talk.frames).connections
        self.assertEqual(
            (5672, True), (connection.server.port, connection.begun)
        )

    def test_server_by_port(self) -> None:
        """Without a beginning a known port is taken for the server's."""
        for server, client in ((16509, 49153), (49152, 40000), (22, 40000)):
            with self.subTest(server):
                talk = synthetic_pcap.Conversation(
                    server_port=server, client_port=client, begun=False
                )
                talk.to_client(b'x')
                talk.to_server(b'x')
                (connection,) = self.read(talk.frames).connections
                self.assertEqual(
                    (server, False), (connection.server.port, connection.begun)
                )

    def test_reused_ports(self) -> None:
        """A new SYN begins a new connection, a repeated one does not."""
        one = synthetic_pcap.Conversation(first=1000)
        two = synthetic_pcap.Conversation(first=900000)
        one.to_server(b'x' * 3)
        two.to_server(b'y' * 4)
        streams = self.read([one.frames[0], *one.frames, *two.frames])
        self.assertEqual(
            [3, 4],
            [connection.payload_bytes for connection in streams.connections],
        )

    def test_head(self) -> None:
        """The extract has the start of each stream and knows its owner."""
        one = synthetic_pcap.Conversation()
        two = synthetic_pcap.Conversation(client_port=40001)
        for _ in range(10):
            one.to_server(bytes(tcp_streams.HEAD_BYTES // 8))
        two.to_client(b'late')
        streams = self.read(one.frames + two.frames)
        self.path.write_bytes(self.head.getvalue())
        kept = [packet.segment for packet in pcap_file.packets(self.path)]
        self.assertEqual(
            [40000] * (2 + 8) + [40001] * (2 + 1),
            [owner.client.port for owner in streams.head_owners],
        )
        self.assertEqual(len(streams.head_owners), len(kept))
        self.assertEqual(
            len(two.frames),
            sum(
                segment is not None
                and 40001 in (segment.source.port, segment.destination.port)
                for segment in kept
            ),
        )
