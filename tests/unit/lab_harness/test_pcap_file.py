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

"""Tests of reading capture files."""

from __future__ import annotations

import pathlib
import tempfile
import unittest

from tests.lab.harness.wire import pcap_file
from tests.unit.lab_harness import synthetic_pcap


class PacketsTestCase(unittest.TestCase):
    """Link types, addresses, byte orders, and broken files."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name) / 'test.pcap'

    def read(self, content: bytes) -> list[pcap_file.Packet]:
        self.path.write_bytes(content)
        return list(pcap_file.packets(self.path))

    def test_every_link_and_address(self) -> None:
        """Each link type, IP version and byte order gives the segment."""
        for link_type in (
            synthetic_pcap.ETHERNET,
            synthetic_pcap.SLL,
            synthetic_pcap.SLL2,
        ):
            for order in '<>':
                for source in ('203.0.113.1', '2001:db8:2::1'):
                    with self.subTest(link_type, order=order, ip=source):
                        frame = synthetic_pcap.frame(
                            (source, 5),
                            (source, 49152),
                            sequence=77,
                            payload=b'payload',
                            link_type=link_type,
                        )
                        (packet,) = self.read(
                            synthetic_pcap.pcap(
                                [frame], link_type=link_type, order=order
                            )
                        )
                        segment = packet.segment
                        assert segment is not None
                        self.assertEqual(
                            (5, 49152, 77, b'payload'),
                            (
                                segment.source.port,
                                segment.destination.port,
                                segment.sequence,
                                segment.payload,
                            ),
                        )

    def test_padding_is_not_payload(self) -> None:
        """What pads a short Ethernet frame does not belong to TCP."""
        frame = synthetic_pcap.frame(
            ('203.0.113.1', 5),
            ('203.0.113.2', 6),
            sequence=1,
            payload=b'ab',
            link_type=synthetic_pcap.ETHERNET,
        ) + bytes(6)
        (packet,) = self.read(
            synthetic_pcap.pcap([frame], link_type=synthetic_pcap.ETHERNET)
        )
        assert packet.segment is not None
        self.assertEqual(b'ab', packet.segment.payload)

    def test_not_tcp(self) -> None:
        """UDP, a fragment and ARP are packets without a segment."""
        frames = [
            synthetic_pcap.link(synthetic_pcap.SLL2, packet)
            for packet in (
                synthetic_pcap.ip(
                    '203.0.113.1', '203.0.113.2', bytes(40), protocol=17
                ),
                synthetic_pcap.ip(
                    '203.0.113.1', '203.0.113.2', bytes(40), fragment=5
                ),
                (0x0806, bytes(28)),
                (0x0800, b''),
            )
        ]
        self.assertEqual(
            [None] * 4,
            [
                packet.segment
                for packet in self.read(synthetic_pcap.pcap(frames))
            ],
        )

    def test_cut(self) -> None:
        """A packet that was not captured as a whole is marked."""
        frame = synthetic_pcap.frame(
            ('203.0.113.1', 5),
            ('203.0.113.2', 6),
            sequence=1,
            payload=b'abcdef',
        )
        (cut,) = self.read(synthetic_pcap.pcap([frame], cut_bytes=2))
        (whole,) = self.read(synthetic_pcap.pcap([frame]))
        self.assertEqual((True, False), (cut.cut, whole.cut))

    def test_truncated_file(self) -> None:
        """A file that ends in a packet is not a whole capture."""
        frame = synthetic_pcap.frame(
            ('203.0.113.1', 5), ('203.0.113.2', 6), sequence=1
        )
        content = synthetic_pcap.pcap([frame, frame])
        for missing in (1, len(frame) + 3):
            with (
                self.subTest(missing),
                self.assertRaisesRegex(pcap_file.PcapError, 'ends inside'),
            ):
                self.read(content[:-missing])

    def test_not_a_capture(self) -> None:
        """Anything else is refused, and so is an empty file."""
        for content in (b'', b'\n\r\r\n' + bytes(100)):
            with (
                self.subTest(content),
                self.assertRaisesRegex(pcap_file.PcapError, 'not a pcap'),
            ):
                self.read(content)

    def test_unknown_link(self) -> None:
        """A link type that nobody reads here is refused."""
        with self.assertRaisesRegex(pcap_file.PcapError, 'link type 147'):
            self.read(synthetic_pcap.pcap([], link_type=147))
