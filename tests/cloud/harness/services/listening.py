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

"""On which TCP ports does a node listen?"""

from __future__ import annotations

import pathlib
import time

from tests.cloud.harness.services import service
from tests.lab.harness.node import node as lab_node

#: State of a listening socket in /proc/net/tcp (man 5 proc).
_LISTEN = '0A'


def ports(node: lab_node.Node) -> set[int]:
    """Return the ports, of IPv4 and IPv6, without entering the node."""
    found = set()
    for table in ('tcp', 'tcp6'):
        path = pathlib.Path(f'/proc/{node.init.pid}/net/{table}')
        found |= parse(path.read_text())
    return found


def wait(running: service.Service, port: int, *, timeout_s: float) -> None:
    """Wait until a daemon, or another of its node, listens on a port.

    :raises ServiceError: the daemon ended, or does not listen in time.
    """
    deadline = time.monotonic() + timeout_s
    while port not in ports(running.node):
        running.require_running()
        if time.monotonic() > deadline:
            raise running.error(f'does not listen after {timeout_s:.0f} s')
        time.sleep(service.POLL_S)


def parse(table: str) -> set[int]:
    """Return the listening ports of the text of a /proc/net/tcp."""
    rows = [line.split() for line in table.splitlines()[1:]]
    return {
        int(row[1].rpartition(':')[2], 16) for row in rows if row[3] == _LISTEN
    }
