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

"""Which guests are on their way to this host, and since when."""

from __future__ import annotations

import dataclasses
import datetime
import threading
from typing import Any

from nova_native_tls.nova.telling import failure
from nova_native_tls.nova.telling import reason


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A guest that is expected.

    :ivar context: of the request that moves it; an event that is written
        with it belongs to the action that the user asked for.
    :ivar source: the host that it comes from, as Nova calls it.
    """

    context: Any
    instance: Any
    source: str
    since: datetime.datetime


class Arrivals:
    """Guests that are expected, by the UUID of their instance."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._expected: dict[str, Arrival] = {}

    def expect(self, context: Any, instance: Any) -> None:
        """Note that a guest will come, in place of an earlier note of it."""
        arrival = Arrival(
            context=context,
            instance=instance,
            source=instance.host or '',
            since=datetime.datetime.now(datetime.UTC),
        )
        with self._lock:
            self._expected[instance.uuid] = arrival

    def expects(self, instance_uuid: str) -> bool:
        """Tell whether a guest will come."""
        with self._lock:
            return instance_uuid in self._expected

    def arrived(self, instance_uuid: str) -> None:
        """Forget a guest that was expected: it runs."""
        self._take(instance_uuid)

    def not_arrived(self, instance_uuid: str) -> None:
        """Tell why a guest will not come, where only this host knows."""
        arrival = self._take(instance_uuid)
        if arrival is None:
            return
        found = reason.on_destination(
            arrival.instance.name, source=arrival.source, since=arrival.since
        )
        if found is not None:
            failure.tell(
                arrival.context,
                arrival.instance,
                found,
                failure.EVENT_AT_DESTINATION,
            )

    def _take(self, instance_uuid: str) -> Arrival | None:
        with self._lock:
            return self._expected.pop(instance_uuid, None)
