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

"""Must this instance's migration be encrypted, as far as this host knows?

What a host knows are its own options, its own aggregates, and the instance.
The other end of the migration has its own say; see ``legs``.
"""

from __future__ import annotations

from typing import Any

import nova.conf
from nova import exception as nova_exception

from nova_native_tls.nova.policy import aggregates
from nova_native_tls.nova.policy import known_rules
from nova_native_tls import policy

CONF = nova.conf.CONF


def decide(context: Any, instance: Any) -> policy.Decision | None:
    """Gather who says anything, and let the nearest win.

    :param instance: Nova's own object, with its flavor.
    :returns: None if nobody says anything and native TLS is off: then the
        migration is stock Nova's, byte for byte.
    :raises NovaException: the instance cannot be read; nothing may migrate
        then.
    """
    rules = [
        *known_rules.of_cloud(CONF.native_tls.migration_encryption),
        *_of_instance(instance),
    ]
    if _aggregates_matter(rules):
        rules += aggregates.rules(
            context, known=_decide(rules) if rules or _native_tls() else None
        )
    if not rules and not _native_tls():
        return None
    return _decide(rules)


def _of_instance(instance: Any) -> list[policy.Rule]:
    """Read what flavor, image and instance say.

    Nova's own tests, to which this project is held, also have instances that
    are a dictionary, or an object that lacks fields and has no context to
    load them with. Nova itself has none: each comes over RPC or from the
    database.
    """
    if isinstance(instance, dict):
        return []
    try:
        return known_rules.of_instance(instance)
    except nova_exception.OrphanedObjectError:
        return []


def _aggregates_matter(rules: list[policy.Rule]) -> bool:
    """Tell whether what they say could change anything.

    Nobody is asked in vain: it takes a call to the conductor.
    """
    possible = {
        _decide(
            [*rules, policy.Rule(level=policy.Level.AGGREGATE, value=value)]
        ).encryption
        for value in policy.Encryption
    }
    return len(possible) > 1


def _decide(rules: list[policy.Rule]) -> policy.Decision:
    return policy.decide(
        rules,
        native_tls=_native_tls(),
        allow_weaker_instances=CONF.native_tls.allow_weaker_instances,
    )


def is_configured() -> bool:
    """Tell whether options of this host are about encryption at all.

    ``disabled`` is, too: a host whose flavors decide says so, and then shows
    whether it would be ready.
    """
    of_aggregates = CONF.native_tls.aggregate_migration_encryption
    return (
        _native_tls()
        or CONF.native_tls.migration_encryption is not None
        or of_aggregates in tuple(policy.Encryption)
    )


def _native_tls() -> bool:
    return bool(CONF.libvirt.live_migration_with_native_tls)
