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

"""Tests of the proof on the wire with real TLS, read by the real tshark.

The sessions are made in memory and written as captures, so that nobody needs
the right to capture.
"""

from __future__ import annotations

import datetime
import pathlib
import ssl
import tempfile
import unittest

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509
from cryptography.x509 import oid

from tests.lab.harness.wire import proof as wire
from tests.unit.lab_harness import synthetic_pcap

SECRET = b'the secret of this guest'
SERVER_STARTTLS = (
    b'NBDMAGICIHAVEOPT\0\3',
    b'\x00\x03\xe8\x89\x04\x55\x65\xa9\0\0\0\5\0\0\0\1\0\0\0\0',
)
CLIENT_STARTTLS = b'\0\0\0\3IHAVEOPT\0\0\0\5\0\0\0\0'


def write_certificate(path: pathlib.Path) -> None:
    """Write a new key and its self-signed certificate into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, 'host2')])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )


class WireTsharkTestCase(unittest.TestCase):
    """tshark, our reading of it, and our walk agree on real TLS."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        certificate = self.directory / 'host2.pem'
        write_certificate(certificate)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(certificate)
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client.check_hostname = False
        self.client.verify_mode = ssl.CERT_NONE

    def carry(self, talk: synthetic_pcap.Conversation) -> None:
        """Send the secret through a TLS session over ``talk``."""
        to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = self.server.wrap_bio(to_server, to_client, server_side=True)
        client = self.client.wrap_bio(to_client, to_server)
        waiting = [client, server]
        while waiting:
            for end in list(waiting):
                try:
                    end.do_handshake()
                    waiting.remove(end)
                except ssl.SSLWantReadError:
                    pass
                self._flush(talk, to_client, to_server, carry=True)
        for _ in range(5):
            client.write(SECRET * 1000)
            self._flush(talk, to_client, to_server, carry=False)

    def _flush(
        self,
        talk: synthetic_pcap.Conversation,
        to_client: ssl.MemoryBIO,
        to_server: ssl.MemoryBIO,
        *,
        carry: bool,
    ) -> None:
        for bio, send in (
            (to_server, talk.to_server),
            (to_client, talk.to_client),
        ):
            sent = bio.read()
            # In small pieces, so that messages are spread over packets.
            for at in range(0, len(sent), 700):
                send(sent[at : at + 700])
            if carry:
                bio.write(sent)

    def prove(self, *talks: synthetic_pcap.Conversation) -> wire.WireProof:
        path = self.directory / 'test.pcap'
        path.write_bytes(
            synthetic_pcap.pcap(
                [frame for talk in talks for frame in talk.frames]
            )
        )
        return wire.prove(
            path,
            secrets=[SECRET],
            dropped_packets=0,
            expected_bytes=len(SECRET) * 5000 * len(talks),
        )

    def test_tls_1_3(self) -> None:
        """Two TLS 1.3 connections are two handshakes and a proof."""
        talks = [
            synthetic_pcap.Conversation(client_port=port)
            for port in (40000, 40001)
        ]
        for talk in talks:
            self.carry(talk)
        proof = self.prove(*talks)
        self.assertEqual((), proof.reasons)
        (report,) = proof.ports
        self.assertEqual(
            (2, ('TLS 1.3',), 0),
            (
                report.tls_handshakes,
                report.tls_versions,
                report.outside_tls_bytes,
            ),
        )
        self.assertRegex(report.cipher_suites[0], '^TLS_')

    def test_ipv6_and_ethernet_ports(self) -> None:
        """The same over IPv6, on a port that is no one's by name."""
        talk = synthetic_pcap.Conversation(server_port=49215, version=6)
        self.carry(talk)
        self.assertTrue(self.prove(talk).encrypted)

    def test_nbd_starttls(self) -> None:
        """TLS that begins behind NBD's negotiation is seen."""
        talk = synthetic_pcap.Conversation(server_port=49153)
        talk.to_client(SERVER_STARTTLS[0])
        talk.to_server(CLIENT_STARTTLS)
        talk.to_client(SERVER_STARTTLS[1])
        self.carry(talk)
        proof = self.prove(talk)
        self.assertEqual((), proof.reasons)
        self.assertEqual(
            (1, 1),
            (proof.ports[0].tls_handshakes, proof.ports[0].nbd_starttls),
        )

    def test_tls_1_2(self) -> None:
        """TLS 1.2 is seen as what it is."""
        self.client.maximum_version = ssl.TLSVersion.TLSv1_2
        talk = synthetic_pcap.Conversation()
        self.carry(talk)
        proof = self.prove(talk)
        self.assertEqual(
            ('port 49152: TLS 1.2 was negotiated',), proof.reasons
        )

    def test_hello_retry_request(self) -> None:
        """A server that asks for another group greets once."""
        self.server.set_ecdh_curve('secp384r1')
        talk = synthetic_pcap.Conversation()
        self.carry(talk)
        proof = self.prove(talk)
        self.assertEqual((), proof.reasons)
        self.assertEqual(1, proof.ports[0].tls_handshakes)

    def test_plain_text(self) -> None:
        """Without TLS tshark finds none, and the secret is readable."""
        talk = synthetic_pcap.Conversation()
        for _ in range(5):
            talk.to_server(SECRET * 1000)
        proof = self.prove(talk)
        self.assertEqual(0, proof.ports[0].tls_handshakes)
        self.assertEqual(
            (
                'port 49152: guest secret readable 5000 times',
                'port 49152: 1 of 1 connections had no TLS handshake',
                f'port 49152: {len(SECRET) * 5000} bytes were not in TLS '
                'records',
            ),
            proof.reasons,
        )
