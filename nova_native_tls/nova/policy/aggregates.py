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

"""What do the host aggregates of this host say about encryption?

Nova keeps them in its API database. A compute host asks through the conductor
of its cell, and where that has no API database nobody answers: an up-call,
which clouds with several cells mostly do not permit. Nothing else that Nova
29 to 34 hand to a compute host has the metadata of its aggregates: placement
knows their UUIDs only, and of what the scheduler has found out only limits of
fixed names arrive. So the option says who is asked, and it can say itself
what an aggregate would.

An answer of yesterday is not used where today's is not known: today's may be
stricter.
"""

from __future__ import annotations

import threading
from typing import Any

import nova.conf
from nova import objects
from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls.conf import policy as policy_options
from nova_native_tls.nova.policy import known_rules
from nova_native_tls import policy

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF

#: What oslo.db raises in a conductor without ``[api_database] connection``.
_NO_DATABASE = 'CantStartEngineError'

_lock = threading.Lock()
_told: set[str] = set()


def rules(context: Any, *, known: policy.Decision | None) -> list[policy.Rule]:
    """Say what this host's aggregates say.

    :param context: of the request.
    :param known: what counts without them; None if nobody says anything.
        Aggregates that cannot be read count as the strictest. Only where
        nobody says anything, and the conductor could never read any, they
        have no say: whoever installs this project and no more still has
        Nova's own migrations.
    """
    chosen = CONF.native_tls.aggregate_migration_encryption
    if chosen == policy_options.NOWHERE:
        return []
    if chosen != policy_options.DATABASE:
        name = _('as nova.conf of %s says') % CONF.host
        return [_rule(name, chosen)]
    try:
        return known_rules.of_aggregates(
            objects.AggregateList.get_by_host(
                context, CONF.host, key=policy.KEY
            )
        )
    except Exception as err:
        # Of the database, of the message queue, of Nova: unknown is unknown.
        return _unknown(err, known)


def _unknown(
    error: Exception, known: policy.Decision | None
) -> list[policy.Rule]:
    never = _NO_DATABASE in (
        type(error).__name__,
        getattr(error, 'exc_type', None),
    )
    matters = known is not None or not never
    sentence = _(
        'The host aggregates of this host cannot be read, so they %(meaning)s '
        'about the encryption of live migrations (%(error)s)%(remedy)s'
    ) % {
        'meaning': _('count as saying "required"')
        if matters
        else _('have no say'),
        'error': f'{type(error).__name__}: {error}',
        'remedy': _(
            '. The conductor of its cell has no API database: set '
            '[native_tls] aggregate_migration_encryption on this host'
        )
        if never
        else '',
    }
    if not matters:
        # In such a cell it is so for every guest.
        _tell_once(sentence)
        return []
    LOG.warning('%s', sentence)
    if known and known.encryption is policy.Encryption.REQUIRED:
        # Nothing could be stricter than what is known.
        return []
    return [
        _rule(
            _('of %s, which cannot be read') % CONF.host,
            policy.Encryption.REQUIRED,
        )
    ]


def _rule(name: str, value: str) -> policy.Rule:
    return policy.Rule(
        level=policy.Level.AGGREGATE, name=name, value=str(value)
    )


def _tell_once(sentence: str) -> None:
    with _lock:
        if sentence in _told:
            return
        _told.add(sentence)
    LOG.warning('%s', sentence)
