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

"""A guest that sends more than 70 GiB: lost, moved, or kept.

Three migrations of a guest that writes to its memory faster than it can be
sent: as Nova asks for them, which QEMU does not survive; as this project asks;
and over a single connection that is watched, which is cancelled in time.
Takes about a quarter of an hour on a quiet machine, and root.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from types import FrameType

from nova_native_tls.cmd import exit_status
from nova_native_tls.migration import rekey
from tests.lab.harness import errors
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.pki import pki
from tests.soak import trial as soak_trial
from tests.soak import ways

NAME = 'soak'
GIB = soak_trial.GIB


def main() -> int:
    """Try every way, print a table, and fail if one did not end as it must."""
    parser = argparse.ArgumentParser(
        prog='python -m tests.soak', description=__doc__
    )
    parser.add_argument(
        '--gib',
        type=float,
        default=70.0,
        help='after how much to switch over (default: %(default)s)',
    )
    parser.add_argument(
        '--limit-minutes',
        type=float,
        default=30.0,
        help='for each migration (default: %(default)s)',
    )
    parser.add_argument(
        'ways',
        nargs='*',
        metavar='WAY',
        help=f'only these of {", ".join(way.name for way in ways.WAYS)}',
    )
    arguments = parser.parse_args()
    chosen = [
        way
        for way in ways.WAYS
        if not arguments.ways or way.name in arguments.ways
    ]
    if not chosen or len(chosen) < len(set(arguments.ways)):
        parser.error('there is no such way')
    signal.signal(signal.SIGTERM, _terminate)
    trials = []
    try:
        lab_lab.Lab.down(NAME)
        lab = _lab()
        print(_machine(lab), flush=True)
        for way in chosen:
            print(f'-- {way.title}', flush=True)
            found = soak_trial.run(
                lab,
                way,
                gib=arguments.gib,
                limit_s=arguments.limit_minutes * 60,
            )
            for line in (f'{way.name:8} {found.end}', *found.told):
                print(line, flush=True)
            trials.append(found)
    except (errors.LabError, KeyboardInterrupt) as err:
        print(f'Failed: {str(err) or "interrupted"}', file=sys.stderr)
    finally:
        lab_lab.Lab.down(NAME)
    print(_table(trials))
    if len(trials) < len(chosen) or not all(map(_is_good, trials)):
        return exit_status.ExitStatus.FAILURE
    return exit_status.ExitStatus.SUCCESS


def _lab() -> lab_lab.Lab:
    lab = lab_lab.Lab.up(name=NAME, host_count=2)
    authority = pki.CertificateAuthority('QEMU migration CA')
    for host in lab.hosts:
        pki.install_qemu_identity(host, authority)
    lab.controller.write_file(ways.WATCHED, ways.CONFIGURATION)
    return lab


def _machine(lab: lab_lab.Lab) -> str:
    said = lab.hosts[0].run(['qemu-system-x86_64', '--version']).stdout
    return f'{said.splitlines()[0]}, {os.cpu_count()} processors'


def _is_good(trial: soak_trial.Trial) -> bool:
    """Tell whether it ended as it must, and in time where it was cancelled."""
    in_time = trial.sent < (rekey.LIMIT_GIB + 2) * GIB
    return trial.is_as_expected and (in_time or trial.way.switches_over)


def _table(trials: list[soak_trial.Trial]) -> str:
    rows = [('migration', 'GiB sent', 'GiB/s', 'guest afterwards', 'expected')]
    rows += [
        (
            trial.way.title,
            f'{trial.sent / GIB:.1f}',
            f'{trial.sent / GIB / trial.duration_s:.2f}',
            str(trial.end),
            'yes' if _is_good(trial) else 'NO',
        )
        for trial in trials
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        '  '.join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    lines.insert(1, '  '.join('-' * width for width in widths))
    return '\n'.join(lines)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == '__main__':
    sys.exit(main())
