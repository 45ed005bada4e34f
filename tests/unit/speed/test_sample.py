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

"""Tests of what is learned from some pages."""

from __future__ import annotations

import dataclasses
import random

import testtools

from nova_native_tls.speed import compressors
from nova_native_tls.speed import costs
from nova_native_tls.speed import sample

PAGE = costs.PAGE_BYTES
ZERO = bytes(PAGE)


class Half:
    """Makes everything half as long, in a time, and back in twice that.

    :ivar packets: what it was given, in bytes.
    """

    def __init__(self, byte_s: float = 1e-9) -> None:
        self.byte_s = byte_s
        self.packets: list[int] = []

    def timed(self, content, clock):
        self.packets.append(len(content))
        return compressors.Timed(
            size=len(content) // 2,
            compress_s=len(content) * self.byte_s,
            decompress_s=len(content) * self.byte_s * 2,
        )


def filled(count: int) -> bytes:
    """Some pages that are not zero."""
    return random.Random(0).randbytes(count * PAGE)


class MeasureTest(testtools.TestCase):
    def measure(self, *read, zstd=None):
        return sample.measure(read, Half() if zstd is None else zstd)

    def refused(self, *read):
        seen = self.measure(*read)
        self.assertIsInstance(seen, sample.Unsampled)
        return seen.problem

    def test_numbers(self):
        """Ratio and costs are of the pages that are not zero."""
        seen = self.measure(filled(10), ZERO, ZERO * 4, filled(6))

        gib = 1.073741824
        self.assertEqual(
            (21, 5, 2.0), (seen.pages, seen.zero_pages, seen.ratio)
        )
        self.assertAlmostEqual(gib, seen.zstd.send_s_per_gib)
        self.assertAlmostEqual(2 * gib, seen.zstd.receive_s_per_gib)

    def test_packets(self):
        """As many pages are compressed at once as QEMU puts in a packet."""
        zstd = Half()
        self.measure(filled(100), ZERO, ZERO, filled(100), zstd=zstd)

        self.assertEqual([128 * PAGE, 72 * PAGE] * 2, zstd.packets)

    def test_faster_counts(self):
        """Only what happens each time is what it costs."""

        class Disturbed(Half):
            def timed(self, content, clock):
                timed = super().timed(content, clock)
                return dataclasses.replace(
                    timed,
                    compress_s=timed.compress_s + (len(self.packets) == 1),
                    decompress_s=timed.decompress_s + (len(self.packets) == 2),
                )

        read = [filled(4)] * 4
        self.assertEqual(
            self.measure(*read), self.measure(*read, zstd=Disturbed())
        )

    def test_few_places(self):
        """From three places nobody concludes anything, from four they do."""
        self.assertIn('only 3', self.refused(*[filled(100)] * 3))
        self.assertIsInstance(
            self.measure(*[filled(4)] * 4), sample.MemorySample
        )

    def test_nothing(self):
        """Nothing read is nothing known."""
        self.assertIn('only 0', self.refused())

    def test_zeros(self):
        """A guest that has hardly begun says nothing of what it will be."""
        self.assertIn(
            'all but 15 of the 215', self.refused(*[ZERO * 50] * 4, filled(15))
        )

    def test_clock_that_stands_still(self):
        """What took no time took at least what a cost may be."""
        seen = self.measure(*[filled(4)] * 4, zstd=Half(byte_s=0))
        cost = costs.Cost.from_primitive(seen.zstd.to_primitive(), 'zstd')
        self.assertEqual(costs.COST_MIN_S_PER_GIB, cost.send_s_per_gib)

    def test_library(self):
        """The real one tells text from what is random."""
        zstd = compressors.zstd()
        noise = sample.measure([filled(32)] * 4, zstd)
        text = sample.measure(
            [(b'some words ' * 12000)[: 32 * PAGE]] * 4, zstd
        )

        self.assertLess(noise.ratio, text.ratio)
        self.assertGreater(noise.zstd.send_s_per_gib, 0)
        self.assertGreater(noise.zstd.receive_s_per_gib, 0)
