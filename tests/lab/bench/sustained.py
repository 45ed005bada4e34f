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

"""How fast is a guest sent that writes faster than that?

Its migration has no end. Two looks at it say what got across in between, and
what it took.
"""

from __future__ import annotations

import dataclasses
import time

from tests.lab.bench import cpu
from tests.lab.bench import job as bench_job
from tests.lab.bench import scene as bench_scene
from tests.lab.harness import errors
from tests.lab.harness.node import node_process

#: How far apart the looks are.
LOOK_S = 6.0
POLL_S = 0.1
TIMEOUT_S = 300.0
#: So short that a guest that writes does not arrive between them.
SHORT_DOWNTIME_MS = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """One look: what libvirt says, and what all but the guests took."""

    job: bench_job.Job
    cpu_s: float


@dataclasses.dataclass(frozen=True, slots=True)
class Between:
    """Two looks at the same migration.

    :ivar chosen: what its QEMU uses.
    """

    first: Look
    second: Look
    chosen: str

    @property
    def bytes(self) -> int:
        """What got across."""
        return self.second.job.carried - self.first.job.carried

    @property
    def elapsed_s(self) -> float:
        """How long that took."""
        return self.second.job.elapsed_s - self.first.job.elapsed_s

    @property
    def cpu_s(self) -> float:
        """How long all processors together were busy with it."""
        return self.second.cpu_s - self.first.cpu_s


def watch(
    scene: bench_scene.Scene, running: node_process.NodeProcess
) -> Between | None:
    """Look at it in its second pass over memory, and somewhat later.

    Before that the destination's pages are touched for the first time.

    :returns: None if it has ended before.
    :raises LabError: it comes to no second pass.
    """
    name = scene.guest.name
    deadline = time.monotonic() + TIMEOUT_S
    limited = False
    first: Look | None = None
    chosen = ''
    while running.poll() is None:
        if time.monotonic() > deadline:
            raise errors.LabError(f'There is no second pass over {name}.')
        found = _look(scene)
        if found.job.iteration and not limited:
            limited = True
            keep_going(scene)
            chosen = bench_job.channels(scene.here, name)
        if first is None and found.job.iteration > 1:
            first = found
        elif (
            first is not None
            and found.job.elapsed_s >= first.job.elapsed_s + LOOK_S
        ):
            return Between(first, found, chosen)
        time.sleep(POLL_S)
    return None


def keep_going(scene: bench_scene.Scene) -> None:
    """Let it not arrive."""
    scene.here.virsh(
        *('migrate-setmaxdowntime', scene.guest.name, str(SHORT_DOWNTIME_MS)),
        check=False,
    )


def _look(scene: bench_scene.Scene) -> Look:
    hosts = (scene.here, scene.there)
    taken_s = cpu.seconds(*hosts) - cpu.guests_seconds(*hosts)
    return Look(bench_job.Job.running(scene.here, scene.guest.name), taken_s)
