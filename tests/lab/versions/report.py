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

"""The matrix as a table for people."""

from __future__ import annotations

from collections.abc import Sequence

from tests.lab.versions import cell

WELL = 'ok'
WRONG = 'WRONG'


def table(cells: Sequence[cell.Cell]) -> str:
    """Write a line for each direction, a column for each way."""
    ways = list(dict.fromkeys(each.way for each in cells))
    directions = list(
        dict.fromkeys((each.source, each.destination) for each in cells)
    )
    found = {(c.source, c.destination, c.way): c for c in cells}
    rows = [('from', 'to', *ways)]
    for source, destination in directions:
        row = [source, destination]
        for way in ways:
            tried = found.get((source, destination, way))
            row.append('-' if tried is None else text(tried))
        rows.append(tuple(row))
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = [
        '  '.join(
            column.ljust(width)
            for column, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    lines.insert(1, '  '.join('-' * width for width in widths))
    for each in cells:
        for problem in each.problems:
            lines.append(
                f'WRONG: {each.source} to {each.destination}, {each.way}: '
                f'{problem}'
            )
    wrong = sum(1 for each in cells if each.problems)
    lines.append(f'{len(cells)} migrations, {wrong} not as they must be')
    return '\n'.join(lines)


def text(tried: cell.Cell) -> str:
    """Say in a column what became of a migration."""
    return f'{WRONG if tried.problems else WELL}: {tried.result}'
