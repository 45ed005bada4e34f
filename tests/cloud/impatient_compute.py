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

"""nova-compute that sends canaries all the time.

A program: its arguments are nova-compute's. It exchanges times and amounts
that nobody may choose in earnest, and can be told to die when a canary is on
its way.
"""

from __future__ import annotations

import importlib
import os
import pathlib
import signal
import sys
from typing import Any

#: The command, without nova-compute's arguments.
PROGRAM: tuple[str, ...] = (sys.executable, __file__)

#: While there is such a file it dies as soon as it has started a canary.
DIE = '/etc/nova/die'

INTERVAL_S = 1
LOOK_EVERY_S = 0.5
#: Longer than it takes to arrive and to be ended.
LIFETIME_S = 8

#: How much may be sent over a single TLS connection.
LIMIT_BYTES = 32 * 1024 * 1024


def main() -> None:
    """Run nova-compute."""
    # First of all, as nova-compute's own script does.
    compute = importlib.import_module('nova.cmd.compute')
    definition: Any = importlib.import_module(
        'nova_native_tls.canary.definition'
    )
    definition.LIFETIME_S = LIFETIME_S
    schedule: Any = importlib.import_module('nova_native_tls.canary.schedule')
    schedule.INTERVAL_MIN_S = INTERVAL_S
    sender: Any = importlib.import_module(
        'nova_native_tls.nova.canary.canary_sender'
    )
    sender.LOOK_EVERY_S = LOOK_EVERY_S
    own_libvirt: Any = importlib.import_module(
        'nova_native_tls.nova.canary.own_libvirt'
    )
    start_transient = own_libvirt.OwnLibvirt.start_transient

    def start_and_die(here: Any, text: str) -> Any:
        started = start_transient(here, text)
        if pathlib.Path(DIE).exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return started

    own_libvirt.OwnLibvirt.start_transient = start_and_die
    rekey: Any = importlib.import_module('nova_native_tls.migration.rekey')
    rekey.LIMIT_BYTES = LIMIT_BYTES
    # oslo.config and oslo.log name files after the program.
    sys.argv[0] = 'nova-compute'
    compute.main()


if __name__ == '__main__':
    main()
