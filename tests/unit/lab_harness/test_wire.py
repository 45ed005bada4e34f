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

"""Tests of the proof on the wire, on captures made here."""

from __future__ import annotations

from collections.abc import Iterable
import json
import pathlib
import tempfile
from typing import Any
import unittest

from tests.lab.harness.wire import clear_text
from tests.lab.harness.wire import pcap_file
from tests.lab.harness.wire import proof as wire
from tests.lab.harness.wire import table as wire_table
from tests.lab.harness.wire import tcp_streams
from tests.lab.harness.wire import tshark
from tests.unit.lab_harness import synthetic_pcap

SECRET = b'the secret of this guest'
DISK_SECRET = b'the secret of this disk'
SERVER_HELLO = b'\x02 in the clear'
RECORD = synthetic_pcap.tls_record(b'\x5a' * 1000)


def fake_tshark(version: str = 'TLS 1.3') -> Any:
    """Return a reader that takes one certain record for a ServerHello."""

    def server_hellos(
        capture: pathlib.Path, ports: Iterable[int]
    ) -> list[tshark.ServerHello]:
        return [
            tshark.ServerHello(
                frame=number,
                version=version,
                cipher_suite='TLS_AES_256_GCM_SHA384',
            )
            for number, packet in enumerate(
                pcap_file.packets(capture), start=1
            )
            if packet.segment is not None
            and packet.segment.destination.port not in ports
            and SERVER_HELLO in packet.segment.payload
        ]

    return server_hellos


def encrypted(**options: Any) -> synthetic_pcap.Conversation:
    """Return a connection as TLS makes it."""
    talk = synthetic_pcap.Conversation(**options)
    talk.to_server(synthetic_pcap.tls_record(b'\x01 hello', kind=22))
    talk.to_client(synthetic_pcap.tls_record(SERVER_HELLO, kind=22))
    talk.to_server(RECORD)
    talk.to_client(RECORD)
    return talk


class ProveTestCase(unittest.TestCase):
    """What is taken for a proof, and each thing that is not."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name) / 'test.pcap'

    def prove(
        self,
        *talks: synthetic_pcap.Conversation,
        content: bytes | None = None,
        **options: Any,
    ) -> wire.WireProof:
        self.path.write_bytes(
            content
            or synthetic_pcap.pcap(
                [frame for talk in talks for frame in talk.frames]
            )
        )
        arguments: dict[str, Any] = {
            'secrets': [SECRET],
            'disk_secrets': [DISK_SECRET],
            'dropped_packets': 0,
            'server_hellos': fake_tshark(),
        }
        return wire.prove(self.path, **(arguments | options))

    def assert_reason(self, proof: wire.WireProof, text: str) -> None:
        self.assertFalse(proof.encrypted)
        self.assertEqual((text,), proof.reasons)

    def test_tls_is_proven(self) -> None:
        """A whole capture of TLS connections is a proof."""
        proof = self.prove(
            encrypted(),
            encrypted(client_port=40001),
            encrypted(server_port=49153, version=6),
        )
        self.assertEqual((), proof.reasons)
        self.assertTrue(proof.encrypted)
        ram, disk = proof.ports
        self.assertEqual(
            (49152, 2, 2, ('TLS 1.3',), tcp_streams.DATA),
            (
                ram.port,
                ram.connections,
                ram.tls_handshakes,
                ram.tls_versions,
                ram.role,
            ),
        )
        self.assertEqual(
            (49153, 1, 1), (disk.port, disk.connections, disk.tls_handshakes)
        )
        self.assertEqual({}, proof.clear_hits)

    def test_bytes_are_counted(self) -> None:
        """Payload is counted per direction, without handshakes of TCP."""
        talk = synthetic_pcap.Conversation()
        talk.to_server(b'x' * 100)
        talk.to_client(b'y' * 30)
        (report,) = self.prove(talk).ports
        self.assertEqual(
            (100, 30), (report.to_server_bytes, report.to_client_bytes)
        )

    def test_secret_in_clear(self) -> None:
        """A secret on a data port is no proof, even inside of records."""
        talk = encrypted()
        talk.to_server(synthetic_pcap.tls_record(SECRET))
        self.assert_reason(
            self.prove(talk), 'port 49152: guest secret readable 1 times'
        )

    def test_disk_secret_in_clear(self) -> None:
        """The secret of the disk is told apart from the guest's."""
        talk = encrypted(server_port=49153)
        talk.to_server(synthetic_pcap.tls_record(DISK_SECRET * 2))
        self.assert_reason(
            self.prove(talk), 'port 49153: disk secret readable 2 times'
        )

    def test_secret_across_packets(self) -> None:
        """A secret cut in two by the network is found."""
        talk = encrypted()
        record = synthetic_pcap.tls_record(SECRET)
        talk.to_server(record[:15])
        talk.to_server(record[15:])
        self.assert_reason(
            self.prove(talk), 'port 49152: guest secret readable 1 times'
        )

    def test_secret_on_control_port(self) -> None:
        """A tunnelled migration in clear is no proof of anything."""
        talk = synthetic_pcap.Conversation(server_port=16509)
        talk.to_server(b'RPC' + SECRET)
        self.assert_reason(
            self.prove(encrypted(), talk),
            'port 16509: guest secret readable 1 times',
        )

    def test_control_port_needs_no_tls(self) -> None:
        """libvirt's own connection may be in clear: it is not judged."""
        talk = synthetic_pcap.Conversation(
            server_port=16509, client_port=49170
        )
        talk.to_server(b'an RPC in clear')
        proof = self.prove(encrypted(), talk)
        self.assertTrue(proof.encrypted)
        self.assertEqual(
            [tcp_streams.CONTROL, tcp_streams.DATA],
            [report.role for report in proof.ports],
        )

    def test_dropped_packets(self) -> None:
        """Dropped packets can have held anything."""
        self.assert_reason(
            self.prove(encrypted(), dropped_packets=3),
            '3 packets were dropped',
        )

    def test_unknown_drops(self) -> None:
        """Not to know of dropped packets is not to have dropped none."""
        self.assert_reason(
            self.prove(encrypted(), dropped_packets=None),
            'it is not known how many packets were dropped',
        )

    def test_empty_capture(self) -> None:
        """A capture of nothing proves nothing."""
        self.assert_reason(self.prove(), 'no data port carried a byte')

    def test_no_payload(self) -> None:
        """Connections that carried nothing prove nothing."""
        self.assert_reason(
            self.prove(synthetic_pcap.Conversation()),
            'no data port carried a byte',
        )

    def test_too_few_bytes(self) -> None:
        """Less on the wire than was sent: it went somewhere else."""
        proof = self.prove(encrypted(), expected_bytes=10**6)
        self.assert_reason(
            proof,
            f'{proof.data_bytes} bytes were seen of the 1000000 that '
            'were sent',
        )
        self.assertTrue(self.prove(encrypted(), expected_bytes=2000).encrypted)

    def test_one_connection_without_handshake(self) -> None:
        """One connection of several without a handshake spoils the port."""
        talk = synthetic_pcap.Conversation(client_port=40001)
        talk.to_server(RECORD)
        self.assert_reason(
            self.prove(encrypted(), talk),
            'port 49152: 1 of 2 connections had no TLS handshake',
        )

    def test_bytes_after_tls(self) -> None:
        """A handshake does not cover what follows it in clear."""
        talk = encrypted()
        talk.to_server(b'\0' * 40)
        self.assert_reason(
            self.prove(talk), 'port 49152: 40 bytes were not in TLS records'
        )

    def test_old_tls(self) -> None:
        """TLS 1.2 is a proof only to those who ask for it by name."""
        reader = fake_tshark('TLS 1.2')
        self.assert_reason(
            self.prove(encrypted(), server_hellos=reader),
            'port 49152: TLS 1.2 was negotiated',
        )
        self.assertTrue(
            self.prove(
                encrypted(),
                server_hellos=reader,
                tls_versions={'TLS 1.2', 'TLS 1.3'},
            ).encrypted
        )

    def test_missing_bytes(self) -> None:
        """A hole in a stream is no proof, whatever tcpdump counted."""
        talk = encrypted()
        del talk.frames[-2]
        talk.to_server(RECORD)
        proof = self.prove(talk)
        self.assertIn(
            f'port 49152: {len(RECORD)} bytes are missing from the capture',
            proof.reasons,
        )

    def test_cut_packets(self) -> None:
        """Packets captured in part are no proof."""
        content = synthetic_pcap.pcap(encrypted().frames, cut_bytes=1)
        proof = self.prove(content=content)
        self.assertIn('6 packets were captured only in part', proof.reasons)

    def test_foreign_packets(self) -> None:
        """A packet that nobody looked into is no proof."""
        talk = encrypted()
        talk.frames.append(
            synthetic_pcap.link(
                synthetic_pcap.SLL2,
                synthetic_pcap.ip(
                    '203.0.113.1', '203.0.113.2', SECRET, protocol=17
                ),
            )
        )
        self.assert_reason(
            self.prove(talk),
            '1 packets are no whole TCP segments and were not looked into',
        )

    def test_late_capture(self) -> None:
        """A connection older than the capture had more than was seen."""
        proof = self.prove(encrypted(begun=False))
        self.assert_reason(
            proof, '1 data connections began before the capture'
        )

    def test_late_control_connection(self) -> None:
        """A standing control connection is no reason against a proof."""
        talk = synthetic_pcap.Conversation(
            server_port=16509, client_port=49170, begun=False
        )
        talk.to_server(b'an RPC in clear')
        proof = self.prove(encrypted(), talk)
        self.assertEqual((), proof.reasons)
        self.assertEqual(
            [16509, 49152], [report.port for report in proof.ports]
        )

    def test_qemu_stream_in_clear(self) -> None:
        """RAM without TLS is known by QEMU's own first bytes too."""
        talk = synthetic_pcap.Conversation()
        talk.to_server(b'QEVM\0\0\0\x03' + b'\0' * 100)
        self.assertEqual(
            {clear_text.QEMU_STREAM: 1}, self.prove(talk).clear_hits
        )

    def test_no_secret_is_no_question(self) -> None:
        """Without a secret to look for there is nothing to prove."""
        with self.assertRaises(ValueError):
            self.prove(encrypted(), secrets=[])

    def test_short_secret(self) -> None:
        """A secret found by accident would be no finding."""
        with self.assertRaises(ValueError):
            self.prove(encrypted(), secrets=[b'short'])

    def test_to_dict_is_json(self) -> None:
        """The proof survives JSON, with its verdict."""
        again = json.loads(json.dumps(self.prove(encrypted()).to_dict()))
        self.assertIs(True, again['encrypted'])
        self.assertEqual(['TLS 1.3'], again['ports'][0]['tls_versions'])

    def test_table(self) -> None:
        """The table says port, version, verdict and every reason."""
        shown = wire_table.render(self.prove(encrypted()))
        self.assertRegex(shown, r'49152 +data +1 .*TLS 1\.3')
        self.assertIn('\nENCRYPTED: ', shown)
        talk = synthetic_pcap.Conversation()
        talk.to_server(SECRET)
        proof = self.prove(talk, dropped_packets=2)
        shown = wire_table.render(proof)
        self.assertIn('\nNOT PROVEN ENCRYPTED: ', shown)
        self.assertEqual(4, len(proof.reasons))
        for reason in proof.reasons:
            self.assertIn(f'  - {reason}', shown)
