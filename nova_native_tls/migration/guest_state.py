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

"""In which states can a guest be?"""

from __future__ import annotations

import enum


class GuestState(enum.StrEnum):
    """A guest's state on one host, as ``virsh domstate`` words it."""

    RUNNING = 'running'
    PAUSED = 'paused'
    SHUT_OFF = 'shut off'
    CRASHED = 'crashed'
    #: Stopped on the source because it had begun to run on the destination.
    POST_COPY = 'paused in post-copy'
    OTHER = 'in another state'
    ABSENT = 'absent'

    @property
    def is_active(self) -> bool:
        """Whether there is a QEMU process with the guest in it."""
        return self in (GuestState.RUNNING, GuestState.PAUSED)
