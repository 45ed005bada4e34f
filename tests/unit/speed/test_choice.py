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

"""Which way of sending is chosen."""

from __future__ import annotations

import dataclasses
import itertools

import testtools

from nova_native_tls.speed import choice
from nova_native_tls.speed import costs
from nova_native_tls.speed import sample

Compression = choice.Compression


def _cost(send: float, receive: float) -> costs.Cost:
    return costs.Cost(send_s_per_gib=send, receive_s_per_gib=receive)


#: CPU seconds per GiB as they were measured of QEMU 10.0.13 with GnuTLS 3.8.9
#: on one AMD EPYC: two TLS connections, and the same with zlib at level 0.
COSTS = costs.StreamCosts(
    page_records=_cost(1.12, 1.64),
    full_records=_cost(0.85, 0.85),
    packing=_cost(0.30, 0.41),
)

#: What was measured of zstd at level 1: 655 MB/s and 466 MB/s; random bytes
#: and one repeated page it gets done with at once.
HEAPS = sample.MemorySample(
    pages=256, zero_pages=0, ratio=6.0, zstd=_cost(1.64, 0.5)
)
FILES = sample.MemorySample(
    pages=256, zero_pages=0, ratio=2.3, zstd=_cost(2.30, 0.8)
)
RANDOM = sample.MemorySample(
    pages=256, zero_pages=0, ratio=1.0, zstd=_cost(0.15, 0.10)
)
PATTERN = sample.MemorySample(
    pages=256, zero_pages=0, ratio=500.0, zstd=_cost(0.2, 0.2)
)

DEBIAN_13 = choice.Possible(packed=True, zstd=True)
UNSTABLE = choice.Possible(packed=True, zstd=True, fills_records=True)

GIGABIT = 0.116
GIGABIT_25 = 2.9


def _host(
    free: float = 2.0, link: float | None = None, cores: int = 64
) -> costs.HostSpeed:
    return costs.HostSpeed(
        costs=COSTS, cores=cores, free_cores=free, link_gib_s=link, zstd=True
    )


def _choose(
    memory: sample.MemorySample | None,
    possible: choice.Possible = DEBIAN_13,
    *,
    free: float = 2.0,
    link: float | None = None,
) -> choice.Choice:
    host = _host(free, link)
    return choice.choose(
        source=host, destination=host, memory=memory, possible=possible
    )


class MeasuredTest(testtools.TestCase):
    """What was the fastest when all ways were tried."""

    def test_two_cores(self) -> None:
        """Pages are put together, or compressed where that is for nothing."""
        for memory, possible, expected in (
            (HEAPS, DEBIAN_13, Compression.PACKED),
            (FILES, DEBIAN_13, Compression.PACKED),
            (RANDOM, DEBIAN_13, Compression.ZSTD),
            (PATTERN, DEBIAN_13, Compression.ZSTD),
            (None, DEBIAN_13, Compression.PACKED),
            (HEAPS, UNSTABLE, Compression.NONE),
            (FILES, UNSTABLE, Compression.NONE),
            (RANDOM, UNSTABLE, Compression.NONE),
            (PATTERN, UNSTABLE, Compression.ZSTD),
            (HEAPS, choice.Possible(), Compression.NONE),
        ):
            self.assertEqual(
                (expected, 2), _what(_choose(memory, possible)), str(memory)
            )

    def test_slow_link(self) -> None:
        """What sends least is the fastest, if it can be made smaller."""
        for memory, possible, expected in (
            (HEAPS, DEBIAN_13, Compression.ZSTD),
            (FILES, DEBIAN_13, Compression.ZSTD),
            (FILES, UNSTABLE, Compression.ZSTD),
            (RANDOM, DEBIAN_13, Compression.NONE),
            (HEAPS, choice.Possible(packed=True), Compression.NONE),
        ):
            self.assertEqual(
                (expected, 2),
                _what(_choose(memory, possible, link=GIGABIT)),
                str(memory),
            )

    def test_bandwidth_that_an_operator_set(self) -> None:
        """It limits as a link does."""
        limited = dataclasses.replace(DEBIAN_13, limit_gib_s=GIGABIT)

        chosen = _choose(HEAPS, limited, link=GIGABIT_25)

        self.assertEqual((Compression.ZSTD, 2), _what(chosen))
        self.assertAlmostEqual(6 * GIGABIT, chosen.rate_gib_s)

    def test_many_cores(self) -> None:
        """As many connections as fill the link, and no more than eight."""
        self.assertEqual(
            (Compression.PACKED, 4),
            _what(_choose(None, free=32, link=GIGABIT_25)),
        )
        self.assertEqual(
            (Compression.NONE, 5),
            _what(_choose(None, choice.Possible(), free=32, link=GIGABIT_25)),
        )
        self.assertEqual(
            (Compression.NONE, 8),
            _what(_choose(None, choice.Possible(), free=32)),
        )

    def test_the_slower_host_decides(self) -> None:
        """Connections for which one end has no processor bring nothing."""
        chosen = choice.choose(
            source=_host(free=32),
            destination=_host(free=2.4),
            memory=None,
            possible=choice.Possible(),
        )

        self.assertEqual((Compression.NONE, 3), _what(chosen))

    def test_qemu_that_waits_busily(self) -> None:
        """Its thread has a share of what the source has, so more send."""
        busily = choice.Possible(waits_busily=True)
        for source, destination, expected, rate in (
            # Two thirds of two processors were left to two connections.
            (2.0, 2.0, 4, 2 / 1.64),
            (3.0, 32.0, 6, 3 * 6 / 7 / 1.12),
            (1.0, 32.0, 4, 1 / 1.12),
            # Five send, one waits, and nobody is short of anything.
            (6.0, 5.0, 5, 5 / 1.64),
        ):
            chosen = choice.choose(
                source=_host(free=source),
                destination=_host(free=destination),
                memory=None,
                possible=busily,
            )
            self.assertEqual((Compression.NONE, expected), _what(chosen))
            self.assertAlmostEqual(rate, chosen.rate_gib_s)

    def test_busy_wait_and_what_else_is_known(self) -> None:
        """It needs no measurement; what an operator wants comes first."""
        for source, fewest, most, expected in (
            (None, 2, 8, 4),
            (None, 3, 3, 3),
            (_host(), 2, 8, 4),
            (_host(), 3, 3, 3),
            (_host(), 5, 5, 5),
        ):
            chosen = choice.choose(
                source=source,
                destination=_host(),
                memory=None,
                possible=choice.Possible(
                    fewest=fewest, most=most, waits_busily=True
                ),
            )
            self.assertEqual((Compression.NONE, expected), _what(chosen))

    def test_number_that_an_operator_set(self) -> None:
        """It stays; what is done with the pages may still be chosen."""
        for count in (1, 5, 16):
            possible = dataclasses.replace(DEBIAN_13, fewest=count, most=count)
            self.assertEqual(
                (Compression.PACKED, count),
                _what(_choose(HEAPS, possible, free=32)),
            )


def _what(chosen: choice.Choice) -> tuple[Compression, int]:
    return chosen.compression, chosen.connections


class UnknownTest(testtools.TestCase):
    """What is chosen where too little is known."""

    def test_hosts(self) -> None:
        """Without the costs of both: two connections, not compressed."""
        unmeasured = dataclasses.replace(_host(), costs=None)
        for source, destination in itertools.product(
            (None, unmeasured, _host()), repeat=2
        ):
            if source == destination == _host():
                continue
            chosen = choice.choose(
                source=source,
                destination=destination,
                memory=RANDOM,
                possible=DEBIAN_13,
            )

            self.assertEqual((Compression.NONE, 2), _what(chosen))
            self.assertIsNone(chosen.rate_gib_s)
            self.assertIn('not known', chosen.reason)

    def test_memory_of_zeros(self) -> None:
        """It says nothing of zstd, and costs nothing anyway."""
        zeros = dataclasses.replace(PATTERN, zero_pages=PATTERN.pages)

        self.assertEqual((Compression.PACKED, 2), _what(_choose(zeros)))

    def test_reason(self) -> None:
        """It has both numbers, and says what limits."""
        self.assertEqual(
            '2 connections with pages put together (zlib, level 0) send about '
            '1.59 GiB/s, limited by the destination; 2 without compression '
            '1.22',
            _choose(HEAPS).reason,
        )
        self.assertEqual(
            '2 connections without compression send about 0.12 GiB/s, limited '
            'by the network; nothing else is faster',
            _choose(RANDOM, link=GIGABIT).reason,
        )
