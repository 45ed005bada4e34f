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

"""Makes encrypted migrations as fast as the two hosts permit.

What is fastest is ``speed.choice``; here is what may be asked for at all, and
how that is put. Migrations in clear text stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.migration import adjustments
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import exclusions
from nova_native_tls.migration.known_issues import memory
from nova_native_tls.migration.known_issues import rules as known_issue_rules
from nova_native_tls.migration import rekey
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import version_rules
from nova_native_tls.migration import versions
from nova_native_tls.speed import choice

#: QEMU compresses parallel connections since 5.0, and libvirt asks for it
#: since 9.4 (``version_rules``).
ZSTD_QEMU = versions.Version(5, 0)

#: With 7.2 putting pages together was three times slower than doing nothing
#: (0.18 GiB/s); 10.0.13 is the oldest with which it was seen to be faster.
PACKED_QEMU = versions.Version(10, 0)

#: Of a type that only a binding which knows the name can pass.
ZLIB_LEVEL = 'compression.zlib.level'
ZSTD_LEVEL = 'compression.zstd.level'

_MIB_PER_GIB = 1024

_Adjustment = adjustments.Adjustment
_Action = adjustments.Action


def make_fast(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> Iterable[adjustments.Adjustment]:
    """Send over as many connections, and as compressed, as is fastest."""
    possible = _possible(call, settings, context)
    if possible is None:
        return ()
    chosen = choice.choose(
        source=context.source_speed,
        destination=context.destination_speed,
        memory=request.memory,
        possible=possible,
    )
    changes = tuple(_changes(chosen, call, context))
    if _permitted(changes, call, settings, request, context):
        return changes
    return ()


def depends_on_memory(
    settings: migration_settings.MigrationSettings, context: versions.Context
) -> bool:
    """Tell whether what a guest's memory is like could decide anything."""
    return (
        settings.auto_compression
        and _have(context, ZSTD_QEMU)
        and all(
            speed is not None and speed.costs is not None and speed.zstd
            for speed in (context.source_speed, context.destination_speed)
        )
    )


def _possible(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    context: versions.Context,
) -> choice.Possible | None:
    """Find out what may be chosen from; None for nothing."""
    if (
        'TLS' not in call.flags
        or 'POSTCOPY' in call.flags
        or 'COMPRESSED' in call.flags
        or 'compression' in call.params
        or not _known(context)
    ):
        return None
    connections = _connections(call, settings)
    if connections is None:
        return None
    limit = call.params.get('bandwidth', 0)
    return choice.Possible(
        fewest=connections[0],
        most=connections[1],
        packed=settings.auto_compression
        and _have(context, PACKED_QEMU)
        and ZLIB_LEVEL not in context.unknown_parameters,
        zstd=depends_on_memory(settings, context),
        fills_records=context.source_speed is not None
        and context.source_speed.fills_records,
        waits_busily=context.source.qemu is not None
        and memory.BUSY_WAIT.include(context.source.qemu),
        limit_gib_s=limit / _MIB_PER_GIB
        if isinstance(limit, int) and limit > 0
        else None,
    )


def _connections(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
) -> tuple[int, int] | None:
    """Give the fewest and the most; None if there may only be one.

    ``watch`` is for hosts that are to stay with a single connection.
    """
    parallel = 'PARALLEL' in call.flags
    if (
        settings.auto_parallel
        and settings.parallel_connections <= 1
        and (parallel or settings.rekey_crash != rekey.Choice.WATCH)
    ):
        return choice.USUAL_CONNECTIONS, choice.MOST_CONNECTIONS
    if not parallel:
        return None
    # QEMU's own default is 2.
    count = call.params.get('parallel.connections', choice.USUAL_CONNECTIONS)
    return (count, count) if isinstance(count, int) else None


def _known(context: versions.Context) -> bool:
    """Tell whether nobody can be surprised by more than one connection."""
    return None not in (
        context.source.libvirt,
        context.source.qemu,
        context.destination.libvirt,
        context.destination.qemu,
    )


def _have(context: versions.Context, needed: versions.Version) -> bool:
    ends = (context.source, context.destination)
    return all(
        end.libvirt is not None
        and end.libvirt >= version_rules.PARALLEL_COMPRESSION_LIBVIRT
        and end.qemu is not None
        and end.qemu >= needed
        for end in ends
    )


def _changes(
    chosen: choice.Choice,
    call: migration_call.MigrateCall,
    context: versions.Context,
) -> Iterator[adjustments.Adjustment]:
    if 'PARALLEL' not in call.flags:
        yield _Adjustment(
            action=_Action.ADD_FLAG, subject='PARALLEL', reason=chosen.reason
        )
    if call.params.get('parallel.connections') != chosen.connections:
        yield _set('parallel.connections', chosen.connections, chosen.reason)
    if chosen.compression is choice.Compression.NONE:
        return
    yield _Adjustment(
        action=_Action.ADD_FLAG, subject='COMPRESSED', reason=chosen.reason
    )
    if chosen.compression is choice.Compression.ZSTD:
        yield _set('compression', 'zstd', chosen.reason)
        # QEMU's own default is 1 (migration/options.c).
        if ZSTD_LEVEL not in context.unknown_parameters:
            yield _set(ZSTD_LEVEL, 1, _('at level 1, the fastest'))
        return
    yield _set('compression', 'zlib', chosen.reason)
    yield _set(
        ZLIB_LEVEL,
        0,
        _(
            'at level 0 nothing is compressed, pages are only put together: '
            'into TLS records of 16 KiB, where each page would be one of 4 KiB'
        ),
    )


def _set(
    name: str, value: migration_call.ParameterValue, reason: str
) -> adjustments.Adjustment:
    return _Adjustment(
        action=_Action.SET_PARAMETER, subject=name, value=value, reason=reason
    )


def _permitted(
    changes: tuple[adjustments.Adjustment, ...],
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> bool:
    """Make sure that being fast keeps no migration from being made."""
    wanted = call
    for change in changes:
        wanted = change.apply(wanted)
    return _refused(wanted, request, context) <= _refused(
        call, request, context
    ) and not known_issue_rules.keeps_from(
        wanted, call, settings=settings, request=request, context=context
    )


def _refused(
    call: migration_call.MigrateCall,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> frozenset[str]:
    return frozenset(
        each.id
        for each in (
            *exclusions.refusals(call, request),
            *version_rules.evaluate(call, context).refusals,
        )
    )
