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

"""Tests of walking from TLS record to TLS record."""

from __future__ import annotations

import unittest

from tests.lab.harness.wire import tls_records
from tests.unit.lab_harness import synthetic_pcap

RECORD = synthetic_pcap.tls_record(b'\x17' * 100)
HELLO = synthetic_pcap.tls_record(b'hello', kind=22)
SERVER_STARTTLS = (
    b'NBDMAGICIHAVEOPT\0\3'
    b'\x00\x03\xe8\x89\x04\x55\x65\xa9\0\0\0\5\0\0\0\1\0\0\0\0'
)
CLIENT_STARTTLS = b'\0\0\0\3IHAVEOPT\0\0\0\5\0\0\0\0'


class TlsRecordsTestCase(unittest.TestCase):
    """Every byte is in a record, or counted."""

    def walk(self, *chunks: bytes) -> tls_records.TlsRecords:
        records = tls_records.TlsRecords()
        for chunk in chunks:
            records.feed(chunk)
        return records

    def test_every_cut(self) -> None:
        """Records are walked wherever the stream is cut."""
        text = HELLO + RECORD * 2
        for start in (b'', SERVER_STARTTLS, CLIENT_STARTTLS):
            for cut in range(1, len(start + text)):
                with self.subTest(start, cut=cut):
                    walked = self.walk(
                        (start + text)[:cut], (start + text)[cut:]
                    )
                    self.assertEqual(
                        (3, 0, start != b''),
                        (
                            walked.records,
                            walked.outside_bytes,
                            walked.starttls,
                        ),
                    )

    def test_plain_text(self) -> None:
        """Plain text is outside from its first byte, however short."""
        for text in (b'QEVM' + b'x' * 200, b'abc', b'\x16\x03', bytes(500)):
            with self.subTest(text):
                self.assertEqual(len(text), self.walk(text).outside_bytes)

    def test_plain_text_later(self) -> None:
        """Plain text behind records is outside; it is not walked again."""
        self.assertEqual(
            50 + len(RECORD),
            self.walk(HELLO + RECORD, b'\0' * 50, RECORD).outside_bytes,
        )

    def test_not_a_record(self) -> None:
        """Wrong version, type and length are no record."""
        for header in (
            b'\x17\x02\x03\0\x05',
            b'\x63\x03\x03\0\x05',
            b'\x17\x03\x07\0\x05',
            b'\x17\x03\x03\xff\xff',
        ):
            with self.subTest(header):
                self.assertEqual(
                    10, self.walk(HELLO, header + b'.' * 5).outside_bytes
                )

    def test_unfinished_record(self) -> None:
        """A connection that ends inside a record leaves nothing outside."""
        self.assertEqual(0, self.walk(HELLO, RECORD[:50]).outside_bytes)

    def test_nbd_without_starttls(self) -> None:
        """Any other NBD option in clear is outside, all of it."""
        client = b'\0\0\0\3IHAVEOPT\0\0\0\7\0\0\0\0' + b'.' * 60
        server = SERVER_STARTTLS[:-8] + b'\0\0\0\2' + bytes(60)
        self.assertEqual(len(client), self.walk(client).outside_bytes)
        self.assertEqual(len(server), self.walk(server).outside_bytes)
