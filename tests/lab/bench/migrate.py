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

"""What does it take to move a guest, in each way, between each two hosts?

In every round each way has its turn, so that a machine whose speed drifts
drifts for all of them. A guest that is idle is moved there and back; of one
that writes faster than it can be sent, two looks at the running migration say
how fast it is sent, and then that is aborted.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.lab.bench import cancel_orders
from tests.lab.bench import cpu
from tests.lab.bench import guests
from tests.lab.bench import hosts as bench_hosts
from tests.lab.bench import job as bench_job
from tests.lab.bench import scene as bench_scene
from tests.lab.bench import sheet as bench_sheet
from tests.lab.bench import sustained
from tests.lab.bench import ways
from tests.lab.harness.node import node_process

RATE, TOTAL, CPU = 'rate', 'total', 'processors'
DOWNTIME, SETUP = 'downtime', 'setup'
GIB = 2**30

TIMEOUT_S = 300.0
#: After so many failures a way has no further turn with a guest.
GIVEN_UP = 2
NO_DISK = 'libvirt sends no disk through a tunnel'


def sheet() -> bench_sheet.Sheet:
    """Give the sheet that this fills."""
    return bench_sheet.Sheet(
        subject='migrate',
        title='Moving a guest',
        columns=(
            bench_sheet.Column(name=RATE, unit='GiB/s', digits=3),
            bench_sheet.Column(name=TOTAL, unit='s', digits=2),
            bench_sheet.Column(name=CPU, unit='s per GiB', digits=2),
            bench_sheet.Column(name=DOWNTIME, unit='ms', digits=0),
            bench_sheet.Column(name=SETUP, unit='ms', digits=0),
        ),
        ratios=(
            bench_sheet.Ratio(
                title='rate to stock TLS', column=RATE, base=ways.STOCK
            ),
            bench_sheet.Ratio(
                title='to clear text', column=RATE, base=ways.CLEAR
            ),
        ),
    )


def run(
    sheet: bench_sheet.Sheet,
    *,
    suite: str,
    memory_mib: int,
    rounds: int,
    tell: Callable[[str], None],
    kinds: tuple[guests.Kind, ...] = guests.KINDS,
) -> None:
    """Measure between two hosts of a Debian.

    :raises LabError: the hosts, or a guest, did not come up.
    """
    with bench_hosts.up(suite, tell) as pair:
        tell(pair.title)
        for kind in kinds:
            _measure(
                sheet,
                pair,
                kind,
                memory_mib=memory_mib,
                rounds=rounds,
                tell=tell,
            )


def _measure(
    sheet: bench_sheet.Sheet,
    pair: bench_hosts.Pair,
    kind: guests.Kind,
    *,
    memory_mib: int,
    rounds: int,
    tell: Callable[[str], None],
) -> None:
    scene = bench_scene.Scene.begin(pair, kind, memory_mib)
    where = scene.where
    failed = dict.fromkeys((way.title for way in ways.WAYS), 0)
    for way in ways.WAYS:
        row = sheet.row(where, way.title)
        if kind.disk and way.tunnelled:
            failed[way.title] = GIVEN_UP
            row.note = NO_DISK
    try:
        # Both hosts touch their memory for the first time; not counted.
        for _first in scene.pair.lab.hosts:
            _once(scene, ways.WAYS[0])
        for number in range(rounds):
            for way in ways.WAYS:
                if failed[way.title] >= GIVEN_UP:
                    continue
                row = sheet.row(where, way.title)
                try:
                    found, chosen = _once(scene, way)
                except bench_scene.WayFailed as err:
                    failed[way.title] += 1
                    row.note = f'failed {failed[way.title]} times: {err}'
                    tell(f'{kind.title}, {way.title}: {err}')
                    for line in scene.told():
                        tell(f'  {line}')
                    scene.settle()
                    continue
                sheet.add(where, way.title, found)
                if chosen not in row.note.split('; '):
                    # It need not choose the same each time.
                    row.note = '; '.join(filter(None, (row.note, chosen)))
                tell(
                    f'{number + 1} of {rounds}, {kind.title}, {way.title}: '
                    f'{found[RATE] or 0:.3f} GiB/s {row.note}'
                )
    finally:
        scene.end()


def _once(
    scene: bench_scene.Scene, way: ways.Way
) -> tuple[dict[str, float | None], str]:
    """Move the guest once, and say what our own command chose, if it did.

    :raises WayFailed: it stays where it is.
    """
    scene.guest.prepare_destination(scene.there)
    way.prepare(scene.there)
    argv = way.argv(
        scene.pair, scene.guest.name, scene.there, disk=scene.kind.disk
    )
    with scene.here.popen(argv, env=way.env(scene.pair)) as running:
        if scene.kind.dirties:
            return _sustained(scene, running)
        return _moved(scene, way, running)


def _moved(
    scene: bench_scene.Scene, way: ways.Way, running: node_process.NodeProcess
) -> tuple[dict[str, float | None], str]:
    hosts = (scene.here, scene.there)
    before_s = cpu.seconds(*hosts)
    stdout, stderr = running.communicate(timeout_s=TIMEOUT_S)
    if not scene.guest.is_running_on(scene.there):
        raise bench_scene.WayFailed.told(stderr)
    cpu.wait_gone(scene.here, scene.guest.name)
    taken_s = cpu.seconds(*hosts) - before_s
    job = bench_job.Job.completed(scene.there, scene.guest.name)
    scene.guest.verify_alive(scene.there)
    scene.swap()
    gib = scene.kind.moved_gib(scene.memory_mib)
    found: dict[str, float | None] = {
        RATE: gib / job.elapsed_s,
        TOTAL: job.elapsed_s,
        CPU: taken_s / gib,
        DOWNTIME: job.downtime_ms,
        SETUP: job.setup_ms,
    }
    return found, way.chosen(stdout)


def _sustained(
    scene: bench_scene.Scene, running: node_process.NodeProcess
) -> tuple[dict[str, float | None], str]:
    """Look twice at a migration without an end, and abort it.

    What comes to an end all the same is as fast as all of it was.
    """
    name = scene.guest.name
    between = sustained.watch(scene, running)
    if between is not None:
        cancel_orders.slowed_down(scene.here, name)
    _stdout, stderr = running.communicate(timeout_s=TIMEOUT_S)
    arrived = scene.guest.is_running_on(scene.there)
    cpu.wait_gone(scene.here if arrived else scene.there, name)
    if between is not None:
        if arrived:
            scene.swap()
        gib = between.bytes / GIB
        return {
            RATE: gib / between.elapsed_s,
            CPU: between.cpu_s / gib,
            SETUP: between.second.job.setup_ms,
        }, between.chosen
    if not arrived:
        raise bench_scene.WayFailed.told(stderr)
    job = bench_job.Job.completed(scene.there, name)
    scene.swap()
    return {
        RATE: job.carried / GIB / job.elapsed_s,
        SETUP: job.setup_ms,
    }, 'arrived by itself'
