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

"""One canary, from its start on the source to its end on both hosts."""

from __future__ import annotations

from collections.abc import Iterable
import contextlib
import dataclasses
import threading
import time

from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls.canary import attempt
from nova_native_tls.canary import definition
from nova_native_tls.canary import kind as canary_kind
from nova_native_tls.canary import leftover
from nova_native_tls.canary import unconnected
from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import guest_state
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import run
from nova_native_tls.migration import time_limit

LOG = logging.getLogger(__name__)

#: It takes about a second.
TIMEOUT_S = 30.0

#: How long libvirt may take to cancel.
GRACE_S = 5.0

#: Several hosts may send canaries, and one host several at a time.
NUMBERS = range(1, 100)

_NOT_OF_A_CANARY = frozenset(
    {
        'PERSIST_DEST',
        'NON_SHARED_DISK',
        'NON_SHARED_INC',
        'NON_SHARED_SYNCHRONOUS_WRITES',
    }
)
#: How the names of parameters begin that are about disks.
_OF_DISKS = ('migrate_disks', 'disks_')


class CanaryNotStarted(exception.NativeTLSError):
    """Nothing was migrated, and nothing is known about the destination."""

    msg_fmt = _('No canary could be started on %(source)s: %(problem)s')


class CanaryTooSlow(exception.NativeTLSError):
    msg_fmt = _('The canary did not arrive within %(timeout_s)g seconds')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """What became of one canary.

    :ivar canary: its name; libvirt has a log of that name on both hosts.
    :ivar call: what libvirt was asked.
    :ivar started: seconds since the epoch.
    :ivar duration_s: of the migration.
    :ivar error: why it did not arrive; None: it did.
    :ivar left: where it could not be ended, and why.
    :ivar removed: older ones that were found and ended.
    """

    canary: str
    source: str
    destination: str
    call: migration_call.MigrateCall
    started: float
    duration_s: float
    error: exception.NativeTLSError | None
    left: tuple[str, ...]
    removed: tuple[str, ...]


def of_canary(call: migration_call.MigrateCall) -> migration_call.MigrateCall:
    """Ask for the same migration of a guest without disks.

    Nobody wants to keep it: a persistent guest is defined for ever where it
    has ended.
    """
    return dataclasses.replace(
        call,
        flags=call.flags - _NOT_OF_A_CANARY,
        params={
            name: value
            for name, value in call.params.items()
            if not name.startswith(_OF_DISKS)
        },
    )


def fly(
    source: libvirt_api.Connection,
    destination: libvirt_api.Connection,
    *,
    call: migration_call.MigrateCall,
    cancel: threading.Event,
    timeout_s: float = TIMEOUT_S,
    kinds: tuple[definition.Kind, ...] | None = None,
    numbers: Iterable[int] = NUMBERS,
) -> Flight:
    """Start a canary, migrate it with this call, and end it on both hosts.

    Whatever happens in between, it is ended; if this process is killed, it
    ends by itself (``definition.LIFETIME_S``).

    A destination that is unconnected has to end it by itself.

    :param call: as a guest is migrated.
    :param cancel: set it to stop; that is an error of the flight, then.
    :param kinds: of guests that both hosts can run, the best first; None:
        they are asked.
    :param numbers: the first that is free becomes a part of its name.
    :raises NoCommonKind: there is no guest for both hosts.
    :raises CanaryNotStarted: there is none on the source.
    :raises LibvirtFailed: one of the hosts does not answer.
    """
    removed = leftover.remove(source) + leftover.remove(destination)
    here, there = source.host_name(), destination.host_name()
    guest = _start(
        source,
        (definition.name(here, number) for number in numbers),
        here=here,
        kinds=canary_kind.common(source, destination)
        if kinds is None
        else kinds,
        taken=leftover.names(source) | leftover.names(destination),
    )
    started = time.time()
    clock = time.monotonic()
    error: exception.NativeTLSError | None = None
    try:
        try:
            _migrate(guest, source, destination, call, cancel, timeout_s)
        except exception.NativeTLSError as err:
            error = err
        duration_s = time.monotonic() - clock
    finally:
        left = _end(guest, source, destination)
    return Flight(
        canary=guest.name,
        source=here,
        destination=there,
        call=of_canary(call),
        started=started,
        duration_s=duration_s,
        error=error,
        left=left,
        removed=removed,
    )


def _start(
    source: libvirt_api.Connection,
    canaries: Iterable[str],
    *,
    here: str,
    kinds: tuple[definition.Kind, ...],
    taken: frozenset[str],
) -> libvirt_api.Domain:
    problem: object = _('too many of them are on their way')
    for canary in canaries:
        if canary in taken:
            continue
        for kind in kinds:
            try:
                return source.start_transient(
                    definition.build(canary, kind, started=time.time())
                )
            except exception.LibvirtFailed as err:
                LOG.debug('A canary of type %s: %s', kind.virt_type, err)
                problem = err
        if canary not in leftover.names(source):
            break
        # Another process was faster, and has that name now.
    raise CanaryNotStarted(source=here, problem=problem)


def _migrate(
    guest: libvirt_api.Domain,
    source: libvirt_api.Connection,
    destination: libvirt_api.Connection,
    call: migration_call.MigrateCall,
    cancel: threading.Event,
    timeout_s: float,
) -> None:
    """Migrate it, and see that it has arrived.

    :raises NativeTLSError: it has not.
    """
    if cancel.is_set():
        raise _cancelled(guest, source)
    stop = threading.Event()
    flying = attempt.Attempt(
        lambda: run.migrate(
            guest,
            source=source,
            destination=destination,
            call=of_canary(call),
            cancel=stop,
            on_progress=lambda _seen: None,
        )
    )
    if not flying.over_within(timeout_s, cancel):
        stop.set()
        if not flying.over_within(GRACE_S):
            # libvirt does not notice, as while it waits for a destination
            # that is silent. Without the guest nothing is left to migrate.
            with contextlib.suppress(exception.NativeTLSError, TimeoutError):
                time_limit.within(GRACE_S, guest.destroy)
            flying.over_within(GRACE_S)
        if cancel.is_set():
            raise _cancelled(guest, source)
        if not flying.succeeded:
            raise CanaryTooSlow(timeout_s=timeout_s)
    flying.result()
    _see_arrived(guest, source, destination)


def _cancelled(
    guest: libvirt_api.Domain, source: libvirt_api.Connection
) -> exception.MigrationCancelled:
    return exception.MigrationCancelled(
        name=guest.name, state=guest_state.GuestState.ABSENT, source=source.uri
    )


def _see_arrived(
    guest: libvirt_api.Domain,
    source: libvirt_api.Connection,
    destination: libvirt_api.Connection,
) -> None:
    if isinstance(destination, unconnected.Unconnected):
        # libvirt's word for it is all there is; it ends the guest here last.
        state = guest.state()
        arrived = not state.is_active
        problem = _('libvirt reported success, the guest here is %s')
    else:
        state = destination.domain(guest.uuid).state()
        arrived = state.is_active
        problem = _('libvirt reported success, the guest there is %s')
    if not arrived:
        raise exception.MigrationStateUnknown(
            name=guest.name,
            problem=problem % state,
            source=source.uri,
            destination=destination.uri,
        )


def _end(
    guest: libvirt_api.Domain,
    source: libvirt_api.Connection,
    destination: libvirt_api.Connection,
) -> tuple[str, ...]:
    """End it wherever it is; say where that did not work."""
    left = []
    for host in (source, destination):
        try:
            host.domain(guest.uuid).destroy()
        except exception.DomainNotFound:
            continue
        except exception.NativeTLSError as err:
            left.append(f'{host.uri}: {err}')
    return tuple(left)
