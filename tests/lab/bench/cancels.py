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

"""Does every migration end that is cancelled?

A guest that writes is migrated with TLS over parallel connections, and that is
cancelled after a while: in turn as libvirt does it and as this project does.
QEMU's defects show in few of a hundred, and are worth many rounds.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import random
import time

from tests.lab.bench import cancel_orders
from tests.lab.bench import cpu
from tests.lab.bench import job as bench_job
from tests.lab.bench import scene as bench_scene
from tests.lab.bench import sheet as bench_sheet
from tests.lab.bench import sustained
from tests.lab.bench import ways
from tests.lab.harness import errors
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import node_process

TIME = 'ended after'
#: How long a migration sends before it is cancelled.
SENDS_S = (0.05, 1.5)
#: What takes longer waits for a connection that nobody serves any more.
SLOW_S = 10.0
#: What takes longer than that has no end.
TIMEOUT_S = 180.0
_POLL_S = 0.05
_KIND = 'writing-random'
(_WAY,) = (way for way in ways.WAYS if way.title == ways.TWO_CONNECTIONS)

Order = Callable[[lab_host.Host, str], None]
ORDERS: dict[str, Order] = {
    'at once': cancel_orders.at_once,
    'slowed down first': cancel_orders.slowed_down,
}


@dataclasses.dataclass(slots=True)
class Count:
    """What became of those that were cancelled."""

    cancelled: int = 0
    slow: int = 0
    endless: int = 0

    def add(self, took_s: float | None) -> None:
        """Count one; None: it did not end."""
        self.cancelled += 1
        if took_s is None:
            self.endless += 1
        elif took_s > SLOW_S:
            self.slow += 1

    def __str__(self) -> str:
        return (
            f'{self.cancelled} cancelled, {self.slow} of them ended after '
            f'more than {SLOW_S:.0f} s, {self.endless} not within '
            f'{TIMEOUT_S:.0f} s'
        )


def sheet() -> bench_sheet.Sheet:
    """Give the sheet that this fills."""
    return bench_sheet.Sheet(
        subject='cancel',
        title=f'Cancelling ({_WAY.title})',
        columns=(bench_sheet.Column(name=TIME, unit='s', digits=2),),
    )


def run(
    sheet: bench_sheet.Sheet,
    *,
    suite: str,
    memory_mib: int,
    rounds: int,
    tell: Callable[[str], None],
) -> None:
    """Cancel migrations between two hosts of a Debian.

    :raises LabError: the hosts, or a guest, did not come up.
    """
    counts = {what: Count() for what in ORDERS}
    with bench_scene.Scene.up(suite, _KIND, memory_mib, tell) as scene:
        for number in range(rounds):
            for what, order in ORDERS.items():
                took_s = _once(scene, order)
                counts[what].add(took_s)
                sheet.add(scene.where, what, {TIME: took_s})
                sheet.row(scene.where, what).note = str(counts[what])
                took = 'no end' if took_s is None else f'{took_s:.2f} s'
                tell(f'{number + 1} of {rounds}, {what}: {took}')


def _once(scene: bench_scene.Scene, order: Order) -> float | None:
    """Cancel one, and say how long that took; None: it has not ended.

    :raises WayFailed: it ended by itself.
    """
    name = scene.guest.name
    scene.guest.prepare_destination(scene.there)
    _WAY.prepare(scene.there)
    argv = _WAY.argv(scene.pair, name, scene.there, disk=False)
    with scene.here.popen(argv, env=_WAY.env(scene.pair)) as running:
        _let_send(scene, running)
        started = time.monotonic()
        order(scene.here, name)
        try:
            running.communicate(timeout_s=TIMEOUT_S)
        except errors.LabError:
            # Nothing but its end helps this guest.
            scene.end()
            scene.settle()
            return None
        took_s = time.monotonic() - started
    if scene.guest.is_running_on(scene.there):
        raise bench_scene.WayFailed(f'{name} had arrived before.')
    scene.guest.verify_alive(scene.here)
    cpu.wait_gone(scene.there, name)
    return took_s


def _let_send(
    scene: bench_scene.Scene, running: node_process.NodeProcess
) -> None:
    """Wait until memory is sent, and a while.

    :raises WayFailed: it is not.
    """
    name = scene.guest.name
    deadline = time.monotonic() + sustained.TIMEOUT_S
    while not bench_job.Job.running(scene.here, name).carried:
        if running.poll() is not None or time.monotonic() > deadline:
            raise bench_scene.WayFailed(f'Nothing of {name} is sent.')
        time.sleep(_POLL_S)
    sustained.keep_going(scene)
    time.sleep(random.uniform(*SENDS_S))
