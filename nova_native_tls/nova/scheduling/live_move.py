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

"""Which instance is to move live, and what is known of where it runs?

Nova's scheduler is told neither. What it is asked with looks the same for a
live migration, a cold one and a resize, and has no place for the metadata of
an instance nor for image properties that Nova does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any

from nova.compute import task_states
from nova import context as nova_context
from nova import exception
from nova import objects

from nova_native_tls import policy


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LiveMove:
    """A live migration whose destination is being looked for.

    :ivar instance: with flavor, metadata and system metadata; its host is
        the source.
    :ivar source_stats: of the source's compute node; None if it has none.
    :ivar source_aggregates: those of the source that say anything about
        encryption.
    """

    instance: Any
    source_stats: Mapping[str, str] | None
    source_aggregates: list[Any]


def find(spec: Any) -> LiveMove | None:
    """Look the instance of a request up; None if it is not to move live.

    The conductor names the cell for every move within one (nova/conductor/
    tasks/live_migrate.py); a request without, as for a new instance, costs
    no query. nova-api has written the task into the database before it asks
    the conductor, so it tells what the move is.

    :param spec: Nova's RequestSpec.
    :raises InstanceNotFound: it was deleted meanwhile.
    """
    cell = _cell(spec)
    if cell is None:
        return None
    # Not a new one: the log names the request that is current.
    context = (spec._context or nova_context.get_admin_context()).elevated()
    with nova_context.target_cell(context, cell) as cell_context:
        instance = objects.Instance.get_by_uuid(
            cell_context,
            spec.instance_uuid,
            expected_attrs=['flavor', 'metadata', 'system_metadata'],
        )
        if instance.task_state != task_states.MIGRATING:
            return None
        stats = _stats(cell_context, instance)
    return LiveMove(
        instance=instance,
        source_stats=stats,
        source_aggregates=list(
            objects.AggregateList.get_by_host(
                context, instance.host, key=policy.KEY
            )
        ),
    )


def _cell(spec: Any) -> Any:
    if 'requested_destination' not in spec:
        return None
    destination = spec.requested_destination
    if destination is None or 'cell' not in destination:
        return None
    return destination.cell


def _stats(context: Any, instance: Any) -> Mapping[str, str] | None:
    try:
        node = objects.ComputeNode.get_by_host_and_nodename(
            context, instance.host, instance.node
        )
    except exception.ComputeHostNotFound:
        return None
    stats: Mapping[str, str] | None = node.stats if 'stats' in node else None
    return stats
