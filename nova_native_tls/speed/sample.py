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

"""What some pages of a guest say about compressing all of it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import dataclasses
import time
from typing import Protocol

from nova_native_tls._i18n import _
from nova_native_tls.speed import compressors
from nova_native_tls.speed import costs

#: From fewer places, or with fewer pages that are not zero, nothing follows
#: for the rest.
PLACES_MIN = 4
PAGES_MIN = 16

_ZERO_PAGE = bytes(costs.PAGE_BYTES)


class Compressor(Protocol):
    """Something that compresses one buffer as QEMU would."""

    def timed(
        self, content: bytes, clock: Callable[[], float]
    ) -> compressors.Timed:
        """Compress it, undo that, and say how long each took."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MemorySample:
    """What was seen of a guest's memory, which is not kept itself.

    :ivar pages: how many pages of 4 KiB were looked at.
    :ivar zero_pages: those of them that are all zero, and cost next to
        nothing however they are sent.
    :ivar ratio: how much smaller zstd at level 1 makes the other ones.
    :ivar zstd: what that costs, alone, for each GiB of the other ones.
    """

    pages: int
    zero_pages: int
    ratio: float
    zstd: costs.Cost


@dataclasses.dataclass(frozen=True, slots=True)
class Unsampled:
    """Nothing is known of the guest's memory.

    :ivar problem: why, for people.
    """

    problem: str


def measure(
    read: Sequence[bytes],
    zstd: Compressor,
    *,
    clock: Callable[[], float] = time.thread_time,
) -> MemorySample | Unsampled:
    """Compress what was read of a guest, and see what becomes of it.

    It takes some 6 ms for each MiB. That says nothing of pages that were not
    read, nor of how the memory changes.

    :param read: one piece of whole pages from each place.
    :param zstd: at level 1, the one that QEMU is asked for.
    :param clock: CPU seconds of this thread.
    """
    pages = [page for piece in read for page in _pages(piece)]
    if len(read) < PLACES_MIN:
        return Unsampled(
            _('only %d places of it could be read in time') % len(read)
        )
    filled = [page for page in pages if page != _ZERO_PAGE]
    if len(filled) < PAGES_MIN:
        return Unsampled(
            _('all but %(filled)d of the %(pages)d pages seen are zero')
            % {'filled': len(filled), 'pages': len(pages)}
        )
    packets = [
        b''.join(filled[begin : begin + costs.PACKET_PAGES])
        for begin in range(0, len(filled), costs.PACKET_PAGES)
    ]
    # Twice, and the faster counts: what only the first call costs, and what
    # else this processor had to do, is not the guest's.
    rounds = [
        [zstd.timed(packet, clock) for packet in packets] for _round in '12'
    ]
    size = len(filled) * costs.PAGE_BYTES
    return MemorySample(
        pages=len(pages),
        zero_pages=len(pages) - len(filled),
        ratio=size / sum(each.size for each in rounds[0]),
        zstd=costs.Cost(
            send_s_per_gib=costs.per_gib(
                min(sum(each.compress_s for each in one) for one in rounds),
                size,
            ),
            receive_s_per_gib=costs.per_gib(
                min(sum(each.decompress_s for each in one) for one in rounds),
                size,
            ),
        ),
    )


def _pages(piece: bytes) -> Iterator[bytes]:
    for begin in range(0, len(piece), costs.PAGE_BYTES):
        yield piece[begin : begin + costs.PAGE_BYTES]
