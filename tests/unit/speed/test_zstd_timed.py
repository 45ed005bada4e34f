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

"""Tests of how long libzstd takes."""

from __future__ import annotations

import random

import testtools

from nova_native_tls.speed import compressors


class TimedTest(testtools.TestCase):
    def test_size(self):
        """It is what compressing gives, whatever was compressed before."""
        zstd = compressors.zstd()
        for content in (
            b'text ' * 50_000,
            random.Random(0).randbytes(300_000),
            b'a',
            b'text ' * 60_000,
        ):
            timed = zstd.timed(content)
            self.assertEqual(len(zstd.compress(content)), timed.size)
            self.assertGreaterEqual(timed.compress_s, 0)

    def test_clock(self):
        """Each way is timed alone."""
        values = [1.0, 3.0, 8.0]
        timed = compressors.zstd().timed(b'text', lambda: values.pop(0))
        self.assertEqual((2, 5), (timed.compress_s, timed.decompress_s))
