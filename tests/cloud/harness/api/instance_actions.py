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

"""What does Nova tell of what was done with a server?"""

from __future__ import annotations

import dataclasses
from typing import Any
from typing import Self

from tests.cloud.harness.api import rest as cloud_rest


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One step of an action, what "openstack server event show" lists.

    ``details`` is the message that users see (microversion 2.84).
    """

    name: str
    #: ``Success``, ``Error``, or None while it lasts.
    result: str | None
    host: str | None
    details: str | None
    traceback: str | None

    @classmethod
    def of(cls, found: dict[str, Any]) -> Self:
        """Read it from an answer."""
        return cls(
            name=found['event'],
            result=found['result'],
            host=found.get('host'),
            details=found.get('details'),
            traceback=found.get('traceback'),
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What was done with a server by one request."""

    request_id: str
    name: str
    message: str | None
    events: tuple[Event, ...]

    @property
    def finished(self) -> bool:
        """Whether something has happened and nothing lasts."""
        return bool(self.events) and all(each.result for each in self.events)

    @property
    def failures(self) -> tuple[Event, ...]:
        """The events that ended in an error."""
        return tuple(each for each in self.events if each.result == 'Error')

    @property
    def details(self) -> str:
        """The details of all events, one per line."""
        return '\n'.join(each.details for each in self.events if each.details)


class InstanceActions:
    """The actions that Nova keeps of every server."""

    def __init__(self, rest: cloud_rest.Rest) -> None:
        self._rest = rest

    def show(self, server_id: str, request_id: str) -> Action:
        """Return one action with its events, the oldest first.

        :raises RestError: there is none of this request.
        """
        path = f'/servers/{server_id}/os-instance-actions/{request_id}'
        found = self._rest.get('compute', path)['instanceAction']
        # The times are in seconds; Nova lists the newest first.
        events = list(reversed(found['events']))
        events.sort(key=lambda each: str(each['start_time']))
        return Action(
            request_id=found['request_id'],
            name=found['action'],
            message=found['message'],
            events=tuple(Event.of(each) for each in events),
        )

    def all_of(self, server_id: str) -> tuple[Action, ...]:
        """Return all actions of a server with their events, newest first."""
        path = f'/servers/{server_id}/os-instance-actions'
        found = self._rest.get('compute', path)['instanceActions']
        return tuple(
            self.show(server_id, each['request_id']) for each in found
        )
