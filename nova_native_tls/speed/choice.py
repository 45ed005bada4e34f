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

"""Over how many connections, and how compressed, is a guest sent fastest?

Pure. A way of sending costs CPU time at both ends, in one thread for each
connection, and it needs the network. What is first used up decides:

    rate = min(connections / cost, free processors / cost, link * ratio)

with the cost of each end, in CPU seconds per GiB. All of it is about memory
that is not zero: pages of zeros cost next to nothing in every way.

It does not know what a guest does to its memory meanwhile, nor other
migrations that run at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import enum

from nova_native_tls._i18n import _
from nova_native_tls.speed import costs as stream_costs
from nova_native_tls.speed import sample

#: More than this did not pay on any host that is known.
MOST_CONNECTIONS = 8

#: As fast as one, or faster, also where processors are scarce.
USUAL_CONNECTIONS = 2

#: Where a thread of QEMU waits busily for them so many are needed that most of
#: what runs sends. With QEMU 7.2 and two processors for both ends four were
#: 1.2 times as fast as one, and two 0.93 to 1.06 times.
WITH_BUSY_WAIT = 4

#: A way that is not this much faster is not worth being another.
WORTH_IT = 1.05


class Compression(enum.StrEnum):
    """What is done with pages before they are encrypted."""

    NONE = 'none'
    #: They are put together, to go into TLS records of full size.
    PACKED = 'packed'
    ZSTD = 'zstd'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """What the two hosts and the options permit.

    :ivar fewest: connections.
    :ivar most: connections; 1 if there cannot be more.
    :ivar fills_records: QEMU on the source puts pages together by itself.
    :ivar waits_busily: a thread of QEMU on the source runs all the time, only
        to wait for the connections.
    :ivar limit_gib_s: what the migration may send; None for no limit.
    """

    fewest: int = USUAL_CONNECTIONS
    most: int = MOST_CONNECTIONS
    packed: bool = False
    zstd: bool = False
    fills_records: bool = False
    waits_busily: bool = False
    limit_gib_s: float | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How to send.

    :ivar rate_gib_s: of memory that is not zero, as the model has it; None
        if too little is known.
    :ivar reason: why, as a part of a sentence.
    """

    connections: int
    compression: Compression
    rate_gib_s: float | None
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One way to send: its cost, and what crosses the network."""

    compression: Compression
    cost: stream_costs.Cost
    ratio: float = 1.0

    @property
    def cpu_s_per_gib(self) -> float:
        return self.cost.send_s_per_gib + self.cost.receive_s_per_gib


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    way: _Way
    connections: int
    rate_gib_s: float
    limit: str


def choose(
    *,
    source: stream_costs.HostSpeed | None,
    destination: stream_costs.HostSpeed | None,
    memory: sample.MemorySample | None,
    possible: Possible,
) -> Choice:
    """Choose the fastest way; among those as fast, that of the least CPU.

    It is never one that the model has for slower than a single TLS
    connection without compression.
    """
    here = None if source is None else source.costs
    there = None if destination is None else destination.costs
    if source is None or destination is None or not here or not there:
        return Choice(
            connections=_fewest(possible),
            compression=Compression.NONE,
            rate_gib_s=None,
            reason=_(
                'how fast the two hosts are is not known, so it is the usual '
                'number of connections'
            ),
        )
    ways = tuple(_ways(here, there, memory, possible))
    candidates = [
        _candidate(way, connections, source, destination, possible)
        for way in ways
        for connections in range(_fewest(possible), possible.most + 1)
    ]
    usual = candidates[0]
    best = max(each.rate_gib_s for each in candidates)
    chosen = min(
        (
            each
            for each in candidates
            if each.rate_gib_s * WORTH_IT >= best
            and each.rate_gib_s >= usual.rate_gib_s * WORTH_IT
        ),
        key=lambda each: (
            each.way.cpu_s_per_gib,
            each.connections,
            -each.rate_gib_s,
        ),
        default=usual,
    )
    return Choice(
        connections=chosen.connections,
        compression=chosen.way.compression,
        rate_gib_s=chosen.rate_gib_s,
        reason=_reason(chosen, usual),
    )


def _fewest(possible: Possible) -> int:
    if possible.waits_busily:
        return min(max(possible.fewest, WITH_BUSY_WAIT), possible.most)
    return possible.fewest


def _ways(
    here: stream_costs.StreamCosts,
    there: stream_costs.StreamCosts,
    memory: sample.MemorySample | None,
    possible: Possible,
) -> Iterator[_Way]:
    """Give each possible way, the one without compression first."""
    full = _between(here.full_records, there.full_records)
    yield _Way(
        compression=Compression.NONE,
        cost=full
        if possible.fills_records
        else _between(here.page_records, there.page_records),
    )
    if possible.packed:
        yield _Way(
            compression=Compression.PACKED,
            cost=_sum(_between(here.packing, there.packing), full),
        )
    # Memory of which no page was looked at may be anything.
    if possible.zstd and memory is not None and memory.ratio > 0:
        if memory.pages > memory.zero_pages:
            yield _Way(
                compression=Compression.ZSTD,
                cost=_sum(memory.zstd, full, share=1 / memory.ratio),
                ratio=memory.ratio,
            )


def _between(
    here: stream_costs.Cost, there: stream_costs.Cost
) -> stream_costs.Cost:
    return stream_costs.Cost(
        send_s_per_gib=here.send_s_per_gib,
        receive_s_per_gib=there.receive_s_per_gib,
    )


def _sum(
    first: stream_costs.Cost, second: stream_costs.Cost, share: float = 1.0
) -> stream_costs.Cost:
    return stream_costs.Cost(
        send_s_per_gib=first.send_s_per_gib + share * second.send_s_per_gib,
        receive_s_per_gib=first.receive_s_per_gib
        + share * second.receive_s_per_gib,
    )


def _candidate(
    way: _Way,
    connections: int,
    source: stream_costs.HostSpeed,
    destination: stream_costs.HostSpeed,
    possible: Possible,
) -> _Candidate:
    """Find out what limits it."""
    waiting = 1 if possible.waits_busily else 0
    senders = _threads(connections, waiting, source.free_cores)
    receivers = _threads(connections, 0, destination.free_cores)
    limits = [
        (senders / way.cost.send_s_per_gib, _('source')),
        (receivers / way.cost.receive_s_per_gib, _('destination')),
    ]
    links = [
        each
        for each in (
            source.link_gib_s,
            destination.link_gib_s,
            possible.limit_gib_s,
        )
        if each
    ]
    if links:
        limits.append((min(links) * way.ratio, _('network')))
    rate, limit = min(limits)
    return _Candidate(
        way=way, connections=connections, rate_gib_s=rate, limit=limit
    )


def _threads(connections: int, waiting: int, free_cores: float) -> float:
    """Give how many processors the connections get at one end.

    Too few are shared evenly with the threads that only wait. On a host where
    none is free the guests share theirs.
    """
    running = connections + waiting
    share = min(1.0, free_cores / running)
    return max(connections * share, 1.0)


_NAMES = {
    Compression.NONE: _('without compression'),
    Compression.PACKED: _('with pages put together (zlib, level 0)'),
    Compression.ZSTD: _('compressed (zstd)'),
}


def _reason(chosen: _Candidate, usual: _Candidate) -> str:
    values = {
        'connections': chosen.connections,
        'how': _NAMES[chosen.way.compression],
        'rate': chosen.rate_gib_s,
        'limit': chosen.limit,
        'usual': usual.rate_gib_s,
        'usual_connections': usual.connections,
    }
    if chosen is usual:
        return (
            _(
                '%(connections)d connections %(how)s send about %(rate).2f '
                'GiB/s, limited by the %(limit)s; nothing else is faster'
            )
            % values
        )
    return (
        _(
            '%(connections)d connections %(how)s send about %(rate).2f GiB/s, '
            'limited by the %(limit)s; %(usual_connections)d without '
            'compression %(usual).2f'
        )
        % values
    )
