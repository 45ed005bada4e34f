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


"""A guest whose migration is cancelled before QEMU could lose it."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

from nova.virt.libvirt import guest as libvirt_guest
from oslo_log import log as logging

from nova_native_tls.migration import cancelling
from nova_native_tls.migration import libvirt_abi
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import progress
from nova_native_tls.migration import rekey

LOG = logging.getLogger(__name__)


class Watched:
    """What has to be watched in one migration, and what came of it.

    Nova looks at a migration twice a second in one thread, while another has
    asked libvirt for it: what to watch is known to the second.

    :ivar watch: None until it is known, and where there is nothing.
    :ivar cancelled: the migration was cancelled here.
    :ivar seen: how far it was at the last look.
    """

    def __init__(self) -> None:
        self.watch: rekey.Watch | None = None
        self.cancelled = False
        self.seen: progress.Progress | None = None
        self._deadline: float | None = None

    def expect_end(self) -> None:
        """Note that it was told to end, by whomever."""
        if self._deadline is None:
            self._deadline = time.monotonic() + cancelling.TIMEOUT_S

    def is_overdue(self) -> bool:
        """Tell, once, that it should have ended."""
        overdue = (
            self._deadline is not None and time.monotonic() > self._deadline
        )
        if overdue:
            self._deadline = math.inf
        return overdue

    def guest(self, guest: Any) -> Any:
        """Give Nova's guest, watched whenever Nova looks at it."""
        return libvirt_guest.Guest(_WatchedDomain(guest._domain, self))


class WatchedMigrations:
    """The running migrations of this host, by instance."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, Watched] = {}

    def of(self, instance_uuid: str) -> Watched:
        """Give this instance's migration, from its first mention on."""
        with self._lock:
            return self._running.setdefault(instance_uuid, Watched())

    def take(self, instance_uuid: str) -> Watched:
        """Give it for the last time."""
        with self._lock:
            return self._running.pop(instance_uuid, None) or Watched()


class _WatchedDomain:
    """Everything of a libvirt domain, but its statistics are looked at."""

    def __init__(self, domain: Any, watched: Watched) -> None:
        self._domain = domain
        self._watched = watched

    def __getattr__(self, name: str) -> Any:
        return getattr(self._domain, name)

    def jobStats(self, *args: Any, **kwargs: Any) -> Any:
        """Give libvirt's statistics, and cancel where that is needed."""
        stats = self._domain.jobStats(*args, **kwargs)
        if stats.get('type') in libvirt_abi.RUNNING_JOBS:
            watch, seen = self._watched.watch, progress.from_job_stats(stats)
            self._watched.seen = seen
            if watch is not None and watch.must_cancel(seen):
                self._cancel()
            if self._watched.is_overdue():
                LOG.error(
                    'The migration of %s was cancelled %s seconds ago, and '
                    'QEMU has not ended it; the guest runs on here. See '
                    '"Cancelled, and not ended" in the documentation',
                    self._domain.name(),
                    cancelling.TIMEOUT_S,
                )
        return stats

    def migrateStartPostCopy(self, *args: Any, **kwargs: Any) -> Any:
        """Let the guest go ahead, if what is left may follow.

        :raises libvirtError: it may not, which Nova takes for libvirt's word.
        """
        watch = self._watched.watch
        if watch is not None:
            stats = self._domain.jobStats()
            if not watch.may_start_post_copy(progress.from_job_stats(stats)):
                raise libvirt_api.refusal(rekey.NO_POST_COPY)
        return self._domain.migrateStartPostCopy(*args, **kwargs)

    def abortJob(self, *args: Any, **kwargs: Any) -> Any:
        """Let Nova abort it, once QEMU is slow enough to survive that."""
        self._watched.expect_end()
        with cancelling.slowed_down(self._domain):
            return self._domain.abortJob(*args, **kwargs)

    def _cancel(self) -> None:
        self._watched.cancelled = True
        try:
            self.abortJob()
        except Exception as err:
            # It is tried again at the next look.
            LOG.warning('The migration cannot be cancelled: %s', err)
