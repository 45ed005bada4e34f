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

"""Measure, and print one table, or two.

Everything by default, or the subjects that are named. Each repetition of what
is compared follows the others at once, so quote medians and ratios; a machine
that others use makes seconds of its own. Ctrl-C ends it, and prints what there
is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
import importlib
import pathlib
import signal
import sys
from types import FrameType
from types import ModuleType

from nova_native_tls.cmd import exit_status
from tests.lab.bench import guests
from tests.lab.bench import hosts as bench_hosts
from tests.lab.bench import machine
from tests.lab.bench import report as bench_report
from tests.lab.bench import sheet as bench_sheet
from tests.lab.harness import errors

#: Subject -> its module and how often it repeats by default. Some need
#: packages that others do not.
SUBJECTS = {
    'migrate': ('tests.lab.bench.migrate', 5),
    'tried': ('tests.lab.bench.tried', 3),
    'cancel': ('tests.lab.bench.cancels', 20),
    'refuse': ('tests.lab.bench.refusals', 20),
    'nova': ('tests.lab.bench.nova_moves', 10),
    'checks': ('tests.lab.bench.checks', 20),
    'import': ('tests.lab.bench.imports', 10),
    'ca': ('tests.lab.bench.authority', 3),
}
#: Those that are measured on hosts of different Debians.
ON_HOSTS = ('migrate', 'tried', 'cancel', 'refuse')
SUITES = (bench_hosts.OWN, 'trixie')
MEMORY_MIB = 1024


def main() -> int:
    """Measure what was asked for, and show it."""
    options = _options()
    if options.show:
        try:
            _show(_parts(options.show), options)
        except (OSError, ValueError) as err:
            _tell(f'These cannot be shown: {err}')
            return exit_status.ExitStatus.FAILURE
        return exit_status.ExitStatus.SUCCESS
    signal.signal(signal.SIGTERM, _terminate)
    found = bench_report.Report(machine={}, sheets=[])
    status = exit_status.ExitStatus.SUCCESS
    for name in options.subjects or SUBJECTS:
        try:
            _run(name, found, options)
        except (errors.LabError, ImportError) as err:
            _tell(f'{name}: {err}')
            status = exit_status.ExitStatus.FAILURE
        except KeyboardInterrupt:
            _tell('Interrupted; this is what there is.')
            status = exit_status.ExitStatus.FAILURE
            break
    found.machine = machine.describe(_hosts(found.sheets))
    _show(found, options)
    return status


def _run(
    name: str, found: bench_report.Report, options: argparse.Namespace
) -> None:
    module_name, rounds = SUBJECTS[name]
    module = importlib.import_module(module_name)
    sheet: bench_sheet.Sheet = module.sheet()
    found.sheets.append(sheet)
    rounds = options.rounds or rounds
    if name in ON_HOSTS:
        _on_hosts(module, sheet, rounds, options)
    else:
        module.run(sheet, rounds=rounds, tell=_tell)


def _on_hosts(
    module: ModuleType,
    sheet: bench_sheet.Sheet,
    rounds: int,
    options: argparse.Namespace,
) -> None:
    more: dict[str, dict[str, object]] = {
        'migrate': {'kinds': _kinds(options.guest)},
        'tried': {'zlib': options.zlib},
    }
    for suite in options.debian or SUITES:
        module.run(
            sheet,
            suite=suite,
            memory_mib=options.memory_mib,
            rounds=rounds,
            tell=_tell,
            **more.get(sheet.subject, {}),
        )


def _kinds(names: Iterable[str]) -> tuple[guests.Kind, ...]:
    return tuple(
        kind for kind in guests.KINDS if not names or kind.name in names
    )


def _parts(paths: Iterable[pathlib.Path]) -> bench_report.Report:
    return bench_report.Report.joined(
        [bench_report.Report.loads(path.read_text()) for path in paths]
    )


def _hosts(sheets: Iterable[bench_sheet.Sheet]) -> list[str]:
    """Give what the hosts run, of those that name them."""
    return [
        row.where.partition(';')[0]
        for sheet in sheets
        if sheet.subject in ON_HOSTS
        for row in sheet.rows
    ]


def _show(found: bench_report.Report, options: argparse.Namespace) -> None:
    if options.output is not None:
        options.output.write_text(f'{found.json()}\n')
    if options.write_docs:
        for path in found.write_docs():
            _tell(f'Written: {path}')
    print(found.json() if options.json else found.text())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='tools/bench',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'subjects',
        nargs='*',
        metavar='SUBJECT',
        help=f'of {", ".join(SUBJECTS)}; all of them by default',
    )
    parser.add_argument(
        '--rounds',
        type=_count,
        help='repetitions (default: '
        + ', '.join(f'{name} {n}' for name, (_m, n) in SUBJECTS.items())
        + ')',
    )
    parser.add_argument(
        '--debian',
        action='append',
        metavar='SUITE',
        help=f'hosts of {" and ".join(ON_HOSTS)}: own, bookworm, trixie, '
        'sid; may be repeated '
        f'(default: {" and ".join(SUITES)})',
    )
    parser.add_argument(
        '--memory-mib',
        type=_count,
        default=MEMORY_MIB,
        help="the guests' memory there (default: %(default)s)",
    )
    parser.add_argument(
        '--guest',
        action='append',
        default=[],
        choices=[kind.name for kind in guests.KINDS],
        help='of migrate; may be repeated (default: all)',
    )
    parser.add_argument(
        '--zlib',
        type=pathlib.Path,
        metavar='FILE',
        help='a libz.so.1 that tried tries, too: zlib-ng, for one, built '
        'with -DZLIB_COMPAT=ON',
    )
    parser.add_argument(
        '--json', action='store_true', help='print JSON, with all values'
    )
    parser.add_argument(
        '--output',
        type=pathlib.Path,
        metavar='FILE',
        help='write the same JSON to a file, too',
    )
    parser.add_argument(
        '--write-docs',
        action='store_true',
        help='write doc/source/admin/measured.rst and its picture',
    )
    parser.add_argument(
        '--show',
        action='append',
        default=[],
        type=pathlib.Path,
        metavar='FILE',
        help='measure nothing, and show such a file; may be repeated',
    )
    options = parser.parse_args()
    if options.zlib is not None and not options.zlib.is_file():
        parser.error(f'{options.zlib} is no file')
    unknown = set(options.subjects) - set(SUBJECTS)
    if unknown:
        parser.error(f'there is no subject {", ".join(sorted(unknown))}')
    return options


def _count(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f'{text} is not a positive number')
    return int(text)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == '__main__':
    sys.exit(main())
