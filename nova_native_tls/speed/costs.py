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

"""What sending a guest's memory costs on a host, as numbers that travel.

A peer sends them: they are read as foreign input.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import math
from typing import Any

from nova_native_tls._i18n import _
from nova_native_tls import exception

#: Nothing is slower than the first, and nothing faster than the second.
COST_MAX_S_PER_GIB = 1000.0
COST_MIN_S_PER_GIB = 1e-5
CORES_MAX = 65536
PAGE_BYTES = 4096
#: A packet of multifd has 512 KiB of pages, and what is done with them is done
#: for all at once (MULTIFD_PACKET_SIZE, QEMU 7.2 migration/multifd.h).
PACKET_PAGES = 128
_GIB = 1 << 30
#: 800 Gbit/s is about 93 GiB/s.
LINK_MAX_GIB_S = 10000.0


def per_gib(taken_s: float, for_bytes: int) -> float:
    """Say how long a GiB takes, if so many bytes take so long; never nothing.

    A clock that stood still measured nothing faster.
    """
    return max(taken_s * _GIB / for_bytes, COST_MIN_S_PER_GIB)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU seconds per GiB of guest memory, of one thread at each end."""

    send_s_per_gib: float
    receive_s_per_gib: float

    def to_primitive(self) -> list[float]:
        """Write it in types that JSON has, to three digits that count."""
        return [_short(self.send_s_per_gib), _short(self.receive_s_per_gib)]

    @classmethod
    def from_primitive(cls, written: object, name: str) -> Cost:
        """Read what ``to_primitive`` wrote.

        :param name: what it is, for the error.
        :raises FactsUnreadable: it is not two usable numbers.
        """
        if not isinstance(written, list) or len(written) != 2:
            raise _unusable(name)
        send, receive = (
            number(each, name, low=COST_MIN_S_PER_GIB, high=COST_MAX_S_PER_GIB)
            for each in written
        )
        return cls(send_s_per_gib=send, receive_s_per_gib=receive)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StreamCosts:
    """What each way of sending costs, QEMU's own part included.

    :ivar page_records: TLS with a record for every page of 4 KiB.
    :ivar full_records: TLS with records of 16 KiB, as full as they get.
    :ivar packing: zlib at level 0, which joins pages and compresses nothing;
        alone, without TLS.
    """

    page_records: Cost
    full_records: Cost
    packing: Cost

    def to_primitive(self) -> dict[str, list[float]]:
        """Write them in types that JSON has."""
        return {
            each.name: getattr(self, each.name).to_primitive()
            for each in dataclasses.fields(self)
        }

    @classmethod
    def from_primitive(cls, written: object) -> StreamCosts:
        """Read what ``to_primitive`` wrote, and leave aside what is more.

        :raises FactsUnreadable: a part is missing or unusable.
        """
        read = _object(written, 'costs')
        return cls(
            **{
                each.name: Cost.from_primitive(read.get(each.name), each.name)
                for each in dataclasses.fields(cls)
            }
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HostSpeed:
    """What a host has for a migration.

    :ivar costs: None if they could not be measured.
    :ivar cores: processors that may be used.
    :ivar free_cores: how many of them nobody uses now.
    :ivar link_gib_s: what the interface of migrations carries; None if it
        does not say.
    :ivar zstd: QEMU here can compress by zstd.
    :ivar fills_records: QEMU here puts pages into TLS records of full size
        when it sends; False if nobody knows.
    """

    costs: StreamCosts | None
    cores: int
    free_cores: float
    link_gib_s: float | None
    zstd: bool
    fills_records: bool = False

    def to_primitive(self) -> dict[str, Any]:
        """Write it in types that JSON has."""
        return {
            'costs': None if self.costs is None else self.costs.to_primitive(),
            'cores': self.cores,
            'free_cores': round(self.free_cores, 2),
            'link_gib_s': None
            if self.link_gib_s is None
            else _short(self.link_gib_s),
            'zstd': self.zstd,
            'fills_records': self.fills_records,
        }

    @classmethod
    def from_primitive(cls, written: object) -> HostSpeed:
        """Read what a host wrote, and leave aside what is more.

        :raises FactsUnreadable: a part is missing, of the wrong kind, not
            finite, negative or absurd.
        """
        read = _object(written, 'speed')
        costs, link = read.get('costs'), read.get('link_gib_s')
        cores, zstd = read.get('cores'), read.get('zstd')
        if not isinstance(cores, int) or not isinstance(zstd, bool):
            raise _unusable('speed')
        # An older release of this project does not say.
        fills_records = read.get('fills_records', False)
        if not isinstance(fills_records, bool):
            raise _unusable('fills_records')
        return cls(
            costs=None if costs is None else StreamCosts.from_primitive(costs),
            cores=int(number(cores, 'cores', low=1, high=CORES_MAX)),
            free_cores=number(
                read.get('free_cores'), 'free_cores', low=0, high=cores
            ),
            link_gib_s=None
            if link is None
            else number(link, 'link_gib_s', low=1e-6, high=LINK_MAX_GIB_S),
            zstd=zstd,
            fills_records=fills_records,
        )


def number(value: object, name: str, *, low: float, high: float) -> float:
    """Read a number.

    :raises FactsUnreadable: it is none, not finite, or out of bounds.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unusable(name)
    # Before anything is made a float: an int may be too long for one.
    if not low <= value <= high or not math.isfinite(value):
        raise _unusable(name)
    return float(value)


def _object(written: object, name: str) -> Mapping[str, Any]:
    if not isinstance(written, dict):
        raise _unusable(name)
    return written


def _unusable(name: str) -> exception.FactsUnreadable:
    return exception.FactsUnreadable(
        problem=_('%s is missing, or no such number') % name
    )


def _short(value: float) -> float:
    return float(f'{value:.3g}')
