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

"""What encryption costs: ways of moving one guest, measured in turn.

Every round moves the same idle guest once in each way, so that a machine
whose speed drifts drifts for all of them; medians and their ratio to clear
text are what to quote. Whole commands are timed as libvirt's own statistics
report them: the time from the first byte to the guest running on the other
side, without the command's own start.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from typing import Any

from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.guest import kernel as guest_kernel
from tests.lab.harness.guest import spec as guest_spec
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness import observed
from tests.lab.harness.pki import pki

NAME = 'bench'

#: Way of moving: options of the command, and the scheme of the daemons'
#: connection. The first is what the others are compared with.
WAYS: dict[str, tuple[tuple[str, ...], str]] = {
    'clear text': (('--plaintext',), 'tcp'),
    'TLS, 1 connection': (('--config-file', '/etc/single.conf'), 'tcp'),
    'TLS, 2 connections': ((), 'tcp'),
    'tunnelled over tcp': (('--config-file', '/etc/tunnelled.conf'), 'tcp'),
    'tunnelled over tls': (('--config-file', '/etc/tunnelled.conf'), 'tls'),
}
CONFIGURATIONS = {
    '/etc/tunnelled.conf': '[libvirt]\nlive_migration_tunnelled = true\n',
    '/etc/single.conf': '[libvirt]\nlive_migration_with_native_tls = true\n'
    '[native_tls]\nrekey_crash = watch\n',
}


def measure(
    lab: lab_lab.Lab, *, rounds: int, memory_mib: int
) -> dict[str, list[dict[str, Any]]]:
    """Move a guest ``rounds`` times in each way, the ways in turn."""
    here, there = lab.hosts
    guest = lab_guest.Guest(
        guest_spec.GuestSpec(
            name=NAME, memory_mib=memory_mib, fill='random', dirty_mib_s=0
        ),
        guest_kernel.build(lab.controller.directory / 'kernel'),
    )
    guest.define_and_start(here)
    guest.wait_ready(here, timeout_s=300)
    records: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    for number in range(rounds):
        for way, (options, scheme) in WAYS.items():
            guest.prepare_destination(there)
            argv = observed.arguments(
                guest, here, there, *options, scheme=scheme
            )
            outcome = observed.run(lab.controller, argv)
            if not outcome.record:
                raise lab_guest.GuestError(f'{way}: {outcome.stderr}')
            guest.verify_alive(there)
            here, there = there, here
            records[way].append(outcome.record)
            print(
                f'round {number + 1} of {rounds}, {way}: '
                f'{outcome.record["duration_s"]:.2f} s',
                file=sys.stderr,
            )
    return records


def table(records: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Summarise: medians, spread, and the ratio to the first way."""
    rows = []
    base: float | None = None
    for way, seen in records.items():
        durations = [record['duration_s'] for record in seen]
        median = statistics.median(durations)
        base = base or median
        rows.append(
            {
                'way': way,
                'median_s': round(median, 2),
                'min_s': min(durations),
                'max_s': max(durations),
                'times_clear_text': round(median / base, 2),
                'downtime_ms': round(
                    statistics.median(r['downtime_ms'] for r in seen)
                ),
            }
        )
    return rows


def main() -> int:
    """Bring a lab up, measure, and print a table."""
    parser = argparse.ArgumentParser(
        prog='tools/bench migrate', description=__doc__
    )
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--memory-mib', type=int, default=512)
    parser.add_argument('--json', action='store_true')
    arguments = parser.parse_args()
    lab_lab.Lab.down(NAME)
    try:
        lab = lab_lab.Lab.up(name=NAME, host_count=2)
        for path, text in CONFIGURATIONS.items():
            lab.controller.write_file(path, text)
        authority = pki.CertificateAuthority('QEMU migration CA')
        for host in lab.hosts:
            pki.install_qemu_identity(host, authority)
        rows = table(
            measure(
                lab, rounds=arguments.rounds, memory_mib=arguments.memory_mib
            )
        )
    finally:
        lab_lab.Lab.down(NAME)
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return 0
    print(
        f'{"way":20} {"median":>8} {"min":>8} {"max":>8} {"ratio":>6} '
        f'{"downtime":>9}'
    )
    for row in rows:
        print(
            f'{row["way"]:20} {row["median_s"]:7.2f}s {row["min_s"]:7.2f}s '
            f'{row["max_s"]:7.2f}s {row["times_clear_text"]:6.2f} '
            f'{row["downtime_ms"]:6d} ms'
        )
    return 0


if __name__ == '__main__':
    sys.exit(main())
