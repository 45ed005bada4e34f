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

"""First stage: the flags and parameters that Nova itself would ask for.

Nothing here is decided by this project: the result equals
``LibvirtDriver._parse_migration_flags``, ``_live_migration_operation`` and
``Guest.migrate`` of Nova 34 (nova/virt/libvirt/driver.py, guest.py). What the
project adds or removes comes after, in ``adjustments``.
"""

from __future__ import annotations

import dataclasses

from nova_native_tls._i18n import _
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import uris


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a flag or parameter is there, or was left out."""

    subject: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BaseStage:
    """Nova's own call, and a reason for each part of it."""

    call: migration_call.MigrateCall
    reasons: tuple[Reason, ...]


def base(
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
) -> BaseStage:
    """Build what stock Nova would pass to libvirt.

    Says nothing about whether libvirt or QEMU accept it.
    """
    flags = dict.fromkeys(
        ('LIVE', 'PEER2PEER', 'UNDEFINE_SOURCE', 'PERSIST_DEST'),
        _('asked for in every live migration of Nova'),
    )
    flags.update(_optional_flags(settings))
    left_out: dict[str, str] = {}
    if request.block:
        # Nova passes no list of disks through a tunnel (bug 1398999).
        if request.disks == () or (request.disks and settings.tunnelled):
            left_out['NON_SHARED_INC'] = _(
                'left out: without a list of disks libvirt would copy every '
                'writable disk, volumes included'
            )
        else:
            flags['NON_SHARED_INC'] = _('block migration: disks are copied')
    if request.paused and 'POSTCOPY' in flags:
        del flags['POSTCOPY']
        left_out['POSTCOPY'] = _(
            'left out: libvirt refuses post-copy for a paused guest'
        )
    params = _params(settings, request)
    reasons = {**flags, **left_out, **{k: r for k, (_v, r) in params.items()}}
    return BaseStage(
        call=migration_call.MigrateCall(
            flags=frozenset(flags),
            params={name: value for name, (value, _r) in params.items()},
        ),
        reasons=tuple(
            Reason(subject=subject, reason=reason)
            for subject, reason in reasons.items()
        ),
    )


def _optional_flags(
    settings: migration_settings.MigrationSettings,
) -> dict[str, str]:
    flags = {}
    if settings.tunnelled:
        flags['TUNNELLED'] = _('[libvirt] live_migration_tunnelled')
    if settings.native_tls:
        flags['TLS'] = _('[libvirt] live_migration_with_native_tls')
    if settings.permit_post_copy:
        flags['POSTCOPY'] = _('[libvirt] live_migration_permit_post_copy')
    elif settings.permit_auto_converge:
        flags['AUTO_CONVERGE'] = _(
            '[libvirt] live_migration_permit_auto_converge'
        )
    if settings.parallel_connections > 1:
        flags['PARALLEL'] = _('[libvirt] live_migration_parallel_connections')
    return flags


def _params(
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
) -> dict[str, tuple[migration_call.ParameterValue, str]]:
    params: dict[str, tuple[migration_call.ParameterValue, str]] = {
        'bandwidth': (
            settings.bandwidth_mib_s,
            _('[libvirt] live_migration_bandwidth, MiB/s, 0 for no limit'),
        )
    }
    if request.migrate_uri is not None:
        params['migrate_uri'] = (
            request.migrate_uri,
            _('where the source is told to connect'),
        )
    # A tunnel has no address of its own, and cannot select disks.
    if not settings.tunnelled:
        if request.migrate_uri is None and request.destination_address:
            params['migrate_uri'] = (
                uris.migrate_uri(request.destination_address),
                _("the destination's [libvirt] live_migration_inbound_addr"),
            )
        if request.block and request.disks:
            params['migrate_disks'] = (request.disks, _('the disks to copy'))
    if settings.parallel_connections > 1:
        params['parallel.connections'] = (
            settings.parallel_connections,
            _('[libvirt] live_migration_parallel_connections'),
        )
    return params
