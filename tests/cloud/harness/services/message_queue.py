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

"""How does RabbitMQ run in the controller?"""

from __future__ import annotations

from collections.abc import Iterable
import json
import time

from tests.cloud.harness.services import listening
from tests.cloud.harness.services import service
from tests.cloud.harness.settings import endpoints
from tests.lab.harness.node import node as lab_node

#: Debian's /usr/sbin/rabbitmq-server would change to another user first.
PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server'
CONTROL_PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmqctl'
PORT = 5672
CONF = '/etc/rabbitmq/cloud.conf'

START_TIMEOUT_S = 90
CONSUMERS_TIMEOUT_S = 180
POLL_S = 1

_CONF = f"""\
listeners.tcp.1 = {endpoints.CONTROLLER}:{PORT}
default_user = openstack
default_pass = {endpoints.PASSWORD}
log.console = true
log.console.level = info
log.file = false
disk_free_limit.absolute = 50MB
"""


def write_files(node: lab_node.Node) -> None:
    """Write the configuration of the node's RabbitMQ."""
    node.write_file(CONF, _CONF)


def daemon(node: lab_node.Node) -> service.Service:
    """Return RabbitMQ's daemon; its data stay in the node's state."""
    directory = node.directory / 'rabbitmq'
    env = {
        # The cookie, and nothing of the machine's RabbitMQ.
        'HOME': str(directory),
        'RABBITMQ_NODENAME': f'rabbit@{node.name}',
        'RABBITMQ_CONFIG_FILE': CONF,
        'RABBITMQ_CONF_ENV_FILE': '/dev/null',
        'RABBITMQ_ENABLED_PLUGINS_FILE': str(directory / 'plugins'),
        'RABBITMQ_MNESIA_BASE': str(directory / 'mnesia'),
        'RABBITMQ_LOG_BASE': str(directory),
        'RABBITMQ_PID_FILE': str(directory / 'pid'),
        # An idle scheduler must not spin: there are few cores for many.
        'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': (
            '+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none'
        ),
    }
    return service.Service(node=node, name='rabbitmq', argv=[PROGRAM], env=env)


def wait_ready(running: service.Service) -> None:
    """Wait until RabbitMQ listens.

    :raises ServiceError: it ended, or does not listen in time.
    """
    listening.wait(running, PORT, timeout_s=START_TIMEOUT_S)


def restart(running: service.Service) -> None:
    """Restart RabbitMQ and wait until it listens again."""
    running.restart()
    wait_ready(running)


def wait_consumers(running: service.Service, queues: Iterable[str]) -> None:
    """Wait until somebody reads each of these queues.

    A service that reports, so that Nova calls it up, can be without its own
    queue for some time after a restart: it reads by another connection.

    :raises ServiceError: nobody reads one of them in time.
    """
    wanted = frozenset(queues)
    deadline = time.monotonic() + CONSUMERS_TIMEOUT_S
    while missing := wanted - _read_queues(running):
        running.require_running()
        if time.monotonic() > deadline:
            raise running.error(
                f'has nobody reading {", ".join(sorted(missing))} after '
                f'{CONSUMERS_TIMEOUT_S} s'
            )
        time.sleep(POLL_S)


def _read_queues(running: service.Service) -> set[str]:
    """Return the names of all queues that somebody reads."""
    argv = [CONTROL_PROGRAM, '--quiet', '--formatter', 'json']
    answer = running.node.run(
        [*argv, 'list_queues', 'name', 'consumers'],
        env=running.env,
        timeout_s=CONSUMERS_TIMEOUT_S,
    )
    return {
        each['name'] for each in json.loads(answer.stdout) if each['consumers']
    }
