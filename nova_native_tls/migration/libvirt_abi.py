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

"""libvirt's migration flags and typed parameters, with the release of each.

The numbers are libvirt's stable interface (include/libvirt/libvirt-domain.h,
libvirt 12.5), so a bitmask can be shown and compared where no libvirt is
installed. Calls go through ``libvirt_api``, which asks the installed binding.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
import dataclasses
import types

from nova_native_tls import exception
from nova_native_tls.migration import versions

V = versions.Version


@dataclasses.dataclass(frozen=True, slots=True)
class Flag:
    """One bit of libvirt's virDomainMigrateFlags."""

    bit: int
    since: versions.Version


@dataclasses.dataclass(frozen=True, slots=True)
class Parameter:
    """One typed parameter of libvirt's virDomainMigrateToURI3."""

    type: type
    since: versions.Version


FLAGS: Mapping[str, Flag] = types.MappingProxyType(
    {
        'LIVE': Flag(1 << 0, V(0, 3, 2)),
        'PEER2PEER': Flag(1 << 1, V(0, 7, 2)),
        'TUNNELLED': Flag(1 << 2, V(0, 7, 2)),
        'PERSIST_DEST': Flag(1 << 3, V(0, 7, 3)),
        'UNDEFINE_SOURCE': Flag(1 << 4, V(0, 7, 3)),
        'PAUSED': Flag(1 << 5, V(0, 7, 5)),
        'NON_SHARED_DISK': Flag(1 << 6, V(0, 8, 2)),
        'NON_SHARED_INC': Flag(1 << 7, V(0, 8, 2)),
        'CHANGE_PROTECTION': Flag(1 << 8, V(0, 9, 4)),
        'UNSAFE': Flag(1 << 9, V(0, 9, 11)),
        'OFFLINE': Flag(1 << 10, V(1, 0, 1)),
        'COMPRESSED': Flag(1 << 11, V(1, 0, 3)),
        'ABORT_ON_ERROR': Flag(1 << 12, V(1, 1)),
        'AUTO_CONVERGE': Flag(1 << 13, V(1, 2, 3)),
        'RDMA_PIN_ALL': Flag(1 << 14, V(1, 2, 9)),
        'POSTCOPY': Flag(1 << 15, V(1, 3, 3)),
        'TLS': Flag(1 << 16, V(3, 2)),
        'PARALLEL': Flag(1 << 17, V(5, 2)),
        'NON_SHARED_SYNCHRONOUS_WRITES': Flag(1 << 18, V(8, 0)),
        'POSTCOPY_RESUME': Flag(1 << 19, V(8, 5)),
        'ZEROCOPY': Flag(1 << 20, V(8, 5)),
    }
)

PARAMETERS: Mapping[str, Parameter] = types.MappingProxyType(
    {
        'migrate_uri': Parameter(str, V(1, 1)),
        'bandwidth': Parameter(int, V(1, 1)),
        'listen_address': Parameter(str, V(1, 1, 4)),
        'migrate_disks': Parameter(tuple, V(1, 2, 17)),
        'disks_port': Parameter(int, V(1, 3, 3)),
        'compression': Parameter(str, V(1, 3, 4)),
        'bandwidth.postcopy': Parameter(int, V(5, 1)),
        'parallel.connections': Parameter(int, V(5, 2)),
        'tls.destination': Parameter(str, V(6, 0)),
        'disks_uri': Parameter(str, V(6, 8)),
        'compression.zlib.level': Parameter(int, V(9, 4)),
        'compression.zstd.level': Parameter(int, V(9, 4)),
        'migrate_disks_detect_zeroes': Parameter(tuple, V(10, 9)),
        'bandwidth.avail.switchover': Parameter(int, V(11, 1)),
    }
)


#: Types of a job that has not ended (VIR_DOMAIN_JOB_BOUNDED, _UNBOUNDED).
RUNNING_JOBS = frozenset({1, 2})

#: The event with the statistics of a job that has ended
#: (VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, libvirt 3.3).
JOB_COMPLETED_EVENT = 21


def bitmask(names: Collection[str]) -> int:
    """Give the number that libvirt is passed for these flags.

    :raises UnknownFlag: for a name that is not in ``FLAGS``.
    """
    mask = 0
    for name in names:
        mask |= flag(name).bit
    return mask


def flag(name: str) -> Flag:
    """Look a flag up.

    :raises UnknownFlag: libvirt has none of this name.
    """
    try:
        return FLAGS[name]
    except KeyError:
        raise exception.UnknownFlag(flag=name) from None


def parameter(name: str) -> Parameter:
    """Look a parameter up.

    :raises UnknownParameter: libvirt has none of this name.
    """
    try:
        return PARAMETERS[name]
    except KeyError:
        raise exception.UnknownParameter(name=name) from None


def unknown_parameters(binding: types.ModuleType | None) -> frozenset[str]:
    """Give the parameters that a binding of libvirt cannot pass on.

    It takes the type of each from a table of those that its libvirt had when
    it was built (virPyDomainMigrate3Params in libvirt-python); a number of
    any other it passes as one without a sign, which libvirt refuses.

    :param binding: None for none, which passes nothing on.
    """
    prefix = 'VIR_MIGRATE_PARAM_'
    known = {
        value
        for name, value in ({} if binding is None else vars(binding)).items()
        if name.startswith(prefix)
    }
    return frozenset(PARAMETERS) - known


def names(mask: int) -> frozenset[str]:
    """Give the flags in a number; bits that nobody knows are left out."""
    return frozenset(n for n, flag in FLAGS.items() if mask & flag.bit)


def in_bit_order(names: Collection[str]) -> list[str]:
    """Give the flag names as libvirt numbers them, to be read by people."""
    return sorted(names, key=lambda name: FLAGS[name].bit)
