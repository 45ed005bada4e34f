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

"""The migrations that run from this host, and what is known of each."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import threading
from typing import Any

from nova_native_tls.migration import plan as migration_plan
from nova_native_tls.nova.call import job_end
from nova_native_tls.nova.telling import failure
from nova_native_tls.nova.telling import reason as told
from nova_native_tls.peer import facts
from nova_native_tls.peer import terms as peer_terms


class Result(enum.StrEnum):
    """How a migration ended."""

    COMPLETED = 'completed'
    #: The guest runs on where it was.
    FAILED = 'failed'
    CANCELLED = 'cancelled'
    #: Nova could not roll back.
    UNKNOWN = 'unknown'


@dataclasses.dataclass(slots=True, kw_only=True)
class Course:
    """One migration, from when Nova begins it to its end.

    :ivar destination: as Nova calls it.
    :ivar terms: who must be encrypted and what was found; None where
        everything is Nova's own, and where ``error`` says why not.
    :ivar error: it must not happen; raised where Nova still rolls back.
    :ivar plan: what libvirt was asked; None until then.
    :ivar own: the facts of this host; None if nobody looked.
    :ivar peer: the facts of the destination; None if it sent none.
    :ivar rolled_back: what became of Nova's recovery.
    :ivar answered: when libvirt said how it ended; None if it did not yet.
    :ivar job_end: libvirt's own statistics, once it has them.
    :ivar returned: Nova has ended without an error.
    :ivar reason: why libvirt failed.
    """

    context: Any
    instance: Any
    destination: str
    terms: peer_terms.Terms | None = None
    error: Exception | None = None
    since: datetime.datetime = dataclasses.field(
        default_factory=lambda: datetime.datetime.now(datetime.UTC)
    )
    plan: migration_plan.MigrationPlan | None = None
    own: facts.HostFacts | None = None
    peer: facts.HostFacts | None = None
    rolled_back: failure.RollBack | None = None
    answered: datetime.datetime | None = None
    job_end: job_end.JobEnd = dataclasses.field(default_factory=job_end.JobEnd)
    returned: bool = False
    reason: told.Reason | None = None

    @property
    def is_stock(self) -> bool:
        """Nothing of it is this project's business."""
        return self.terms is None and self.error is None

    @property
    def result(self) -> Result:
        """How it ended, once it has."""
        if self.rolled_back is not None and self.rolled_back.finished:
            ours = self.reason is not None and self.reason.ours
            cancelled = self.rolled_back.cancelled and not ours
            return Result.CANCELLED if cancelled else Result.FAILED
        return Result.COMPLETED if self.returned else Result.UNKNOWN


class Courses:
    """Those that run, by instance; Nova's threads ask for theirs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, Course] = {}

    def begin(self, course: Course) -> Course:
        """Keep it until it ends."""
        with self._lock:
            self._running[uuid(course.instance)] = course
        return course

    def get(self, instance: Any) -> Course | None:
        """Give the one of an instance, if it runs."""
        with self._lock:
            return self._running.get(uuid(instance))

    def end(self, course: Course) -> None:
        """Forget it."""
        with self._lock:
            self._running.pop(uuid(course.instance), None)


def uuid(instance: Any) -> str:
    """Give an instance's UUID; in Nova's own tests it may be a dictionary."""
    found: str = (
        instance['uuid'] if isinstance(instance, dict) else instance.uuid
    )
    return found
