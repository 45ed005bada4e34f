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

"""Who says anything about the encryption of one instance's migrations?

It reads what Nova's objects have at hand and asks nobody; ``policy`` decides.
It needs neither libvirt nor a virt driver, so it works in nova-scheduler.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nova_native_tls import policy

#: Of image properties in the system metadata of an instance.
IMAGE_KEY = f'image_{policy.IMAGE_KEY}'


def of_instance(instance: Any) -> list[policy.Rule]:
    """Read what the flavor, the image and the instance itself say.

    The flavor and the image as they were when the instance was made: what is
    changed in them later counts for later instances. The image's properties
    are read from the system metadata, because Nova's own object for them
    drops those that Nova does not know (nova/objects/image_meta.py).

    :param instance: with flavor, metadata and system metadata.
    """
    flavor = instance.flavor
    found = (
        (
            policy.Level.FLAVOR,
            flavor.name,
            (flavor.extra_specs or {}).get(policy.KEY),
        ),
        (policy.Level.IMAGE, '', instance.system_metadata.get(IMAGE_KEY)),
        (policy.Level.INSTANCE, '', instance.metadata.get(policy.KEY)),
    )
    return [
        policy.Rule(level=level, name=name, value=value)
        for level, name, value in found
        if value is not None
    ]


def of_aggregates(aggregates: Iterable[Any]) -> list[policy.Rule]:
    """Read what host aggregates say, each of its own."""
    return [
        policy.Rule(
            level=policy.Level.AGGREGATE,
            name=aggregate.name,
            value=aggregate.metadata[policy.KEY],
        )
        for aggregate in aggregates
        if policy.KEY in aggregate.metadata
    ]


def of_cloud(value: str | None) -> list[policy.Rule]:
    """Say what ``[native_tls] migration_encryption`` says, if anything."""
    if not value:
        return []
    return [
        policy.Rule(
            level=policy.Level.CLOUD,
            name='[native_tls] migration_encryption',
            value=value,
        )
    ]
