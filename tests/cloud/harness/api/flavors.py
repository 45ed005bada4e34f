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

"""How do flavors and aggregates say where and how a server runs?"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from tests.cloud.harness.api import rest as cloud_rest


def create_flavor(
    rest: cloud_rest.Rest,
    name: str,
    *,
    memory_mib: int,
    vcpus: int = 1,
    extra_specs: Mapping[str, str] | None = None,
) -> str:
    """Create a flavor and return its id.

    The size of its disk is the image's.

    :raises RestError: Nova refused, for example an extra spec.
    """
    body = {'name': name, 'ram': memory_mib, 'vcpus': vcpus, 'disk': 0}
    made = rest.post('compute', '/flavors', {'flavor': body})
    flavor_id = str(made['flavor']['id'])
    if extra_specs:
        set_extra_specs(rest, flavor_id, extra_specs)
    return flavor_id


def set_extra_specs(
    rest: cloud_rest.Rest, flavor_id: str, extra_specs: Mapping[str, str]
) -> None:
    """Add extra specs to a flavor, or replace them.

    :raises RestError: Nova refused one; it says which and why.
    """
    rest.post(
        'compute',
        f'/flavors/{flavor_id}/os-extra_specs',
        {'extra_specs': dict(extra_specs)},
    )


def delete_flavor(rest: cloud_rest.Rest, flavor_id: str) -> None:
    """Delete a flavor; servers that were made of it keep what it said."""
    rest.request('compute', 'DELETE', f'/flavors/{flavor_id}')


def create_aggregate(
    rest: cloud_rest.Rest,
    name: str,
    *,
    hosts: Sequence[str] = (),
    metadata: Mapping[str, str] | None = None,
) -> int:
    """Create a host aggregate and return its id.

    :raises RestError: Nova refused, or does not know a host.
    """
    made = rest.post(
        'compute', '/os-aggregates', {'aggregate': {'name': name}}
    )
    aggregate_id = int(made['aggregate']['id'])
    for host in hosts:
        _act(rest, aggregate_id, {'add_host': {'host': host}})
    if metadata:
        set_aggregate_metadata(rest, aggregate_id, metadata)
    return aggregate_id


def set_aggregate_metadata(
    rest: cloud_rest.Rest,
    aggregate_id: int,
    metadata: Mapping[str, str | None],
) -> None:
    """Add metadata to an aggregate, or replace it; None removes."""
    _act(rest, aggregate_id, {'set_metadata': {'metadata': dict(metadata)}})


def delete_aggregate(rest: cloud_rest.Rest, aggregate_id: int) -> None:
    """Take every host out of an aggregate and delete it."""
    path = f'/os-aggregates/{aggregate_id}'
    found = rest.get('compute', path)['aggregate']
    for host in found['hosts']:
        _act(rest, aggregate_id, {'remove_host': {'host': host}})
    rest.request('compute', 'DELETE', path)


def _act(
    rest: cloud_rest.Rest, aggregate_id: int, body: Mapping[str, object]
) -> None:
    rest.post('compute', f'/os-aggregates/{aggregate_id}/action', body)
