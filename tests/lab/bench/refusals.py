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

"""Does every migration end that the destination refuses?

The source has lost its certificate, which QEMU on the destination finds out
when the source believes to be connected. Over one connection and over several,
in turn; after each it is seen whether QEMU has ended what has failed.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import time

from tests.lab.bench import cpu
from tests.lab.bench import scene as bench_scene
from tests.lab.bench import sheet as bench_sheet
from tests.lab.bench import ways
from tests.lab.harness.node import qemu_thread
from tests.lab.harness.pki import pki

TIME = 'failed after'
TIMEOUT_S = 60.0
_KIND = 'random'
_FOUR = ways.Way(
    title='TLS, 4 connections',
    flags=('--tls', '--parallel', '--parallel-connections', '4'),
)
WAYS = (
    *(
        way
        for way in ways.WAYS
        if way.title in (ways.STOCK, ways.TWO_CONNECTIONS)
    ),
    _FOUR,
)


@dataclasses.dataclass(slots=True)
class Count:
    """What became of those that were refused."""

    refused: int = 0
    endless: int = 0

    def __str__(self) -> str:
        return f'{self.refused} refused, {self.endless} of them never ended'


def sheet() -> bench_sheet.Sheet:
    """Give the sheet that this fills."""
    return bench_sheet.Sheet(
        subject='refuse',
        title='Refused by the destination',
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
    """Have migrations refused between two hosts of a Debian.

    :raises LabError: the hosts, or a guest, did not come up.
    """
    counts = {way.title: Count() for way in WAYS}
    with bench_scene.Scene.up(suite, _KIND, memory_mib, tell) as scene:
        scene.guest.prepare_destination(scene.there)
        for path in pki.CLIENT_FILES:
            scene.here.path(path).unlink()
        for number in range(rounds):
            for way in WAYS:
                title, count = way.title, counts[way.title]
                took_s = _once(scene, way)
                count.refused += 1
                count.endless += _has_no_end(scene)
                sheet.add(scene.where, title, {TIME: took_s})
                sheet.row(scene.where, title).note = str(count)
                tell(f'{number + 1} of {rounds}, {title}: {count}')


def _once(scene: bench_scene.Scene, way: ways.Way) -> float:
    """Ask for one migration, and say when it had failed.

    :raises WayFailed: it did not fail.
    :raises LabError: it did neither in time.
    """
    name = scene.guest.name
    argv = way.argv(scene.pair, name, scene.there, disk=False)
    started = time.monotonic()
    done = scene.here.run(argv, check=False, timeout_s=TIMEOUT_S)
    took_s = time.monotonic() - started
    if not done.returncode or not scene.guest.is_running_on(scene.here):
        raise bench_scene.WayFailed(f'{name} was not refused.')
    cpu.wait_gone(scene.there, name)
    return took_s


def _has_no_end(scene: bench_scene.Scene) -> bool:
    """Tell whether QEMU goes on with it; the guest is a new one then."""
    if not qemu_thread.remains(scene.guest.name, qemu_thread.LEADER):
        return False
    scene.end()
    scene.settle()
    return True
