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
Everything is timed in turn with the start of a bare Python, in whose multiples
medians are to be quoted: a machine that is slow today is slow for both.

``loading`` is a process that imports what ``host check`` imports, finds all
plug-ins, and only shows its help. What ``host check`` takes beyond that is its
work; of that, the time on a processor is told as well, which other processes
of a busy machine lengthen less.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import resource
import statistics
import sys
import time
from typing import Any

from tests.functional import credentials
from tests.functional.nova_adapter import bench as legs_bench
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.pki import pki

NAME = 'bench-checks'

_LOADING = """
from nova_native_tls.checks import runner
from nova_native_tls.cmd import main

runner.load()
main.main(['host', 'check', '--help'])
"""
_CHECK = ('-m', 'nova_native_tls.cmd.main', 'host', 'check', '-f', 'json')
_START, _LOADS = 'Python itself', 'loading'
#: The first is what the others are compared with.
COMMANDS: dict[str, tuple[str, ...]] = {
    _START: ('-c', 'pass'),
    _LOADS: ('-c', _LOADING),
    'host check': _CHECK,
    'host check --depth prove': (*_CHECK, '--depth', 'prove'),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was measured.

    :ivar key: what the certificates have.
    :ivar times_start: how many starts of a bare Python it takes.
    :ivar work_ms: of a command, without what it only loads.
    :ivar work_cpu_ms: of that, the time on a processor.
    """

    what: str
    key: str
    median_ms: float
    least_ms: float
    times_start: float
    work_ms: float | None = None
    work_cpu_ms: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """What one run took.

    :ivar cpu_s: on processors, by all of its processes that it waited for.
    """

    wall_s: float
    cpu_s: float


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
                raise SystemExit(f'{what}: {done.stdout}{done.stderr}')
            if number:
                # The first time there was no byte code.
                taken[what].append(took)
    return taken


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def rows(
    kind: str, commands: dict[str, list[Taken]], legs: dict[str, list[float]]
) -> list[Row]:
    """Summarise what was measured with one kind of keys."""
    start_s = statistics.median(one.wall_s for one in commands[_START])
    walls = {
        what: [one.wall_s for one in taken] for what, taken in commands.items()
    }
    found = []
    for what, times_s in {**walls, **legs}.items():
        row = Row(
            what=what,
            key=kind,
            median_ms=_ms(times_s),
            least_ms=round(min(times_s) * 1e3, 1),
            times_start=round(statistics.median(times_s) / start_s, 2),
        )
        if what in commands and what not in (_START, _LOADS):
            pairs = [*zip(commands[what], commands[_LOADS], strict=True)]
            row = dataclasses.replace(
                row,
                work_ms=_ms([a.wall_s - b.wall_s for a, b in pairs]),
                work_cpu_ms=_ms([a.cpu_s - b.cpu_s for a, b in pairs]),
            )
        found.append(row)
    return found


def _ms(times_s: list[float]) -> float:
    return round(statistics.median(times_s) * 1e3, 1)


def measure(repetitions: int) -> list[Row]:
    """Bring a host up, measure with both kinds of keys, and take it down."""
    found = []
    lab_lab.Lab.down(NAME)
    try:
        lab = lab_lab.Lab.up(name=NAME, host_count=1)
        (host,) = lab.hosts
        with legs_bench.prepared() as files:
            for kind, rsa_bits in legs_bench.KEYS.items():
                install(host, rsa_bits)
                found += rows(
                    kind,
                    time_commands(host, repetitions),
                    legs_bench.measure(files, repetitions, rsa_bits),
                )
    finally:
        lab_lab.Lab.down(NAME)
    return found


def _line(row: Row) -> str:
    line = (
        f'{row.what:26} {row.key:8} {row.median_ms:8.1f} ms '
        f'{row.least_ms:8.1f} ms {row.times_start:7.2f}'
    )
    if row.work_ms is None:
        return line
    return f'{line} {row.work_ms:8.1f} ms {row.work_cpu_ms:8.1f} ms'


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        prog='tools/bench checks',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--repetitions', type=int, default=20)
    parser.add_argument('--json', action='store_true')
    arguments = parser.parse_args()
    # What the checks of this machine find is not what is asked here.
    logging.disable(logging.WARNING)
    found: list[Any] = measure(arguments.repetitions)
    if arguments.json:
        print(json.dumps([dataclasses.asdict(row) for row in found], indent=2))
        return 0
    print(
        f'{"":26} {"key":8} {"median":>11} {"least":>11} {"starts":>7} '
        f'{"its work":>11} {"on a CPU":>11}'
    )
    for row in found:
        print(_line(row))
    return 0


if __name__ == '__main__':
    sys.exit(main())
