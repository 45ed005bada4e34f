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

from __future__ import annotations

import testtools

from nova_native_tls.pki import pem

BLOCK = b'-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'
OTHER = BLOCK.replace(b'AAAA', b'BBBB')


class TestCString(testtools.TestCase):
    def test_cut_at_first_nul(self):
        """QEMU's own checks see nothing behind a NUL."""
        self.assertEqual(b'ab', pem.c_string(b'ab\0cd\0'))

    def test_nothing_to_cut(self):
        """Without a NUL all of it counts."""
        self.assertEqual(b'ab', pem.c_string(b'ab'))


class TestPack(testtools.TestCase):
    def pack(self, content: bytes, at_most: int = 10_000) -> bytes:
        return pem.pack(content, at_most=at_most)

    def test_words_are_left_out(self):
        """Only the blocks remain, in their order."""
        packed = self.pack(
            b'words - ' * 99 + BLOCK + b'\n- words\n' + OTHER + b'more'
        )
        self.assertEqual(BLOCK + b'\n' + OTHER + b'\n', packed)

    def test_nul_stays_between_blocks(self):
        """What is behind the first NUL stays behind one."""
        packed = self.pack(BLOCK + b'x\0y' + OTHER)
        self.assertEqual(BLOCK + b'\n\0\n' + OTHER + b'\n', packed)
        self.assertEqual(BLOCK + b'\n', pem.c_string(packed))

    def test_block_that_never_ends_is_left_out(self):
        """Half a block is nothing."""
        self.assertEqual(b'', self.pack(BLOCK.partition(b'-----END')[0]))

    def test_bounded(self):
        """No more is kept than was asked for, and only whole blocks."""
        packed = self.pack(BLOCK * 100, at_most=3 * len(BLOCK) + 9)
        self.assertEqual(3 * (BLOCK + b'\n'), packed)


class TestLabels(testtools.TestCase):
    def test_count(self):
        """Blocks are counted by their label."""
        self.assertEqual(2, pem.count(BLOCK + OTHER, 'CERTIFICATE'))
        self.assertEqual(0, pem.count(BLOCK + OTHER, 'X509 CRL'))

    def test_private_keys(self):
        """Of any kind, encrypted or not."""
        for kind in ('', 'RSA ', 'EC ', 'ENCRYPTED '):
            begin = b'-----' + b'BEGIN %bPRIVATE KEY-----' % kind.encode()
            self.assertTrue(pem.holds_private_key(BLOCK + b'\n' + begin))

    def test_words_are_no_key(self):
        """A comment about a private key is none."""
        self.assertFalse(pem.holds_private_key(b'# PRIVATE KEY\n' + BLOCK))
