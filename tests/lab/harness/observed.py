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

"""One migration by the command line, with its wire captured.

The command runs on the controller, as an operator would run it; the capture
is made on the destination's interfaces.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import sys
from typing import Any
from typing import TYPE_CHECKING

from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.wire import capture
from tests.lab.harness.wire import proof as wire

if TYPE_CHECKING:
    from tests.lab.harness.lab import lab as lab_lab
    from tests.lab.harness.node import node as lab_node

COMMAND = (sys.executable, '-m', 'nova_native_tls.cmd.main')
TIMEOUT_S = 180


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the command ended; ``record`` is what it printed, if anything."""

    exit_status: int
    record: dict[str, Any]
    stderr: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A migration and what could be seen of it on the wire."""

    outcome: Outcome
    proof: wire.WireProof


def arguments(
    guest: lab_guest.Guest,
    source: lab_host.Host,
    destination: lab_host.Host,
    *options: str,
    scheme: str = 'tls',
) -> list[str]:
    """Return the command line that migrates ``guest``."""
    return [
        *COMMAND,
        'migrate',
        *('--connect', source.uri(scheme)),
        *options,
        guest.name,
        destination.uri(scheme),
        *('-f', 'json'),
    ]


def run(node: lab_node.Node, argv: list[str]) -> Outcome:
    """Run a command of ours in a node, whatever its exit status."""
    done = node.run(argv, check=False, timeout_s=TIMEOUT_S)
    return Outcome(
        exit_status=done.returncode,
        record=json.loads(done.stdout) if done.stdout.strip() else {},
        stderr=done.stderr,
    )


def migrate(
    lab: lab_lab.Lab,
    guest: lab_guest.Guest,
    source: lab_host.Host,
    destination: lab_host.Host,
    *options: str,
    scheme: str = 'tls',
) -> Observed:
    """Migrate with the destination's wire captured, and read the capture.

    What libvirt says it sent must have been seen, or the proof fails.
    """
    path = captures(lab) / f'{guest.name}-{source.name}.pcap'
    with capture.Capture(destination, path) as running:
        outcome = run(
            lab.controller,
            arguments(guest, source, destination, *options, scheme=scheme),
        )
    proof = wire.prove(
        path,
        secrets=[guest.spec.secret.encode()],
        disk_secrets=[guest.spec.disk_secret.encode()],
        dropped_packets=running.result.dropped_packets,
        expected_bytes=outcome.record.get('memory_bytes'),
    )
    path.unlink()
    return Observed(outcome=outcome, proof=proof)


def captures(lab: lab_lab.Lab) -> pathlib.Path:
    """Return where captures of this lab go; it ends with the lab."""
    directory = lab.controller.directory / 'captures'
    directory.mkdir(exist_ok=True)
    return directory
