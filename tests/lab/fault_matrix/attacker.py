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

"""Who is at the destination's port before the source, and what comes of it?

Packets of the source to the migration ports are dropped until the rogue
client has its connection; TCP of the source then tries again by itself.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import pathlib
import sys
import threading
from typing import Any
from typing import TYPE_CHECKING

from tests.lab.fault_matrix import certificates
from tests.lab.fault_matrix import rogue_client
from tests.lab.harness.node import node_process

if TYPE_CHECKING:
    from tests.lab.fault_matrix import scene as matrix_scene

PORT = 49152
FILES = ('/run/rogue-cert.pem', '/run/rogue-key.pem')
WAIT_S = 30

PORTS = 'tcp dport 49152-49215'


class Attacker(enum.Enum):
    """What a rogue client does once it is connected.

    The value is how it speaks, if it has a certificate, and for how many
    seconds it waits for an answer.
    """

    SILENT = ('silent', False, 2)
    PATIENT = ('silent', False, 600)
    CLEAR = ('clear', False, 60)
    ANONYMOUS = ('tls', False, 60)
    FOREIGN = ('tls', True, 60)


@dataclasses.dataclass(kw_only=True)
class Attack:
    """One rogue client at work."""

    running: node_process.NodeProcess
    events: list[dict[str, Any]]
    connected: threading.Event
    reader: threading.Thread

    def end(self) -> list[str]:
        """End it, and tell what should not have happened to it."""
        self.running.kill()
        self.reader.join(WAIT_S)
        if not self.connected.is_set():
            return [f'the rogue client was not first: {self.events}']
        return [
            f'the rogue client heard {event}'
            for event in self.events
            if event['what'] == 'heard' and event['bytes']
        ]


def begin(scene: matrix_scene.Scene, kind: Attacker) -> Attack:
    """Have a rogue client wait for the destination to listen."""
    source, destination = scene.hosts
    victim = scene.destination
    controller = scene.lab.controller
    how, has_files, patience_s = kind.value
    if has_files:
        leaf = certificates.leaf(scene.source.foreign_ca, ['rogue.example'])
        controller.write_file(FILES[0], certificates.pem_of(leaf))
        controller.write_file(FILES[1], certificates.key_pem(leaf.key))
    victim.filter(
        f'{PORTS} ip saddr {source.management_ipv4} drop',
        f'{PORTS} ip6 saddr {source.management_ipv6} drop',
    )
    running = controller.popen(
        [
            sys.executable,
            str(pathlib.Path(rogue_client.__file__)),
            *(destination.fqdn, str(PORT), how, str(patience_s)),
            *(FILES if has_files else ()),
        ]
    )
    events: list[dict[str, Any]] = []
    connected = threading.Event()

    def read() -> None:
        assert running.stdout is not None
        for line in running.stdout:
            events.append(json.loads(line))
            if events[-1]['what'] == 'connected':
                connected.set()
                victim.open()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    return Attack(
        running=running, events=events, connected=connected, reader=reader
    )
