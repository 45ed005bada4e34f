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

"""In which steps does a cloud come up on a lab that is up?

Creating seven databases takes most of the time, and all cores: what the
others wait for comes first, and nothing waits that need not.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from concurrent import futures
import time

from tests.cloud.harness.api import identity
from tests.cloud.harness.api import rest as cloud_rest
from tests.cloud.harness.services import api_servers
from tests.cloud.harness.services import compute as cloud_compute
from tests.cloud.harness.services import database
from tests.cloud.harness.services import message_queue
from tests.cloud.harness.services import schemas
from tests.cloud.harness.services import service
from tests.cloud.harness.services import shared_storage
from tests.cloud.harness.settings import compute_files
from tests.cloud.harness.settings import controller_files
from tests.cloud.harness.settings import endpoints
from tests.cloud.harness.settings import options as cloud_options
from tests.lab.harness import errors
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.wire import tcp_streams

Progress = Callable[[str], None]

READY_TIMEOUT_S = 120
POLL_S = 0.25

#: Of the node's network namespace (Linux, Documentation/networking/
#: ip-sysctl.rst): not given to a client, open to who asks for one of them.
_RESERVED_PORTS = '/proc/sys/net/ipv4/ip_local_reserved_ports'

#: Steps that run at the same time; more than two cores make use of.
_PARALLEL = 4


class BringUp:
    """Brings one cloud up, once."""

    def __init__(
        self,
        lab: lab_lab.Lab,
        *,
        options: cloud_options.Options,
        rest: cloud_rest.Rest,
        computes: Iterable[cloud_compute.Compute],
        progress: Progress,
    ) -> None:
        self._lab = lab
        self._options = options
        self._node = lab.controller
        self._rest = rest
        self._computes = tuple(computes)
        self._started = time.monotonic()
        self._progress = progress

    def run(self) -> None:
        """Bring the cloud up.

        :raises LabError: a step failed; what has started is left running.
        """
        self._write_files()
        self._reserve_ports()
        pool = futures.ThreadPoolExecutor(max_workers=_PARALLEL)
        try:
            self._run(pool)
        except BaseException:
            # What still runs in a node ends with the node.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()

    def _run(self, pool: futures.Executor) -> None:
        self._say('Starting MariaDB and RabbitMQ.')
        queue = pool.submit(self._message_queue)
        self._database()
        self._say('Creating the tables of keystone, nova, neutron, glance.')
        node = self._node
        # Nova needs these, and it takes longest to start.
        first = [
            queue,
            pool.submit(self._keystone),
            pool.submit(schemas.nova_api, node),
            pool.submit(schemas.nova_cell, node, controller_files.NOVA_CONF),
            pool.submit(schemas.nova_cell, node, controller_files.CELL0_CONF),
            pool.submit(self._start_api, endpoints.PLACEMENT),
        ]
        others = [pool.submit(self._neutron), pool.submit(self._glance)]
        _results(first)
        self._say('The catalogue is filled; starting nova on the controller.')
        self._start_nova()
        self._say('Starting nova-compute on every host.')
        for compute in self._computes:
            compute.begin()
        _results(others)
        self._say('Every API has been started.')
        for compute in self._computes:
            compute.wait_up()
        self._say('Every nova-compute is up.')
        wait_discovered(
            self._rest, [compute.host.name for compute in self._computes]
        )
        self._prepare_neutron()
        self._say('Every host can be scheduled to.')

    def _say(self, line: str) -> None:
        self._progress(f'{time.monotonic() - self._started:5.1f} s  {line}')

    def _write_files(self) -> None:
        image_directory = self._node.directory / 'glance'
        image_directory.mkdir()
        files = controller_files.all_files(
            self._options, image_directory=image_directory
        )
        for path, text in files.items():
            self._node.write_file(path, text)
        for path, key in identity.fernet_keys().items():
            self._node.write_file(path, key, mode=0o600)
        message_queue.write_files(self._node)
        for compute in self._computes:
            compute.configure({})
        self._lay_out_instances()

    def _reserve_ports(self) -> None:
        """Keep the kernel from using migration ports for its clients.

        A connection of nova-compute to RabbitMQ that happens to have one
        would be in the way of a migration, and taken for one.
        """
        ports = tcp_streams.DATA_PORTS
        script = f'echo {ports[0]}-{ports[-1]} > {_RESERVED_PORTS}'
        for host in self._lab.hosts:
            host.run(['sh', '-c', script])

    def _lay_out_instances(self) -> None:
        shared = self._lab.directory / 'instances'
        if self._options.shared_instances:
            shared.mkdir(mode=0o755)
        for host in self._lab.hosts:
            host.run(['mkdir', '-p', compute_files.INSTANCES])
            if self._options.shared_instances:
                shared_storage.mount(host, shared, compute_files.INSTANCES)

    def _message_queue(self) -> None:
        (self._node.directory / 'rabbitmq').mkdir()
        daemon = message_queue.daemon(self._node)
        daemon.start()
        message_queue.wait_ready(daemon)

    def _database(self) -> None:
        database.create(self._node)
        daemon = database.daemon(self._node)
        daemon.start()
        database.wait_ready(daemon)
        database.create_databases(self._node, controller_files.DATABASES)

    def _keystone(self) -> None:
        self._rest.start()
        schemas.keystone(self._node)
        self._start_api(endpoints.IDENTITY)
        identity.register(self._rest)

    def _glance(self) -> None:
        schemas.glance(self._node)
        self._start_api(endpoints.IMAGE)

    def _neutron(self) -> None:
        schemas.neutron(self._node)
        self._start_api(endpoints.NETWORK)

    def _start_api(self, endpoint: endpoints.Endpoint) -> None:
        api_servers.start(self._node, endpoint)

    def _start_nova(self) -> None:
        """Start API, scheduler and conductor, and wait for the last.

        A nova-compute that asks too early waits in vain for ten seconds
        (Nova 34, nova/conductor/api.py, wait_until_ready).
        """
        self._start_api(endpoints.COMPUTE)
        daemons = nova_daemons(self._lab)
        for daemon in daemons.values():
            daemon.start()
        conductor = daemons['nova-conductor']
        deadline = time.monotonic() + READY_TIMEOUT_S
        params = {'binary': 'nova-conductor'}
        while not self._rest.get('compute', '/os-services', params=params)[
            'services'
        ]:
            conductor.require_running()
            if time.monotonic() > deadline:
                raise conductor.error(f'is not up after {READY_TIMEOUT_S} s')
            time.sleep(POLL_S)

    def _prepare_neutron(self) -> None:
        """Ask neutron for its networks, so that it can tell its ports.

        neutron 29 reads an attribute of a model that only exists after some
        query (neutron/db/db_base_plugin_v2.py, get_ports).
        """
        self._rest.get('network', '/networks')


def wait_discovered(rest: cloud_rest.Rest, host_names: Iterable[str]) -> None:
    """Wait until the scheduler's periodic task has found these hosts.

    :raises LabError: it does not in time.
    """
    deadline = time.monotonic() + READY_TIMEOUT_S
    wanted = set(host_names)
    while True:
        found = rest.get('compute', '/os-hypervisors/detail')
        known = {each['service']['host'] for each in found['hypervisors']}
        if wanted <= known:
            return
        if time.monotonic() > deadline:
            raise errors.LabError(
                f'Nova knows only the hypervisors of {sorted(known)} '
                f'after {READY_TIMEOUT_S} s, not of {sorted(wanted)}.'
            )
        time.sleep(POLL_S)


def nova_daemons(lab: lab_lab.Lab) -> dict[str, service.Service]:
    """Return Nova's daemons on the controller, without the API."""
    return {
        name: service.Service(
            node=lab.controller,
            name=name,
            argv=[
                endpoints.program(name),
                '--config-file',
                controller_files.NOVA_CONF,
            ],
        )
        for name in ('nova-conductor', 'nova-scheduler')
    }


def _results(steps: Iterable[futures.Future[None]]) -> None:
    """Wait for all steps; the first failure is raised at once."""
    for step in futures.as_completed(steps):
        step.result()
