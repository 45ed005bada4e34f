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

"""What speaks against an encrypted migration from one host to another.

Judged by what both have said of themselves in the statistics of their compute
nodes: up to a minute old, and without a look at any certificate. The
pre-checks of the two hosts themselves come later, and know more.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import datetime
import enum

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.peer import host_stats


class End(enum.StrEnum):
    """What a host would be in the migration."""

    SOURCE = 'source'
    DESTINATION = 'destination'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is known of a host as one end of a migration.

    :ivar stats: None if there is an obstacle that leaves nothing to compare.
    :ivar obstacle: why it cannot be this end; empty if it can.
    :ivar silent: it says nothing at all about native TLS.
    :ivar encryption: its ``[native_tls] migration_encryption``; empty if it
        encrypts without, or that is not known.
    """

    stats: host_stats.HostStats | None = None
    obstacle: str = ''
    silent: bool = False
    encryption: str = ''


def read(
    stats: Mapping[str, str] | None, end: End, *, now: datetime.datetime
) -> Said:
    """Read what a host says, and whether it could be this end at all.

    :param stats: of its compute node; None if there are none.
    :param now: in UTC.
    """
    try:
        said = host_stats.loads(stats)
    except exception.FactsUnreadable as err:
        return Said(
            obstacle=_('what it says about native TLS cannot be read (%s)')
            % err.problem
        )
    if said is None:
        return Said(
            silent=True,
            obstacle=_(
                'it says nothing about native TLS: the driver of this project '
                'does not run there, or has nothing to encrypt'
            ),
        )
    obstacle = _of_host(said, end, now)
    return Said(
        stats=None if obstacle else said,
        obstacle=obstacle,
        encryption=said.encryption,
    )


def _of_host(
    said: host_stats.HostStats, end: End, now: datetime.datetime
) -> str:
    if not said.ready:
        return _(
            'it is not ready for native TLS (%s): run "nova-native-tls host '
            'check" there'
        ) % (', '.join(said.problems) or _('it does not say why'))
    not_after = (
        said.client_not_after if end is End.SOURCE else said.server_not_after
    )
    if not_after is None:
        return _('it has no certificate to show as a %s') % end
    if not_after < now:
        return _('its certificate as a %(end)s expired at %(time)s') % {
            'end': end,
            'time': not_after.isoformat(' '),
        }
    return ''


def between(source: Said, destination: Said) -> str:
    """Say why the two cannot; empty if they can.

    :param source: as ``read`` gave it, like ``destination``.
    """
    if source.stats is None:
        return _('of the source: %s') % source.obstacle
    if destination.stats is None:
        return destination.obstacle
    if not source.stats.believes_destination(destination.stats):
        return _('the source trusts no CA that issued its server certificate')
    if not destination.stats.believes_source(source.stats):
        return _(
            'it trusts no CA that issued the client certificate of the source'
        )
    return ''
