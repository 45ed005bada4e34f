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

"""What the pre-checks cost, as commands on a host and inside nova-compute.

A real libvirt answers ``host check``; the legs of Nova's own check run in
Nova's real privileged helper (``tests/functional/nova_adapter/bench.py``).
Commands are timed in turn with the start of a bare Python, in whose multiples
medians are to be quoted: a machine that is slow today is slow for both.

``loading`` is a process that imports what ``host check`` imports, finds all
plug-ins, and only shows its help. What ``host check`` takes beyond that is its
work; of that, the time on a processor is told as well, which other processes
of a busy machine lengthen less.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import importlib
import logging
import resource
import sys
import time
from typing import Any

from tests.functional import credentials
from tests.lab.bench import sheet as bench_sheet
from tests.lab.harness import errors
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.pki import pki

NAME = 'bench-checks'
TIME, WORK, PROCESSOR = 'time', 'beyond loading', 'of that on a processor'

_LOADING = """
from nova_native_tls.checks import runner
from nova_native_tls.cmd import main

runner.load()
main.main(['host', 'check', '--help'])
"""
_CHECK = ('-m', 'nova_native_tls.cmd.main', 'host', 'check', '-f', 'json')
_LEGS = 'tests.functional.nova_adapter.bench'
_START, _LOADS = 'Python itself', 'loading'
#: Before the names of what nova-compute and its helper do.
_LEG = 'Nova: '
#: The first is what the others are compared with.
COMMANDS: dict[str, tuple[str, ...]] = {
    _START: ('-c', 'pass'),
    _LOADS: ('-c', _LOADING),
    'host check': _CHECK,
    'host check --depth prove': (*_CHECK, '--depth', 'prove'),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """What one run took.

    :ivar cpu_s: on processors, by all of its processes that it waited for.
    """

    wall_s: float
    cpu_s: float


def sheet() -> bench_sheet.Sheet:
    """Give the sheet that this fills."""
    return bench_sheet.Sheet(
        subject='checks',
        title='Pre-checks',
        columns=(
            bench_sheet.Column(name=TIME, unit='ms'),
            bench_sheet.Column(name=WORK, unit='ms'),
            bench_sheet.Column(name=PROCESSOR, unit='ms'),
        ),
        ratios=(bench_sheet.Ratio(title='starts', column=TIME, base=_START),),
    )


def install(host: lab_host.Host, rsa_bits: int | None) -> None:
    """Give the QEMUs of a host a certificate with such a key."""
    ca = credentials.authority(days=(-1, 400), rsa_bits=rsa_bits)
    issued = credentials.issue(
        host.fqdn,
        issuer=ca,
        days=(-1, 90),
        names=(host.fqdn,),
        rsa_bits=rsa_bits,
    )
    pki.write_qemu_identity(
        host,
        ca_pem=ca.cert_pem.decode(),
        issued=pki.Issued(
            cert_pem=issued.cert_pem.decode(),
            key_pem=issued.key_pem().decode(),
        ),
    )


def time_commands(
    host: lab_host.Host, repetitions: int
) -> dict[str, list[Taken]]:
    """Run each command so many times, all of them in turn."""
    # As an installed package has its byte code.
    env = {'PYTHONDONTWRITEBYTECODE': '', 'PYTHONPYCACHEPREFIX': '/run/bench'}
    taken: dict[str, list[Taken]] = {what: [] for what in COMMANDS}
    for number in range(repetitions + 1):
        for what, arguments in COMMANDS.items():
            began, cpu_began_s = time.perf_counter(), _children_s()
            done = host.run([sys.executable, *arguments], check=False, env=env)
            took = Taken(
                time.perf_counter() - began, _children_s() - cpu_began_s
            )
            if done.returncode not in (0, 1):
                raise errors.LabError(f'{what}: {done.stdout}{done.stderr}')
            if number:
                # The first time there was no byte code.
                taken[what].append(took)
    return taken


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def add(
    sheet: bench_sheet.Sheet,
    kind: str,
    commands: dict[str, list[Taken]],
    legs: dict[str, list[float]],
) -> None:
    """Put down what was measured with one kind of keys."""
    for what, taken in commands.items():
        for one, loads in zip(taken, commands[_LOADS], strict=True):
            values: dict[str, float | None] = {TIME: one.wall_s * 1e3}
            if what not in (_START, _LOADS):
                values[WORK] = (one.wall_s - loads.wall_s) * 1e3
                values[PROCESSOR] = (one.cpu_s - loads.cpu_s) * 1e3
            sheet.add(kind, what, values)
    for what, times_s in legs.items():
        for time_s in times_s:
            sheet.add(kind, f'{_LEG}{what}', {TIME: time_s * 1e3})


def run(
    sheet: bench_sheet.Sheet, *, rounds: int, tell: Callable[[str], None]
) -> None:
    """Bring a host up, measure with both kinds of keys, and take it down.

    :raises LabError: the host did not come up.
    """
    # The only module here that needs Nova.
    legs_bench: Any = importlib.import_module(_LEGS)
    # What the checks of this machine find is not what is asked here.
    logging.disable(logging.WARNING)
    lab_lab.Lab.down(NAME)
    try:
        lab = lab_lab.Lab.up(name=NAME, host_count=1)
        (host,) = lab.hosts
        with legs_bench.prepared() as files:
            for kind, rsa_bits in legs_bench.KEYS.items():
                install(host, rsa_bits)
                tell(f'checks, {kind}, {rounds} times')
                add(
                    sheet,
                    kind,
                    time_commands(host, rounds),
                    legs_bench.measure(files, rounds, rsa_bits),
                )
    finally:
        logging.disable(logging.NOTSET)
        lab_lab.Lab.down(NAME)
