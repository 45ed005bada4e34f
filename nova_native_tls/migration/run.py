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

"""Moves one guest: starts, watches, cancels, and tells how it ended."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time

from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import cancelling
from nova_native_tls.migration import guest_state
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import progress
from nova_native_tls.migration import rekey

LOG = logging.getLogger(__name__)

#: As often as Nova looks: libvirt asks QEMU each time, which on a host with no
#: processor to spare takes from the migration. Five times a second made it
#: several percent slower.
POLL_INTERVAL_S = 0.5

#: Post-copy begins once QEMU has gone through all memory this often, so that
#: little is left to fetch page by page.
POST_COPY_AFTER_ITERATIONS = 2


def migrate(
    domain: libvirt_api.Domain,
    *,
    source: libvirt_api.Connection,
    destination: libvirt_api.Connection,
    call: migration_call.MigrateCall,
    cancel: threading.Event,
    on_progress: Callable[[progress.Progress], None],
    watch: rekey.Watch | None = None,
) -> progress.Progress | None:
    """Migrate, and return what was last seen of the running job.

    :param cancel: set it to cancel; the guest then stays on the source.
    :param watch: when to cancel by itself.
    :param on_progress: called about twice a second from this thread.
    :raises MigrationFailed: the guest is alive on the source.
    :raises MigrationCancelled: so is it here.
    :raises MigrationStuck: so is it, but its migration does not end.
    :raises MigrationStateUnknown: nobody can say where the guest is.
    """
    if cancel.is_set():
        raise exception.MigrationCancelled(
            name=domain.name, state=domain.state(), source=source.uri
        )
    attempt = _Attempt(domain, destination, call)
    attempt.start()
    last = None
    endangered = False
    deadline: float | None = None
    post_copy = 'POSTCOPY' in call.flags
    while attempt.is_running(POLL_INTERVAL_S):
        if deadline is not None and time.monotonic() > deadline:
            raise _stuck(domain, source=source, destination=destination)
        try:
            seen = domain.running_job()
            if seen is not None:
                last = seen
                _report(on_progress, seen)
            if watch is not None and seen and watch.must_cancel(seen):
                endangered = True
            if cancel.is_set() or endangered:
                deadline = deadline or time.monotonic() + cancelling.TIMEOUT_S
                domain.cancel_job()
            elif post_copy and seen and _ready_for_post_copy(seen, watch):
                domain.start_post_copy()
                post_copy = False
        except exception.LibvirtFailed as err:
            # The attempt itself reports what matters; a look that failed
            # because the job has just ended must not hide that.
            LOG.debug('Watching %s: %s', domain.name, err)
    if attempt.error is not None:
        raise _outcome(
            domain,
            attempt.error,
            source=source,
            destination=destination,
            cancelled=cancel.is_set(),
            endangered=endangered,
        ) from attempt.error
    return last


def _report(
    on_progress: Callable[[progress.Progress], None], seen: progress.Progress
) -> None:
    """Show progress; a terminal that has gone does not end the watch."""
    try:
        on_progress(seen)
    except Exception as err:
        LOG.debug('Progress cannot be shown: %s', err)


def _ready_for_post_copy(
    seen: progress.Progress, watch: rekey.Watch | None
) -> bool:
    return seen.iteration >= POST_COPY_AFTER_ITERATIONS and (
        watch is None or watch.may_start_post_copy(seen)
    )


class _Attempt:
    """The blocking call, in a thread of its own."""

    def __init__(
        self,
        domain: libvirt_api.Domain,
        destination: libvirt_api.Connection,
        call: migration_call.MigrateCall,
    ) -> None:
        self.error: exception.NativeTLSError | None = None
        self._domain = domain
        self._destination = destination
        self._call = call
        # A daemon, so that a libvirt that never answers cannot keep the
        # process from ending.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.start = self._thread.start

    def _run(self) -> None:
        try:
            self._domain.migrate(self._destination, self._call)
        except exception.NativeTLSError as err:
            self.error = err
        except Exception as err:
            # The thread ends here; nothing may look like success.
            self.error = exception.LibvirtFailed(
                operation=_('The Python binding of libvirt'),
                problem=f'{type(err).__name__}: {err}',
                code=None,
            )

    def is_running(self, wait_s: float) -> bool:
        self._thread.join(wait_s)
        return self._thread.is_alive()


def _outcome(
    domain: libvirt_api.Domain,
    error: exception.NativeTLSError,
    *,
    source: libvirt_api.Connection,
    destination: libvirt_api.Connection,
    cancelled: bool,
    endangered: bool,
) -> exception.NativeTLSError:
    """Say how a migration ended that did not succeed."""
    state = _state(domain, error, source=source, destination=destination)
    if isinstance(state, exception.MigrationStateUnknown):
        return state
    if cancelled:
        return exception.MigrationCancelled(
            name=domain.name, state=state, source=source.uri
        )
    return exception.MigrationFailed(
        name=domain.name,
        state=state,
        source=source.uri,
        problem=rekey.CANCELLED if endangered else _reason(domain, error),
    )


def _stuck(
    domain: libvirt_api.Domain,
    *,
    source: libvirt_api.Connection,
    destination: libvirt_api.Connection,
) -> exception.NativeTLSError:
    """Say that a migration does not end, though it was cancelled."""
    problem = _('it was cancelled and has not ended')
    state = _state(domain, problem, source=source, destination=destination)
    if isinstance(state, exception.MigrationStateUnknown):
        return state
    return exception.MigrationStuck(
        name=domain.name,
        state=state,
        source=source.uri,
        destination=destination.uri,
        waited_s=cancelling.TIMEOUT_S,
    )


def _state(
    domain: libvirt_api.Domain,
    problem: object,
    *,
    source: libvirt_api.Connection,
    destination: libvirt_api.Connection,
) -> guest_state.GuestState | exception.MigrationStateUnknown:
    """Find out whether the guest is still there."""
    try:
        state = domain.state()
    except exception.LibvirtFailed as err:
        told = _('%(error)s; then: %(state)s') % {
            'error': problem,
            'state': err,
        }
    else:
        if state.is_active:
            return state
        told = _('%(error)s; on the source it is %(state)s') % {
            'error': problem,
            'state': state,
        }
    return exception.MigrationStateUnknown(
        name=domain.name,
        problem=told,
        source=source.uri,
        destination=destination.uri,
    )


def _reason(
    domain: libvirt_api.Domain, error: exception.NativeTLSError
) -> str:
    """Put the source's own reason before libvirt's sentence."""
    sentence = domain.qemu_migration_error()
    if sentence is None or sentence in str(error):
        return str(error)
    return _('%(sentence)s (%(error)s)') % {
        'sentence': sentence,
        'error': error,
    }
