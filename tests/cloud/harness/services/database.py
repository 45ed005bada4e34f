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

"""How does the controller get its databases?"""

from __future__ import annotations

import time

from tests.cloud.harness.services import service
from tests.cloud.harness.settings import endpoints
from tests.lab.harness.node import node as lab_node

START_TIMEOUT_S = 60

#: What is written survives mariadbd, which is enough, and not the machine.
_UNSAFE = (
    '--innodb-flush-method=nosync',
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-doublewrite=0',
)


def create(node: lab_node.Node) -> None:
    """Lay out MariaDB's own tables.

    :raises LabError: it failed.
    """
    # Without the test database there are no anonymous users either
    # (MariaDB 10.11, scripts/mysql_test_db.sql), which would be taken for
    # whoever logs in from the controller.
    argv = ['mariadb-install-db', '--no-defaults', '--user=root']
    argv += ['--skip-test-db', f'--datadir={_data(node)}', *_UNSAFE]
    node.run(argv, timeout_s=120)


def daemon(node: lab_node.Node) -> service.Service:
    """Return MariaDB's daemon, which listens on a socket of the node only."""
    argv = ['mariadbd', '--no-defaults', '--user=root', *_UNSAFE]
    argv += [
        f'--datadir={_data(node)}',
        f'--socket={endpoints.DATABASE_SOCKET}',
        '--pid-file=/run/cloud-mariadb.pid',
        '--skip-networking',
        '--max-connections=400',
        '--innodb-buffer-pool-size=256M',
        '--performance-schema=OFF',
    ]
    return service.Service(node=node, name='mariadb', argv=argv)


def wait_ready(running: service.Service) -> None:
    """Wait until MariaDB answers.

    :raises ServiceError: it ended, or does not answer in time.
    """
    deadline = time.monotonic() + START_TIMEOUT_S
    ping = ['mariadb', '--no-defaults', *_CLIENT, '-e', 'SELECT 1']
    socket = running.node.path(endpoints.DATABASE_SOCKET)
    while (
        not socket.exists() or running.node.run(ping, check=False).returncode
    ):
        running.require_running()
        if time.monotonic() > deadline:
            raise running.error(f'does not answer after {START_TIMEOUT_S} s')
        time.sleep(service.POLL_S)


def create_databases(node: lab_node.Node, names: tuple[str, ...]) -> None:
    """Create empty databases.

    :raises LabError: one exists, or MariaDB does not answer.
    """
    script = ''.join(
        f'CREATE DATABASE {name} CHARACTER SET utf8mb4;\n' for name in names
    )
    node.run(['mariadb', '--no-defaults', *_CLIENT], input=script)


_CLIENT = ('--user=root', f'--socket={endpoints.DATABASE_SOCKET}')


def _data(node: lab_node.Node) -> str:
    return str(node.directory / 'mariadb')
