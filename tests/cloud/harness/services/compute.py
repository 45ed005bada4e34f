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

"""What can be done with the nova-compute of a host?"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import signal
import time
from typing import Any

from tests.cloud.harness.api import rest as cloud_rest
from tests.cloud.harness.services import service
from tests.cloud.harness.settings import compute_files
from tests.cloud.harness.settings import endpoints
from tests.cloud.harness.settings import ini_file
from tests.cloud.harness.settings import options as cloud_options
from tests.lab.harness.node import host as lab_host

START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 40
POLL_S = 0.25

#: What nova-compute says at level DEBUG when it takes requests (Nova 34,
#: nova/service.py, Service.start). Nova's API hears of it five seconds later
#: (nova/servicegroup/api.py, INITIAL_REPORTING_DELAY).
READY = 'Join ServiceGroup membership for this service compute'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """What Nova's API says of one nova-compute.

    ``state`` is ``up`` for [DEFAULT] service_down_time after its death, so
    a new ``updated_at`` says more.
    """

    state: str
    status: str
    updated_at: str | None


class Compute:
    """The nova-compute of one host, with the host's namespaces."""

    def __init__(
        self,
        host: lab_host.Host,
        *,
        options: cloud_options.Options,
        rest: cloud_rest.Rest,
    ) -> None:
        self.host = host
        self._options = options
        self._rest = rest
        self.service = service.Service(
            node=host, name='nova-compute', argv=self._argv()
        )
        #: Where the log of the process that ``begin`` started begins.
        self._log_start = 0

    @property
    def is_running(self) -> bool:
        """Whether the process runs; says nothing about its readiness."""
        return self.service.is_running

    def use_program(self, *program: str) -> None:
        """Have the next start run this, what the cloud has by default."""
        self.service = dataclasses.replace(
            self.service, argv=self._argv(*program)
        )

    def _argv(self, *program: str) -> list[str]:
        chosen = program or (endpoints.program(self._options.compute_program),)
        return [*chosen, '--config-file', compute_files.NOVA_CONF]

    @property
    def is_current(self) -> bool:
        """Whether that program runs, and not an earlier choice."""
        argv = list(self.service.argv)
        return self.service.command_line[-len(argv) :] == argv

    def log(self) -> str:
        """Return all that nova-compute has said, maybe nothing."""
        return self.service.log()

    def configure(
        self, sections: Mapping[str, Mapping[str, ini_file.Value | None]]
    ) -> None:
        """Write nova.conf; a running nova-compute does not read it.

        What is chosen for the whole cloud and these sections: what an
        earlier call set is forgotten, None takes an option out.
        """
        text = compute_files.nova_conf(self.host, self._options, sections)
        self.host.write_file(compute_files.NOVA_CONF, text)

    def reconfigure(
        self, **sections: Mapping[str, ini_file.Value | None]
    ) -> None:
        """Write nova.conf as ``configure``, restart, wait until it is up.

        ``reconfigure(libvirt={'live_migration_tunnelled': True})``, and
        without any section back to what the cloud came up with.

        :raises ServiceError: nova-compute did not stop or not start; the
            end of its log is shown.
        """
        self.stop()
        self.configure(sections)
        self.start()

    def start(self) -> None:
        """Start nova-compute and wait until it can be used."""
        self.begin()
        self.wait_ready()

    def begin(self) -> None:
        """Start nova-compute without waiting."""
        self._log_start = self._log_size()
        self.service.start()

    def wait_ready(self) -> None:
        """Wait until what ``begin`` started takes requests, and is up.

        Nova's API may still know it as up from before: it is not asked
        whether anything was reported since.

        :raises ServiceError: it ended, or is not ready in time.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._says_ready():
            self.service.require_running()
            if time.monotonic() > deadline:
                raise self.service.error(
                    f'is not ready after {START_TIMEOUT_S} s'
                )
            time.sleep(POLL_S)
        self.wait_up()

    def _says_ready(self) -> bool:
        if not self._log_size():
            return False
        with self.service.log_path.open('rb') as log:
            log.seek(self._log_start)
            return READY.encode() in log.read()

    def _log_size(self) -> int:
        try:
            return self.service.log_path.stat().st_size
        except FileNotFoundError:
            return 0

    def stop(self) -> None:
        """End nova-compute, if it runs, at once but in order.

        SIGINT, because SIGTERM leads Nova 34 to wait for threads that do
        not end, up to [DEFAULT] graceful_shutdown_timeout.

        :raises ServiceError: it still runs.
        """
        self.kill(signal.SIGINT)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send nova-compute a signal that ends it; wait for the end.

        :raises ServiceError: it still runs.
        """
        self.service.kill(number, timeout_s=STOP_TIMEOUT_S)

    def state(self) -> ServiceState | None:
        """Return what Nova's API says, None before the first start."""
        found = self._services()
        if not found:
            return None
        return ServiceState(
            state=found[0]['state'],
            status=found[0]['status'],
            updated_at=found[0]['updated_at'],
        )

    def allow(self, *, scheduling: bool) -> None:
        """Let Nova's scheduler choose this host, or not any more.

        :raises RestError: Nova does not know it.
        """
        (found,) = self._services()
        self._rest.request(
            'compute',
            'PUT',
            f'/os-services/{found["id"]}',
            json={'status': 'enabled' if scheduling else 'disabled'},
        )

    def _services(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._rest.get(
            'compute',
            '/os-services',
            params={'binary': 'nova-compute', 'host': self.host.name},
        )['services']
        return found

    def wait_up(self, *, after: ServiceState | None = None) -> None:
        """Wait until nova-compute is up, and has reported since ``after``.

        :raises ServiceError: it ended, or is not up in time.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        before = None if after is None else after.updated_at
        while True:
            now = self.state()
            if (
                now is not None
                and now.state == 'up'
                and (after is None or now.updated_at != before)
            ):
                return
            self.service.require_running()
            if time.monotonic() > deadline:
                raise self.service.error(
                    f'is not up after {START_TIMEOUT_S} s, Nova says {now}'
                )
            time.sleep(POLL_S)
