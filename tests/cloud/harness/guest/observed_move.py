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

"""One live migration through Nova's API, with its wire captured.

The capture is made on the destination's interfaces.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import pathlib

from tests.cloud.harness.api import live_migrations
from tests.cloud.harness.guest import virtual_machine
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.wire import capture
from tests.lab.harness.wire import proof as wire


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObservedMove:
    """What Nova tells of a live migration, and what the wire showed."""

    outcome: live_migrations.Outcome
    proof: wire.WireProof


def move(
    machine: virtual_machine.VirtualMachine,
    destination: lab_host.Host,
    *,
    read: Callable[[pathlib.Path], None] = lambda _path: None,
) -> ObservedMove:
    """Move a server, whatever becomes of it, and read the capture.

    :param read: reads the capture, too, before it is removed.
    :raises CaptureError: the capture failed.
    :raises ServerError: Nova did not come to an end with it.
    """
    spec = machine.guest.spec
    path = destination.directory / f'{machine.id}.pcap'
    with capture.Capture(destination, path) as running:
        outcome = machine.live_migrate(destination.name)
    proof = wire.prove(
        path,
        secrets=[spec.secret.encode()],
        disk_secrets=[spec.disk_secret.encode()],
        dropped_packets=running.result.dropped_packets,
    )
    read(path)
    path.unlink()
    return ObservedMove(outcome=outcome, proof=proof)
