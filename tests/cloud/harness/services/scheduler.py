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

"""How is nova-scheduler given other options?"""

from __future__ import annotations

import time

from tests.cloud.harness.services import service
from tests.cloud.harness.settings import controller_files
from tests.cloud.harness.settings import ini_file
from tests.cloud.harness.settings import options as cloud_options

START_TIMEOUT_S = 60
POLL_S = 0.25

#: What it says at level DEBUG when it takes requests (Nova 34,
#: nova/service.py, Service.start).
READY = 'Join ServiceGroup membership for this service scheduler'


def reconfigure(
    daemon: service.Service,
    options: cloud_options.Options,
    changes: ini_file.Changes,
) -> None:
    """Restart it with changes over what was chosen, and wait.

    It keeps nothing between two requests, so it is killed.

    :raises ServiceError: it ended, or is not ready in time.
    """
    daemon.kill()
    begin = len(daemon.log())
    daemon.node.write_file(
        controller_files.NOVA_CONF,
        controller_files.nova_conf(options, changes),
    )
    daemon.start()
    deadline = time.monotonic() + START_TIMEOUT_S
    while READY not in daemon.log()[begin:]:
        daemon.require_running()
        if time.monotonic() > deadline:
            raise daemon.error(f'is not ready after {START_TIMEOUT_S} s')
        time.sleep(POLL_S)
