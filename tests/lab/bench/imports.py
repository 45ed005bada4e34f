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

"""What does nova-compute import for this project, beyond what it has anyway?

A new process each time, in turn: one that imports nova-compute and its libvirt
driver, one that also imports the driver of this project.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import json
import os
import subprocess
import sys
import tempfile

from tests.lab.bench import sheet as bench_sheet
from tests.lab.harness import errors

STOCK, PLUGIN = 'Nova alone', 'with this project'
TIME, PROCESSOR, ADDED_TIME = 'import', 'processor', 'added to it'
MEMORY, ADDED_MEMORY = 'resident', 'added memory'

_NOVA = ('nova.cmd.compute', 'nova.virt.libvirt.driver')
_OURS = 'nova_native_tls.nova.driver'
_PROGRAM = """\
import importlib, json, sys, time

began, cpu_began = time.perf_counter(), time.process_time()
for name in sys.argv[1:]:
    importlib.import_module(name)
taken = time.perf_counter() - began
cpu = time.process_time() - cpu_began
with open('/proc/self/status') as file:
    lines = dict(line.split(':', 1) for line in file)
resident_kib = int(lines['VmRSS'].split()[0])
print(json.dumps([taken * 1e3, cpu * 1e3, resident_kib / 1024]))
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Imported:
    """What one process took, and had in memory afterwards."""

    taken_ms: float
    cpu_ms: float
    resident_mib: float


def sheet() -> bench_sheet.Sheet:
    """Give the sheet that this fills."""
    return bench_sheet.Sheet(
        subject='import',
        title='What nova-compute imports',
        columns=(
            bench_sheet.Column(name=TIME, unit='ms', digits=0),
            bench_sheet.Column(name=PROCESSOR, unit='ms', digits=0),
            bench_sheet.Column(name=ADDED_TIME, unit='ms', digits=0),
            bench_sheet.Column(name=MEMORY, unit='MiB', digits=1),
            bench_sheet.Column(name=ADDED_MEMORY, unit='MiB', digits=1),
        ),
        ratios=(
            bench_sheet.Ratio(title='processor', column=PROCESSOR, base=STOCK),
            bench_sheet.Ratio(title='memory', column=MEMORY, base=STOCK),
        ),
    )


def run(
    sheet: bench_sheet.Sheet, *, rounds: int, tell: Callable[[str], None]
) -> None:
    """Measure so often.

    :raises LabError: Nova, or this project, cannot be imported.
    """
    with tempfile.TemporaryDirectory() as byte_code:
        # The first round leaves byte code, and a warm disk.
        for number in range(rounds + 1):
            stock = _import(byte_code, *_NOVA)
            plugin = _import(byte_code, *_NOVA, _OURS)
            if number:
                _add(sheet, stock, plugin)
                tell(
                    f'{number} of {rounds}, import: {stock.taken_ms:.0f} ms, '
                    f'{plugin.taken_ms:.0f} ms with this project'
                )


def _add(sheet: bench_sheet.Sheet, stock: Imported, plugin: Imported) -> None:
    for what, found in ((STOCK, stock), (PLUGIN, plugin)):
        values = {
            TIME: found.taken_ms,
            PROCESSOR: found.cpu_ms,
            MEMORY: found.resident_mib,
        }
        sheet.add('', what, values)
    added = {
        ADDED_TIME: plugin.cpu_ms - stock.cpu_ms,
        ADDED_MEMORY: plugin.resident_mib - stock.resident_mib,
    }
    sheet.add('', PLUGIN, added)


def _import(byte_code: str, *names: str) -> Imported:
    # As an installed package has its byte code.
    env = {
        **os.environ,
        'PYTHONDONTWRITEBYTECODE': '',
        'PYTHONPYCACHEPREFIX': byte_code,
    }
    done = subprocess.run(
        [sys.executable, '-c', _PROGRAM, *names],
        env=env,
        capture_output=True,
        check=False,
        encoding='utf-8',
    )
    if done.returncode:
        raise errors.LabError(f'{names[-1]} cannot be imported: {done.stderr}')
    return Imported(*json.loads(done.stdout.splitlines()[-1]))
