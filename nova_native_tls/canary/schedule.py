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

"""When is a canary to be sent, and where?"""

from __future__ import annotations

import dataclasses
import threading
from typing import Generic
from typing import TypeVar

#: A destination is in use for so long after a migration to it.
IN_USE_S = 7 * 24 * 3600

#: The lowest interval: one canary has surely ended before the next.
INTERVAL_MIN_S = 60

Way = TypeVar('Way')


@dataclasses.dataclass(slots=True, kw_only=True)
class _Destination(Generic[Way]):
    """One that is in use; ``due`` is when to try it again."""

    way: Way
    used: float
    due: float


class Schedule(Generic[Way]):
    """Remembers which destinations are in use, and when each was tried.

    Times are seconds of a clock that never goes back, ``time.monotonic``.
    """

    def __init__(self, interval_s: float) -> None:
        """Make one.

        :param interval_s: ``[native_tls] canary_interval``; 0: never.
        """
        self._interval_s = interval_s and max(interval_s, INTERVAL_MIN_S)
        self._lock = threading.Lock()
        self._known: dict[str, _Destination[Way]] = {}

    def used(
        self, destination: str, way: Way, now: float, *, arrived: bool
    ) -> None:
        """Note that an instance was to be migrated there.

        :param way: how it was; the next canary goes the same.
        :param arrived: it was, so that no canary could say more.
        """
        with self._lock:
            self._known[destination] = _Destination(
                way=way,
                used=now,
                due=now + self._interval_s if arrived else now,
            )

    def tried(self, destination: str, now: float) -> None:
        """Note that a canary is sent there, however that ends."""
        with self._lock:
            if destination in self._known:
                self._known[destination].due = now + self._interval_s

    def due(self, now: float) -> tuple[tuple[str, Way], ...]:
        """List where a canary is to be sent now, and which way.

        The one that has waited longest comes first.
        """
        if not self._interval_s:
            return ()
        with self._lock:
            self._known = {
                destination: known
                for destination, known in self._known.items()
                if now - known.used <= IN_USE_S
            }
            waiting = sorted(
                (
                    (destination, known)
                    for destination, known in self._known.items()
                    if known.due <= now
                ),
                key=lambda item: item[1].due,
            )
            return tuple((name, known.way) for name, known in waiting)
