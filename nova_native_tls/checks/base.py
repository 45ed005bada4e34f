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

"""What a check is, and what it is given."""

from __future__ import annotations

import abc
from collections.abc import Iterable
import dataclasses
import datetime
import enum
from typing import Any

from nova_native_tls.checks import result
from nova_native_tls.host import guests
from nova_native_tls.host import observation as host_observation
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.peer import facts

NAMESPACE = 'nova_native_tls.prechecks'


class Stage(enum.Enum):
    """When a check is asked."""

    #: The host's service starts; there is no migration and no peer.
    START = 'start'
    #: Somebody asks how this host is, for migrations from it and to it.
    HOST = 'host'
    #: On the destination, before the source was asked.
    DESTINATION = 'destination'
    #: On the source, which has the destination's facts.
    SOURCE = 'source'
    #: On the destination again, which now has the source's facts.
    DESTINATION_AGAIN = 'destination again'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CheckContext:
    """Everything a check may look at.

    :ivar own: the facts of this host.
    :ivar peer: the facts of the other host; None when it sent none, which is
        what a host without this project does, or when there is no peer yet.
    :ivar block: disks are to be copied too; None when that is not known yet.
    :ivar guest: the one that is to migrate; None if none is.
    :ivar observation: what was seen of this host; None if nobody looked.
    :ivar now: the time to judge by.
    :ivar memo: what one check has found out, and others need not again.
    """

    stage: Stage
    settings: migration_settings.MigrationSettings
    own: facts.HostFacts
    peer: facts.HostFacts | None = None
    block: bool | None = None
    guest: guests.Known | None = None
    observation: host_observation.HostObservation | None = None
    now: datetime.datetime = dataclasses.field(
        default_factory=lambda: datetime.datetime.now(datetime.UTC)
    )
    memo: dict[object, Any] = dataclasses.field(
        default_factory=dict, compare=False, repr=False
    )


class PreCheck(abc.ABC):
    """One question about this host, or about this host and its peer.

    Found by its entry point in the namespace ``nova_native_tls.prechecks``.
    """

    #: When it is asked.
    stages: frozenset[Stage] = frozenset(Stage)

    @abc.abstractmethod
    def run(self, context: CheckContext) -> Iterable[result.Finding]:
        """Answer; at least one finding, or the check counts as failed."""
