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

"""A filter of nova-scheduler: who can take a guest that must be encrypted?

It needs neither libvirt nor a virt driver, so it works on a controller.
"""

from __future__ import annotations

from collections.abc import Iterable
import datetime
from typing import Any

import nova.conf
from nova.scheduler import filters
from oslo_log import log as logging

from nova_native_tls import conf as options
from nova_native_tls.nova.policy import known_rules
from nova_native_tls.nova.scheduling import live_move
from nova_native_tls.peer import obstacle
from nova_native_tls import policy

CONF = nova.conf.CONF
LOG = logging.getLogger(__name__)

#: So many hosts are named in one line.
NAMED = 5


class NativeTLSFilter(filters.BaseHostFilter):  # type: ignore[misc]
    """Keeps live migrations from hosts where they would be refused.

    For an instance whose migration has to be encrypted it lets hosts pass
    that are ready for native TLS, that trust the source, and that the source
    trusts. It says nothing about other instances, nor about anything but live
    migrations: a host that is not ready can run any instance.

    Where nobody says anything about encryption, and it only follows from
    ``live_migration_with_native_tls`` of the source, hosts without this
    project pass, as they do with the driver: a cloud can be upgraded host by
    host.
    """

    RUN_ON_REBUILD = False

    def __init__(self) -> None:
        super().__init__()
        options.register_opts(CONF)

    def filter_all(
        self, filter_obj_list: Iterable[Any], spec_obj: Any
    ) -> Iterable[Any]:
        """Give the hosts that pass.

        All at once, because the source is looked up once for all of them.
        """
        candidates = list(filter_obj_list)
        move = live_move.find(spec_obj) if candidates else None
        if move is None:
            return candidates
        judge = _Judge(move)
        reasons = [judge.why_not(candidate) for candidate in candidates]
        _sum_up(move, candidates, reasons)
        return [
            candidate
            for candidate, reason in zip(candidates, reasons, strict=True)
            if not reason
        ]


class _Judge:
    """What is the same for all hosts that one instance could move to."""

    def __init__(self, move: live_move.LiveMove) -> None:
        self._move = move
        self._now = datetime.datetime.now(datetime.UTC)
        self._source = obstacle.read(
            move.source_stats, obstacle.End.SOURCE, now=self._now
        )
        self._rules = [
            *known_rules.of_cloud(CONF.native_tls.migration_encryption),
            *known_rules.of_cloud(self._source.encryption),
            *known_rules.of_aggregates(move.source_aggregates),
            *known_rules.of_instance(move.instance),
        ]

    def why_not(self, candidate: Any) -> str:
        """Say why a host cannot take it; empty if it can."""
        destination = obstacle.read(
            # Nova sets it only when the host has reported its resources.
            getattr(candidate, 'stats', None),
            obstacle.End.DESTINATION,
            now=self._now,
        )
        decision = policy.decide(
            [
                *self._rules,
                *known_rules.of_cloud(destination.encryption),
                *known_rules.of_aggregates(candidate.aggregates),
            ],
            # A source that says anything, but no policy, encrypts.
            native_tls=CONF.libvirt.live_migration_with_native_tls
            or not self._source.silent,
            allow_weaker_instances=CONF.native_tls.allow_weaker_instances,
        )
        if decision.encryption is not policy.Encryption.REQUIRED:
            return ''
        if decision.rule is None and (
            self._source.silent or destination.silent
        ):
            return ''
        reason = obstacle.between(self._source, destination)
        if reason:
            LOG.debug(
                'The host %s cannot take an instance whose live migration '
                'has to be encrypted, as %s says: %s',
                candidate.host,
                decision.owner,
                reason,
                instance=self._move.instance,
            )
        return reason


def _sum_up(
    move: live_move.LiveMove, candidates: list[Any], reasons: list[str]
) -> None:
    refused = [
        f'{candidate.host}: {reason}'
        for candidate, reason in zip(candidates, reasons, strict=True)
        if reason
    ]
    if refused:
        more = len(refused) - NAMED
        LOG.info(
            'Its live migration from %s has to be encrypted, and %d of %d '
            'hosts cannot take it: %s%s',
            move.instance.host,
            len(refused),
            len(candidates),
            '; '.join(refused[:NAMED]),
            f'; and {more} more' if more > 0 else '',
            instance=move.instance,
        )
