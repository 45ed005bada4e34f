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


"""Stays clear of the crash of GnuTLS #1717 and QEMU #1937.

GnuTLS changes the key of a TLS 1.3 connection with AES by itself after
16,777,213 records (lib/record.c, ``_gnutls_send_tlen_int``), which is not
safe while another thread waits for that connection: it cannot decrypt what
then comes (``gnutls_session_key_update``). QEMU waits for the connection over
which it sends memory, and not for those that it adds for a parallel migration.
The guest is lost at the switch-over, on both hosts.

GnuTLS 3.8.11 changes the key of the sender only (commit 1d830baac, lib/tls13/
key_update.c). Tried without QEMU: 3.7.9 and 3.8.9 as the sender fail every
time, whatever receives; 3.8.13 never does, towards 3.7.9 neither. QEMU (to
10.2) does nothing about it.
"""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
import enum

from nova_native_tls._i18n import _
from nova_native_tls.migration import adjustments
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import exclusions
from nova_native_tls.migration.known_issues import memory
from nova_native_tls.migration.known_issues import rules as known_issue_rules
from nova_native_tls.migration import progress
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions

REKEY_AFTER_RECORDS = 2**24 - 3

#: QEMU gives GnuTLS the header of a page and the page one after the other
#: (qio_channel_tls_writev): 33,204 and 33,215 records of 66,545 when a guest
#: of 128 MiB was migrated from QEMU 7.2.
RECORDS_PER_PAGE = 2
PAGE_BYTES = 4096

#: What is sent between two looks at a migration, and while its last pages
#: cross, comes on top: 2 GiB of the 32.
LIMIT_GIB = 30
LIMIT_BYTES = LIMIT_GIB * 2**30

#: As few as make the connections one-way: each costs a processor core.
CONNECTIONS = 2

#: What a migration that was cancelled for it is told to have failed of.
CANCELLED = (
    _(
        'it was cancelled before QEMU could lose the guest, because %d GiB '
        'were sent over its single TLS connection (QEMU #1937): let it use '
        'parallel connections ([native_tls] rekey_crash = avoid, and '
        '[libvirt] live_migration_permit_post_copy = false before QEMU 10.1 '
        'or with a machine before 8.0)'
    )
    % LIMIT_GIB
)

#: Why a migration does not go on as post-copy.
NO_POST_COPY = _(
    'too much memory is left to follow the guest over a single TLS '
    'connection: QEMU would lose the guest (QEMU #1937)'
)

PARALLEL_LIBVIRT = versions.Version(5, 2)
PARALLEL_QEMU = versions.Version(5, 2)

#: How to have parallel connections all the same; of other issues it is what
#: they say themselves.
_REMEDIES = {
    'post-copy-parallel': _(
        'set [libvirt] live_migration_permit_post_copy to false'
    )
}


class Choice(enum.StrEnum):
    """``[native_tls] rekey_crash``: what to do where a guest may be lost."""

    AVOID = 'avoid'
    WATCH = 'watch'
    IGNORE = 'ignore'


@dataclasses.dataclass(frozen=True, slots=True)
class Watch:
    """How much may be sent over the connection that QEMU also reads from.

    :ivar parallel: that connection carries memory in post-copy only.
    """

    limit_bytes: int
    parallel: bool = False

    def must_cancel(self, seen: progress.Progress) -> bool:
        """Tell whether it has to end now, with the guest on the source."""
        return not self.parallel and seen.memory_sent >= self.limit_bytes

    def may_start_post_copy(self, seen: progress.Progress) -> bool:
        """Tell whether what is left may follow the guest.

        After that nobody can cancel. Each page that is left crosses once.
        """
        sent = 0 if self.parallel else seen.memory_sent
        return sent + seen.memory_remaining < self.limit_bytes


def stay_clear(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> Iterable[adjustments.Adjustment]:
    """Send memory over connections that QEMU does not read from."""
    if (
        settings.rekey_crash != Choice.AVOID
        or not _exposed(call, context)
        or 'PARALLEL' in call.flags
        or _keeps_from_parallel(call, settings, request, context)
    ):
        return
    reason = _(
        'QEMU loses a guest that sends more than 32 GiB over the one TLS '
        'connection that it also reads from (GnuTLS #1717, QEMU #1937)'
    )
    yield adjustments.Adjustment(
        action=adjustments.Action.ADD_FLAG, subject='PARALLEL', reason=reason
    )
    yield adjustments.Adjustment(
        action=adjustments.Action.SET_PARAMETER,
        subject='parallel.connections',
        value=CONNECTIONS,
        reason=reason,
    )


def watch(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    context: versions.Context,
) -> Watch | None:
    """Say what has to be watched while this call runs; None for nothing."""
    parallel = 'PARALLEL' in call.flags
    if (
        settings.rekey_crash == Choice.IGNORE
        or not _exposed(call, context)
        or (parallel and 'POSTCOPY' not in call.flags)
    ):
        return None
    return Watch(limit_bytes=LIMIT_BYTES, parallel=parallel)


def warnings(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> tuple[str, ...]:
    """Tell of a call that is watched, or that is not although it should be."""
    if not _exposed(call, context):
        return ()
    if settings.rekey_crash == Choice.IGNORE and 'PARALLEL' not in call.flags:
        return (
            _(
                '[native_tls] rekey_crash is ignore: QEMU loses the guest if '
                'more than 32 GiB are sent (QEMU #1937): set it to avoid'
            ),
        )
    watched = watch(call, settings, context)
    if watched is None or watched.parallel or context.source.qemu is None:
        # Of versions that nobody knows there is nothing to say yet.
        return ()
    return (
        _(
            'it is cancelled after %(limit)d GiB, before QEMU could lose the '
            'guest (QEMU #1937), because it has a single TLS connection: '
            '%(why)s'
        )
        % {
            'limit': watched.limit_bytes // 2**30,
            'why': _keeps_from_parallel(call, settings, request, context)
            or _(
                '[native_tls] rekey_crash is watch: set it to avoid for '
                'parallel connections'
            ),
        },
    )


def _exposed(
    call: migration_call.MigrateCall, context: versions.Context
) -> bool:
    """Tell whether this is a TLS connection whose key would be changed."""
    gnutls = context.source.gnutls
    return (
        'TLS' in call.flags
        and 'TUNNELLED' not in call.flags
        and not context.source_avoids_rekey
        and (gnutls is None or memory.REKEY.include(gnutls))
    )


def _keeps_from_parallel(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> str:
    """Say what more than one connection would collide with."""
    if call.params.get('compression') in exclusions.SINGLE_COMPRESSION:
        return _(
            'this kind of compression works over one connection only: drop it'
        )
    if 'COMPRESSED' in call.flags and 'compression' not in call.params:
        return _(
            'compression without a method works over one connection only: '
            'drop it'
        )
    for end in (context.source, context.destination):
        if end.libvirt is not None and end.libvirt < PARALLEL_LIBVIRT:
            return _('libvirt %s has none: upgrade it') % end.libvirt
        if end.qemu is not None and end.qemu < PARALLEL_QEMU:
            return _('QEMU %s has none with TLS: upgrade it') % end.qemu
    return _known_issue(call, settings, request, context)


def _known_issue(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> str:
    """Say which issue parallel connections would meet, certainly or not."""
    met = known_issue_rules.keeps_from(
        dataclasses.replace(call, flags=call.flags | {'PARALLEL'}),
        call,
        settings=settings,
        request=request,
        context=context,
    )
    if met is None:
        return ''
    remedy = _REMEDIES.get(met.known.id, met.known.remedy)
    return f'{met.detail}: {remedy}'
