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


"""Watches this host once a minute for nova-compute.

Nova asks about the resources of its host every minute, and at its start:
then this looks, too. It never makes Nova's own work fail. What it could not
see is not ready.
"""

from __future__ import annotations

import dataclasses
import datetime
import threading
import time
from typing import Any

import nova.conf
from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from nova_native_tls.identity import dated
from nova_native_tls.nova.facts import host_look
from nova_native_tls.nova import pre_checks
from nova_native_tls.nova.watch import watch_report
from nova_native_tls.peer import host_stats
from nova_native_tls import policy

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF

#: Nova asks also when an instance is started or ended; this is less than its
#: minute by more than its periodic tasks delay each other.
MIN_AGE_S = 45.0
#: What Nova asks at, if nobody wishes otherwise.
NOVAS_INTERVAL_S = 60


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one look gave.

    :ivar at_s: when it ended, by the monotonic clock.
    """

    at_s: float
    stats: host_stats.HostStats


def warn_of_interval() -> None:
    """Say at the start that Nova does not ask every minute, if so."""
    interval_s = CONF.update_resources_interval
    if interval_s < 0:
        LOG.warning(
            'update_resources_interval is %d: nobody warns of certificates '
            'that expire, and %s stays as it is at the start of nova-compute',
            interval_s,
            host_stats.TRAIT,
        )
    elif interval_s > NOVAS_INTERVAL_S:
        LOG.warning(
            'update_resources_interval is %d: certificates are looked at, and '
            '%s changes, only as often as that many seconds',
            interval_s,
            host_stats.TRAIT,
        )


class HostWatch:
    """The last look at this host, and what was told of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: _Look | None = None
        self._report: watch_report.Report | None = None
        self._broken = ''

    def stats(self, checks: runner.Runner, host: Any) -> host_stats.HostStats:
        """Say what the host publishes; look first if that is due.

        Nothing is raised. Who comes while another one looks gets what is
        known, and waits only if there is nothing.

        :param host: Nova's connection to the local libvirt.
        """
        last = self._last
        if not self._lock.acquire(blocking=last is None):
            assert last is not None
            return last.stats
        try:
            last = self._last
            if last is None or time.monotonic() - last.at_s >= MIN_AGE_S:
                stats = self._look_safely(checks, host)
                last = self._last = _Look(at_s=time.monotonic(), stats=stats)
            return last.stats
        finally:
            self._lock.release()

    def _look_safely(
        self, checks: runner.Runner, host: Any
    ) -> host_stats.HostStats:
        try:
            return self._look(checks, host)
        except Exception as err:
            # Not of the look itself: of what is told about it.
            problem = f'{type(err).__name__}: {err}'
            if problem != self._broken:
                LOG.exception('This host cannot be watched')
            self._broken = problem
            return host_stats.HostStats(ready=False)

    def _look(self, checks: runner.Runner, host: Any) -> host_stats.HostStats:
        if self._report is None:
            self._report = watch_report.Report(
                CONF.native_tls.expiry_warning_days
            )
        now = datetime.datetime.now(datetime.UTC)
        ends: tuple[dated.Dated, ...] | None = None
        try:
            watched = _ask(checks, host)
            report, ends = _report(watched), watched.dated
            stats = watched.stats
        except Exception as err:
            LOG.debug('This host could not be looked at', exc_info=True)
            report = _not_looked_at(f'{type(err).__name__}: {err}')
            stats = host_stats.HostStats(ready=False)
        failures = report.with_status(result.Status.FAILURE)
        stats = dataclasses.replace(
            stats,
            ready=report.status is not result.Status.FAILURE,
            problems=tuple(sorted({failure.code for failure in failures})),
            encryption=_encryption(),
        )
        self._report.tell(stats, failures, ends, now)
        return stats


def _encryption() -> str:
    """Say what counts here for a guest of which nobody says anything.

    Nothing where that only follows from native TLS: hosts without this
    project can take such a guest.
    """
    said: str | None = CONF.native_tls.migration_encryption
    if said is None and not CONF.libvirt.live_migration_with_native_tls:
        return str(policy.Encryption.DISABLED)
    return said or ''


def _ask(checks: runner.Runner, host: Any) -> host_look.Watched:
    watched = pre_checks.watch(checks, host)
    if _report(watched).status is result.Status.FAILURE:
        # Files that were being replaced just then may not fit each other.
        watched = pre_checks.watch(checks, host)
    return watched


def _report(watched: host_look.Watched) -> result.CheckReport:
    return result.CheckReport(findings=watched.findings)


def _not_looked_at(problem: str) -> result.CheckReport:
    finding = host_check.not_looked_at(
        CONF.host,
        problem,
        remedy=_('mend it; nova-compute looks again in a minute'),
    )
    return result.CheckReport(findings=(finding,))
