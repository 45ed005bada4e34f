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

"""The statistics of a migration that has ended, on its source.

Nova looks at a migration twice a second, and libvirt forgets the guest when
it has left. What libvirt counted in the end it says once, in an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oslo_log import log as logging

from nova_native_tls.migration import libvirt_abi
from nova_native_tls.migration import progress

LOG = logging.getLogger(__name__)


class JobEnd:
    """Hears how one guest's migration ended; it never fails.

    :ivar progress: None until libvirt says it, and if it does not.
    """

    def __init__(self) -> None:
        self.progress: progress.Progress | None = None
        self._connection: Any = None
        self._number: int | None = None

    def listen(self, domain: Any) -> None:
        """Begin to listen.

        :param domain: libvirt's object of the guest.
        """
        try:
            self._connection = domain.connect()
            self._number = self._connection.domainEventRegisterAny(
                domain, libvirt_abi.JOB_COMPLETED_EVENT, self._ended, None
            )
        except Exception as err:
            LOG.debug('How the migration ends is not heard: %s', err)

    def _ended(
        self,
        _connection: Any,
        _domain: Any,
        stats: Mapping[str, int],
        _opaque: Any,
    ) -> None:
        # In the thread that serves all events of this connection, which is
        # no green one: nothing but this.
        self.progress = progress.from_job_stats(stats)

    def stop(self) -> None:
        """Listen no more."""
        number, self._number = self._number, None
        if number is None:
            return
        try:
            self._connection.domainEventDeregisterAny(number)
        except Exception as err:
            LOG.debug('libvirt goes on telling how it ended: %s', err)
