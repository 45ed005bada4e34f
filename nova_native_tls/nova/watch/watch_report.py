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


"""Tells what a look at this host has shown: log, notifications, Prometheus.

Each in its own right: none that fails keeps the others from being told, and
nothing is raised.
"""

from __future__ import annotations

from collections.abc import Sequence
import datetime

import nova.conf
from oslo_log import log as logging

from nova_native_tls.checks import result
from nova_native_tls.identity import dated
from nova_native_tls.identity import expiry
from nova_native_tls.identity import metrics
from nova_native_tls.nova.watch import certificate_notification
from nova_native_tls.peer import host_stats
from nova_native_tls.store import durable

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF

_TELL = {
    expiry.Kind.EXPIRES_SOON: LOG.warning,
    expiry.Kind.EXPIRED: LOG.error,
    expiry.Kind.RENEWED: LOG.info,
}
#: What tells one problem from another: not its words, in which times change.
_Problems = frozenset[tuple[str, str]]


class Report:
    """What was told until now; for one thread at a time."""

    def __init__(self, warning_days: Sequence[int]) -> None:
        """Begin with a host of which nothing was told.

        :param warning_days: ``[native_tls] expiry_warning_days``.
        """
        self._expiry = expiry.Watch(warning_days)
        self._problems: _Problems = frozenset()
        self._ends: tuple[dated.Dated, ...] = ()
        self._seen_at: datetime.datetime | None = None
        self._metrics_problem = ''

    def tell(
        self,
        stats: host_stats.HostStats,
        failures: Sequence[result.Finding],
        ends: tuple[dated.Dated, ...] | None,
        now: datetime.datetime,
    ) -> None:
        """Tell what is news.

        :param failures: why the host is not ready.
        :param ends: what ends by itself; None if that could not be seen.
        """
        self._tell_ready(stats, failures)
        if ends is not None:
            self._ends, self._seen_at = ends, now
            for news in self._expiry.news(ends, now):
                _TELL[news.kind]('%s', news.sentence())
                certificate_notification.send(news)
        if CONF.native_tls.metrics_file:
            self._write_metrics(CONF.native_tls.metrics_file, stats)

    def _tell_ready(
        self, stats: host_stats.HostStats, failures: Sequence[result.Finding]
    ) -> None:
        problems = frozenset((each.code, each.subject) for each in failures)
        if not stats.ready and problems != self._problems:
            LOG.warning(
                'This host is not ready for live migrations with native TLS, '
                'and has no trait %s until this is mended: %s',
                host_stats.TRAIT,
                '; '.join(
                    f'{each.code}: {each.sentence()}' for each in failures
                ),
            )
        elif stats.ready and self._problems:
            LOG.info(
                'This host is ready for live migrations with native TLS again'
            )
        self._problems = problems

    def _write_metrics(self, path: str, stats: host_stats.HostStats) -> None:
        text = metrics.render(stats, self._ends, self._seen_at)
        problem = ''
        try:
            durable.write(path, text.encode(), durable.PUBLIC)
        except durable.WriteFailed as err:
            problem = str(err)
        if problem and not self._metrics_problem:
            LOG.warning(
                'No metrics for Prometheus until this is mended: %s', problem
            )
        elif self._metrics_problem and not problem:
            LOG.info('Metrics for Prometheus are written to %s again', path)
        self._metrics_problem = problem
