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

"""Tests of the search for what must not be readable."""

from __future__ import annotations

import struct
import unittest

from tests.lab.harness.wire import clear_text

SECRET = b'0123456789abcdef'
REQUEST = bytes.fromhex('25609513')
SIMPLE = bytes.fromhex('67446698')
CHUNK = bytes.fromhex('668e33ef')


def request(*, flags: int = 0, kind: int = 1, length: int = 65536) -> bytes:
    """Return an NBD request."""
    return REQUEST + struct.pack('>HHQQI', flags, kind, 7, 4096, length)


class ClearTextTestCase(unittest.TestCase):
    """What counts, what does not, and what is cut in pieces."""

    def hits(self, *chunks: bytes) -> dict[str, int]:
        search = clear_text.ClearText(
            clear_text.Patterns([SECRET], [b'disk-secret'])
        )
        for chunk in chunks:
            search.feed(chunk)
        return {kind: count for kind, count in search.hits().items() if count}

    def test_every_cut(self) -> None:
        """Each pattern is counted once wherever the stream is cut."""
        text = b'..' + SECRET + b'..' + request() + b'..' + SECRET + b'..'
        wanted = {clear_text.GUEST_SECRET: 2, clear_text.NBD_REQUEST: 1}
        for cut in range(len(text) + 1):
            with self.subTest(cut):
                self.assertEqual(wanted, self.hits(text[:cut], text[cut:]))

    def test_every_cut_of_replies(self) -> None:
        """Also what is shorter than the longest pattern counts once."""
        reply = SIMPLE + struct.pack('>IQ', 0, 7)
        text = reply + b'..' + CHUNK + struct.pack('>HHQI', 1, 1, 7, 4096)
        for cut in range(len(text) + 1):
            with self.subTest(cut):
                self.assertEqual(
                    {clear_text.NBD_REPLY: 2},
                    self.hits(text[:cut], text[cut:], b'..'),
                )

    def test_byte_by_byte(self) -> None:
        """Also in chunks of one byte."""
        text = SECRET + request() + SECRET
        self.assertEqual(
            {clear_text.GUEST_SECRET: 2, clear_text.NBD_REQUEST: 1},
            self.hits(*(text[at : at + 1] for at in range(len(text)))),
        )

    def test_lone_magic(self) -> None:
        """Four bytes count at the start of a stream and nowhere else."""
        for magic, kind in (
            (b'QEVM', clear_text.QEMU_STREAM),
            (b'\x11\x22\x33\x44', clear_text.MULTIFD_STREAM),
        ):
            with self.subTest(kind):
                self.assertEqual({kind: 1}, self.hits(magic + b'????'))
                self.assertEqual({kind: 1}, self.hits(magic[:1], magic[1:]))
                self.assertEqual({}, self.hits(b'x' + magic + b'????'))

    def test_magic_with_version(self) -> None:
        """With its version the magic counts anywhere, and once."""
        for header, kind in (
            (b'QEVM\0\0\0\x03', clear_text.QEMU_STREAM),
            (b'\x11\x22\x33\x44\0\0\0\x01', clear_text.MULTIFD_STREAM),
        ):
            with self.subTest(kind):
                self.assertEqual({kind: 1}, self.hits(header))
                self.assertEqual({kind: 1}, self.hits(b'x', header))

    def test_nbd_requests(self) -> None:
        """A request counts if all of its header can be one."""
        for plausible in (
            request(),
            request(kind=0, length=512),
            request(kind=6, flags=0x2, length=2**31),
        ):
            self.assertEqual({clear_text.NBD_REQUEST: 1}, self.hits(plausible))
        for accident in (
            request(flags=0x4000),
            request(kind=99),
            request(length=2**31),
            request()[:-1],
        ):
            self.assertEqual({}, self.hits(accident))

    def test_nbd_replies(self) -> None:
        """Simple and structured replies count if they can be some."""
        for plausible in (
            SIMPLE + struct.pack('>IQ', 0, 7),
            SIMPLE + struct.pack('>IQ', 28, 7),
            CHUNK + struct.pack('>HHQI', 1, 1, 7, 4096),
            CHUNK + struct.pack('>HHQI', 1, 0x8001, 7, 6),
        ):
            self.assertEqual({clear_text.NBD_REPLY: 1}, self.hits(plausible))
        for accident in (
            SIMPLE + struct.pack('>IQ', 123456, 7),
            CHUNK + struct.pack('>HHQI', 2, 1, 7, 4096),
            CHUNK + struct.pack('>HHQI', 1, 77, 7, 4096),
            CHUNK + struct.pack('>HHQI', 1, 1, 7, 2**31),
        ):
            self.assertEqual({}, self.hits(accident))

    def test_nbd_greeting(self) -> None:
        """The greeting is in clear with TLS too and does not count."""
        self.assertEqual({}, self.hits(b'NBDMAGICIHAVEOPT\0\3'))
