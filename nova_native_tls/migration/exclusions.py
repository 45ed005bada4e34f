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

"""Which flags and parameters exclude each other, whatever the versions.

Some are refused by libvirt before anything happens, some by QEMU when the
destination is already running, and some by nobody at all; here each is one
sentence before the call. Rules that depend on versions are in
``version_rules``, and what is a defect is in ``known_issues``: that TLS is not
for tunnels and not for zero-copy, too.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import enum

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import uris

PARALLEL_CONNECTIONS = range(1, 256)

#: Compression methods by the kind of migration that they work with
#: (qemuMigrationParamsSetCompression, libvirt 9.4).
SINGLE_COMPRESSION = frozenset({'mt', 'xbzrle'})
PARALLEL_COMPRESSION = frozenset({'zlib', 'zstd'})

Predicate = Callable[[migration_call.MigrateCall], bool]


class RefusedBy(enum.StrEnum):
    """Who would find out if this project did not look."""

    LIBVIRT = 'libvirt'
    QEMU = 'QEMU'
    NOBODY = 'nobody'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a call must not be made, in one sentence that says what to do."""

    id: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """One rule: when ``applies``, the call must not be made."""

    id: str
    applies: Predicate
    reason: str
    #: The parameter whose value is at fault, to be named.
    parameter: str | None = None
    refused_by: RefusedBy = RefusedBy.LIBVIRT


def _all(*flags: str) -> Predicate:
    return lambda call: call.flags.issuperset(flags)


def _lacks(flag: str, *needed: str) -> Predicate:
    return lambda call: flag in call.flags and call.flags.isdisjoint(needed)


def _param_lacks(param: str, needed: str) -> Predicate:
    return lambda call: param in call.params and needed not in call.flags


def _param_with(param: str, flag: str) -> Predicate:
    return lambda call: param in call.params and flag in call.flags


def _compression(methods: frozenset[str]) -> Predicate:
    return lambda call: call.params.get('compression') in methods


def _non_shared(call: migration_call.MigrateCall) -> bool:
    return not call.flags.isdisjoint({'NON_SHARED_DISK', 'NON_SHARED_INC'})


def _and(*predicates: Predicate) -> Predicate:
    return lambda call: all(predicate(call) for predicate in predicates)


def _not(predicate: Predicate) -> Predicate:
    return lambda call: not predicate(call)


def _uri_transport(param: str, transport: str) -> Predicate:
    def applies(call: migration_call.MigrateCall) -> bool:
        uri = call.params.get(param)
        if not isinstance(uri, str):
            return False
        try:
            return uris.parse_migrate_uri(uri).transport == transport
        except exception.InvalidURI:
            return False

    return applies


def _connections_out_of_range(call: migration_call.MigrateCall) -> bool:
    count = call.params.get('parallel.connections')
    return count is not None and count not in PARALLEL_CONNECTIONS


_TLS = _all('TLS')

_DISKS_LEFT_BEHIND = _(
    'a tunnel cannot carry disks that are not shared: set [libvirt] '
    'live_migration_tunnelled to false'
)

EXCLUSIONS: tuple[Exclusion, ...] = (
    Exclusion(
        id='tls-offline',
        applies=_all('TLS', 'OFFLINE'),
        reason=_(
            'an offline migration sends no guest data, so there is nothing '
            'for TLS to protect: drop one of the two'
        ),
        refused_by=RefusedBy.NOBODY,
    ),
    Exclusion(
        id='tls-rdma',
        applies=_and(_TLS, _uri_transport('migrate_uri', 'rdma')),
        parameter='migrate_uri',
        reason=_(
            'RDMA cannot carry TLS: give a migrate URI that begins with tcp://'
        ),
        refused_by=RefusedBy.QEMU,
    ),
    Exclusion(
        id='tls-unix-without-name',
        applies=_and(
            _TLS,
            _uri_transport('migrate_uri', 'unix'),
            lambda call: 'tls.destination' not in call.params,
        ),
        parameter='migrate_uri',
        reason=_(
            'a UNIX socket has no host name to verify: state the name in '
            "the destination's certificate (tls.destination)"
        ),
    ),
    Exclusion(
        id='tls-disks-over-unix',
        applies=_and(_TLS, _non_shared, _uri_transport('disks_uri', 'unix')),
        parameter='disks_uri',
        reason=_(
            'disks cannot be copied with TLS over a UNIX socket: give a '
            'disks URI that begins with tcp://'
        ),
    ),
    Exclusion(
        id='tunnelled-not-peer-to-peer',
        applies=_lacks('TUNNELLED', 'PEER2PEER'),
        reason=_(
            'only a peer-to-peer migration has a tunnel to go through: set '
            '[libvirt] live_migration_tunnelled to false'
        ),
    ),
    Exclusion(
        id='tunnelled-parallel',
        applies=_all('TUNNELLED', 'PARALLEL'),
        reason=_(
            'a tunnel is a single connection: set [libvirt] '
            'live_migration_parallel_connections to 1, or '
            'live_migration_tunnelled to false'
        ),
    ),
    Exclusion(
        id='tunnelled-disks',
        applies=_and(_all('TUNNELLED'), _non_shared),
        reason=_DISKS_LEFT_BEHIND,
    ),
    Exclusion(
        id='tunnelled-post-copy',
        applies=_all('TUNNELLED', 'POSTCOPY'),
        reason=_(
            'post-copy needs a connection back to the source, which a tunnel '
            'lacks: set [libvirt] live_migration_tunnelled or '
            'live_migration_permit_post_copy to false'
        ),
    ),
    *(
        Exclusion(
            id=f'tunnelled-{param}',
            applies=_param_with(param, 'TUNNELLED'),
            reason=_(
                'a tunnel has no address of its own: drop %s or the tunnel'
            )
            % param,
        )
        for param in (
            'migrate_uri',
            'listen_address',
            'disks_port',
            'disks_uri',
        )
    ),
    Exclusion(
        id='two-kinds-of-disk-copy',
        applies=_all('NON_SHARED_DISK', 'NON_SHARED_INC'),
        reason=_('copy disks whole or incrementally, not both: drop one'),
    ),
    Exclusion(
        id='synchronous-writes-without-disks',
        applies=_lacks(
            'NON_SHARED_SYNCHRONOUS_WRITES',
            'NON_SHARED_DISK',
            'NON_SHARED_INC',
        ),
        reason=_(
            'synchronous writes are a way to copy disks, and no disk is '
            'copied: drop them'
        ),
    ),
    Exclusion(
        id='post-copy-not-live',
        applies=_lacks('POSTCOPY', 'LIVE'),
        reason=_('post-copy needs a live migration: add LIVE'),
    ),
    Exclusion(
        id='post-copy-paused',
        applies=_all('POSTCOPY', 'PAUSED'),
        reason=_(
            'post-copy starts the guest on the destination, so it cannot '
            'arrive paused: drop one of the two'
        ),
    ),
    Exclusion(
        id='resume-without-post-copy',
        applies=_lacks('POSTCOPY_RESUME', 'POSTCOPY'),
        reason=_('only a post-copy migration can be resumed: add POSTCOPY'),
    ),
    Exclusion(
        id='resume-without-protection',
        applies=_lacks('POSTCOPY_RESUME', 'CHANGE_PROTECTION', 'PEER2PEER'),
        reason=_(
            'resuming a post-copy migration that is not peer-to-peer needs '
            'CHANGE_PROTECTION: add it'
        ),
    ),
    Exclusion(
        id='zerocopy-not-parallel',
        applies=_lacks('ZEROCOPY', 'PARALLEL'),
        reason=_(
            'zero-copy needs parallel connections: set [libvirt] '
            'live_migration_parallel_connections to 2 or more'
        ),
    ),
    Exclusion(
        id='connections-not-parallel',
        applies=_param_lacks('parallel.connections', 'PARALLEL'),
        reason=_(
            'a number of parallel connections needs a parallel migration: '
            'add PARALLEL'
        ),
    ),
    Exclusion(
        id='connections-out-of-range',
        applies=_connections_out_of_range,
        parameter='parallel.connections',
        reason=_(
            'QEMU takes 1 to 255 parallel connections: change [libvirt] '
            'live_migration_parallel_connections, or --parallel'
        ),
        refused_by=RefusedBy.QEMU,
    ),
    Exclusion(
        id='compression-not-for-parallel',
        applies=_and(_compression(SINGLE_COMPRESSION), _all('PARALLEL')),
        parameter='compression',
        reason=_(
            'a parallel migration compresses with zlib or zstd only: change '
            'the method'
        ),
    ),
    Exclusion(
        id='compression-only-for-parallel',
        applies=_and(
            _compression(PARALLEL_COMPRESSION), _not(_all('PARALLEL'))
        ),
        parameter='compression',
        reason=_(
            'zlib and zstd compress parallel migrations only: change the '
            'method, or use 2 or more parallel connections'
        ),
    ),
    Exclusion(
        id='compression-method-missing',
        applies=_and(
            _all('COMPRESSED', 'PARALLEL'),
            lambda call: 'compression' not in call.params,
        ),
        reason=_(
            'a compressed parallel migration needs a method: choose zlib or '
            'zstd'
        ),
    ),
)


def _sentence(rule: Exclusion, call: migration_call.MigrateCall) -> str:
    if rule.parameter is None:
        return rule.reason
    return _('%(parameter)s is %(value)s: %(reason)s') % {
        'parameter': rule.parameter,
        'value': call.params.get(rule.parameter),
        'reason': rule.reason,
    }


def refusals(
    call: migration_call.MigrateCall, request: migration_call.MigrationRequest
) -> tuple[Refusal, ...]:
    """List every rule that forbids this call; empty when none does.

    Says nothing about versions: see ``version_rules``.
    """
    found = [
        Refusal(id=rule.id, reason=_sentence(rule, call))
        for rule in EXCLUSIONS
        if rule.applies(call)
    ]
    if request.block and request.disks and not _non_shared(call):
        # Nova drops the flag and goes on, so the guest would arrive at an
        # empty disk.
        found.append(
            Refusal(id='disks-left-behind', reason=_DISKS_LEFT_BEHIND)
        )
    return tuple(found)
