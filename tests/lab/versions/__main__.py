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

"""Migrate between Debians in every direction, and print a matrix.

Each Debian has two hosts, so that it also meets itself. A tree is made of one
that this machine does not run; remove it to get newer packages.
"""

from __future__ import annotations

import argparse
import itertools
import sys

from nova_native_tls.cmd import exit_status
from tests.lab.harness import errors
from tests.lab.versions import cell
from tests.lab.versions import report
from tests.lab.versions import stand as versions_stand
from tests.lab.versions import ways

SUITES = ('bookworm', 'trixie')


def main() -> int:
    """Try every cell, and fail if one is not as it must be."""
    parser = argparse.ArgumentParser(
        prog='python -m tests.lab.versions', description=__doc__
    )
    parser.add_argument(
        'suites',
        nargs='*',
        default=SUITES,
        metavar='SUITE',
        help='such as trixie or sid (default: ' + ' '.join(SUITES) + ')',
    )
    parser.add_argument(
        '--way',
        action='append',
        dest='ways',
        metavar='WAY',
        help=f'only this of: {"; ".join(way.name for way in ways.WAYS)}',
    )
    options = parser.parse_args()
    suites = tuple(dict.fromkeys(options.suites))
    try:
        stand = versions_stand.bring_up((*suites, *suites), progress=_say)
        for suite in suites:
            _say(stand.describe(suite))
        cells = [
            _try_out(stand, source, destination, way)
            for source, destination in itertools.product(suites, repeat=2)
            for way in ways.WAYS
            if not options.ways or way.name in options.ways
        ]
    except errors.LabError as err:
        print(err, file=sys.stderr)
        return exit_status.ExitStatus.FAILURE
    print(report.table(cells))
    wrong = any(each.problems for each in cells)
    if wrong or not cells:
        return exit_status.ExitStatus.FAILURE
    return exit_status.ExitStatus.SUCCESS


def _try_out(
    stand: versions_stand.Stand, source: str, destination: str, way: ways.Way
) -> cell.Cell:
    found = cell.try_out(stand, source, destination, way)
    _say(
        f'{source} to {destination}, {way.name}: {report.text(found)}, '
        f'{found.seconds:.1f} s'
    )
    return found


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == '__main__':
    sys.exit(main())
