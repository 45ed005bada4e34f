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

"""Leads one migration from anywhere: looks first, moves, then records.

The *controller* may be a third machine; peer-to-peer, the guest's data never
pass through it.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import threading
import time

from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls import host_names
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import ends
from nova_native_tls.migration import guest_traits
from nova_native_tls.migration import libvirt_abi
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import plan as migration_plan
from nova_native_tls.migration import progress
from nova_native_tls.migration import record as migration_record
from nova_native_tls.migration import run
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import tuning
from nova_native_tls.migration import uris
from nova_native_tls.migration import versions
from nova_native_tls.speed import costs
from nova_native_tls.speed import peek
from nova_native_tls.speed import sample

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One guest, two hosts, and what is asked.

    :ivar request: ``tls_name`` and ``paused`` may be left for the controller
        to find out.
    :ivar source_speed: None if nobody could measure it. The destination is
        taken to be as fast, because nobody can ask it.
    """

    source_uri: str
    destination_uri: str
    domain: str
    settings: migration_settings.MigrationSettings
    request: migration_call.MigrationRequest
    source_speed: costs.HostSpeed | None = None


def migrate(
    job: Job,
    *,
    cancel: threading.Event,
    on_progress: Callable[[progress.Progress], None],
) -> tuple[migration_record.MigrationRecord, tuple[str, ...]]:
    """Migrate, and return the record and what an operator should know.

    Nothing is asked of libvirt before every input has been looked at.

    :raises NativeTLSError: one sentence; unless it is
        ``MigrationStateUnknown`` the guest runs on where it was.
    """
    _check_before_connecting(job)
    with libvirt_api.Connection.open(job.source_uri, cancel=cancel) as source:
        domain = source.domain(job.domain)
        request = _seen_on_source(job.request, domain, source)
        with libvirt_api.Connection.open(
            job.destination_uri, cancel=cancel
        ) as destination:
            hosts = ends.two_hosts(source, destination)
            context = _context(job, source, destination)
            request = dataclasses.replace(
                request,
                memory=_memory(job, domain, context),
                tls_name=ends.name_to_verify(
                    job.request.tls_name, job.destination_uri, destination
                ),
            )
            plan = migration_plan.build(job.settings, request, context)
            call = plan.permitted_call()
            started = time.monotonic()
            last = run.migrate(
                domain,
                source=source,
                destination=destination,
                call=call,
                cancel=cancel,
                on_progress=on_progress,
                watch=plan.watch,
            )
            duration_s = time.monotonic() - started
            arrived = _arrived(domain, source, destination)
            record = _record(
                arrived,
                hosts=hosts,
                plan=plan,
                context=context,
                last=_final_statistics(arrived, last),
                duration_s=duration_s,
            )
    warnings = plan.warnings
    if cancel.is_set():
        warnings += (_('the guest had moved before it could be cancelled'),)
    return record, warnings


def _check_before_connecting(job: Job) -> None:
    uris.parse_daemon_uri(job.source_uri)
    if uris.parse_daemon_uri(job.destination_uri).host is None:
        raise exception.InvalidURI(
            uri=job.destination_uri,
            kind=_('libvirt URI of a destination'),
            problem=_('it names no other host'),
        )
    if job.request.migrate_uri is not None:
        uris.parse_migrate_uri(job.request.migrate_uri)
    if job.request.tls_name is not None:
        host_names.check_name_to_verify(job.request.tls_name)
    # Whatever the versions turn out to be, this stays refused.
    migration_plan.build(
        job.settings, job.request, versions.Context(early=True)
    ).permitted_call()


def _context(
    job: Job,
    source: libvirt_api.Connection,
    destination: libvirt_api.Connection,
) -> versions.Context:
    here, there = source.host_versions(), destination.host_versions()
    speed = job.source_speed
    return versions.Context(
        source=here,
        destination=there,
        source_speed=speed,
        # Whether another release can do zstd is not to be guessed.
        destination_speed=None
        if speed is None
        else dataclasses.replace(speed, zstd=speed.zstd and here == there),
        unknown_parameters=libvirt_abi.unknown_parameters(libvirt_api.BINDING),
    )


def _memory(
    job: Job, domain: libvirt_api.Domain, context: versions.Context
) -> sample.MemorySample | None:
    """Look at some pages, where it is encrypted and could be compressed."""
    if job.settings.native_tls and tuning.depends_on_memory(
        job.settings, context
    ):
        return peek.memory_of(domain)
    return None


def _seen_on_source(
    request: migration_call.MigrationRequest,
    domain: libvirt_api.Domain,
    source: libvirt_api.Connection,
) -> migration_call.MigrationRequest:
    state = domain.state()
    if not state.is_active:
        raise exception.DomainNotRunning(name=domain.name, uri=source.uri)
    known = domain.disk_targets()
    for disk in request.disks or ():
        if disk not in known:
            raise exception.DiskNotFound(
                name=domain.name,
                disk=disk,
                known=', '.join(known) or _('none'),
            )
    traits = guest_traits.read(domain.definition())
    return dataclasses.replace(
        request,
        paused=state is libvirt_api.GuestState.PAUSED,
        iothreads=traits.iothreads,
        machine=traits.machine,
    )


def _arrived(
    domain: libvirt_api.Domain,
    source: libvirt_api.Connection,
    destination: libvirt_api.Connection,
) -> libvirt_api.Domain:
    """Make sure that the guest is where it was sent."""
    try:
        arrived = destination.domain(domain.uuid)
        state = arrived.state()
    except (exception.DomainNotFound, exception.LibvirtFailed) as err:
        raise exception.MigrationStateUnknown(
            name=domain.name,
            problem=err,
            source=source.uri,
            destination=destination.uri,
        ) from err
    if not state.is_active:
        raise exception.MigrationStateUnknown(
            name=domain.name,
            problem=_('libvirt reported success, the guest there is %s')
            % state,
            source=source.uri,
            destination=destination.uri,
        )
    return arrived


def _final_statistics(
    arrived: libvirt_api.Domain, last: progress.Progress | None
) -> progress.Progress | None:
    """Prefer what libvirt kept of the finished job to the last look at it.

    What it kept does not count the disks (libvirt 9.0 to 11.3 send no
    mirror statistics to the destination).
    """
    try:
        final = arrived.completed_job()
    except exception.LibvirtFailed as err:
        LOG.debug('No final statistics of %s: %s', arrived.name, err)
        return last
    if final is None or last is None:
        return final or last
    return dataclasses.replace(
        final, disk_sent=max(final.disk_sent, last.disk_sent)
    )


def _record(
    arrived: libvirt_api.Domain,
    *,
    hosts: tuple[str, str],
    plan: migration_plan.MigrationPlan,
    context: versions.Context,
    last: progress.Progress | None,
    duration_s: float,
) -> migration_record.MigrationRecord:
    name = plan.call.params.get('tls.destination')
    return migration_record.MigrationRecord(
        name=arrived.name,
        uuid=arrived.uuid,
        source=hosts[0],
        destination=hosts[1],
        call=plan.call,
        adjustments=plan.adjustments,
        verified_name=None if name is None else str(name),
        memory_bytes=None if last is None else last.memory_sent,
        disk_bytes=None if last is None else last.disk_sent,
        duration_s=duration_s,
        downtime_ms=None if last is None else last.downtime_ms,
        context=context,
    )
