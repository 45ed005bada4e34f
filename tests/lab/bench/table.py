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

"""The sheets as tables: for a terminal, and for the documentation."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import textwrap

from tests.lab.bench import sheet as bench_sheet

NOTHING = '-'
WIDTH = 79


def text(sheets: Iterable[bench_sheet.Sheet]) -> str:
    """Write for a terminal."""
    return '\n\n'.join('\n'.join(_lines(sheet)) for sheet in sheets)


def rst(sheets: Iterable[bench_sheet.Sheet], *, level: str) -> str:
    """Write for the documentation.

    :param level: the character below titles.
    """
    parts = []
    for sheet in sheets:
        parts += [sheet.title, level * len(sheet.title), '']
        for where, rows in sheet.places():
            if where:
                parts += [*textwrap.wrap(f'{where}:', WIDTH), '']
            parts += [*_list_table(sheet, rows), '']
            parts += _notes(rows)
    return '\n'.join(parts)


def _lines(sheet: bench_sheet.Sheet) -> Iterator[str]:
    yield sheet.title
    header = _header(sheet)
    body = {
        where: [_cells(sheet, row) for row in rows]
        for where, rows in sheet.places()
    }
    every = [header, *(cells for rows in body.values() for cells in rows)]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    yield _padded(header, widths)
    yield '  '.join('-' * width for width in widths)
    for where, rows in sheet.places():
        if where:
            yield where
        for row, cells in zip(rows, body[where], strict=True):
            note = f'  {row.note}' if row.note else ''
            yield f'{_padded(cells, widths)}{note}'


def _padded(cells: list[str], widths: list[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return '  '.join(
        [
            first[0].ljust(first[1]),
            *(cell.rjust(width) for cell, width in others),
        ]
    )


def _header(sheet: bench_sheet.Sheet) -> list[str]:
    return [
        '',
        *(
            f'{column.name}, {column.unit}' if column.unit else column.name
            for column in sheet.columns
        ),
        *(ratio.title for ratio in sheet.ratios),
    ]


def _cells(sheet: bench_sheet.Sheet, row: bench_sheet.Row) -> list[str]:
    cells = [row.what]
    for column in sheet.columns:
        figure = row.figure(column.name)
        cells.append(figure.text(column.digits) if figure else NOTHING)
    for ratio in sheet.ratios:
        found = sheet.ratio(row, ratio)
        cells.append(NOTHING if found is None else f'{found:.2f}')
    return cells


def _list_table(
    sheet: bench_sheet.Sheet, rows: list[bench_sheet.Row]
) -> Iterator[str]:
    yield '.. list-table::'
    yield '   :header-rows: 1'
    yield ''
    for cells in (_header(sheet), *(_cells(sheet, row) for row in rows)):
        for number, cell in enumerate(cells):
            # A dash alone would begin another list.
            shown = f'\\{NOTHING}' if cell == NOTHING else cell
            yield f'   {" " if number else "*"} - {shown}'.rstrip()


def _notes(rows: list[bench_sheet.Row]) -> Iterator[str]:
    for row in rows:
        if row.note:
            yield from textwrap.wrap(
                f'* {row.what}: {row.note}',
                WIDTH,
                subsequent_indent='  ',
                break_on_hyphens=False,
            )
    if any(row.note for row in rows):
        yield ''
