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

"""A sheet as bars: an SVG of a few rectangles, without any library."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax import saxutils

from tests.lab.bench import sheet as bench_sheet

WIDTH = 760
_MARGIN = 10
_LABELS = 190
_NUMBERS = 150
_BAR = 14
_STEP = 20
_HEAD = 26
#: Fit for those who do not see all colours (Okabe and Ito, 2008).
COLOURS = ('#999999', '#e69f00', '#009e73', '#56b4e9', '#cc79a7', '#0072b2')


def svg(sheet: bench_sheet.Sheet, column: str) -> str:
    """Draw one quantity: a bar for each row, a line from least to most.

    Bars are as long as the greatest of their place allows.
    """
    (wanted,) = (each for each in sheet.columns if each.name == column)
    ways = list(dict.fromkeys(row.what for row in sheet.rows))
    colours = {
        way: COLOURS[number % len(COLOURS)] for number, way in enumerate(ways)
    }
    parts: list[str] = []
    y = _MARGIN
    for where, rows in sheet.places():
        figures = {row.what: row.figure(column) for row in rows}
        known = [each for each in figures.values() if each is not None]
        if not known:
            continue
        parts.append(_text(_MARGIN, y + _BAR, where, weight='bold'))
        y += _HEAD
        greatest = max(max(each.values) for each in known) or 1.0
        for way, figure in figures.items():
            if figure is None:
                continue
            parts += _bar(
                way,
                figure,
                colour=colours[way],
                label=f'{figure.median:.{wanted.digits}f} {wanted.unit}',
                scale=(WIDTH - _LABELS - _NUMBERS) / greatest,
                y=y,
            )
            y += _STEP
        y += _MARGIN
    return '\n'.join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{y}" viewBox="0 0 {WIDTH} {y}" '
            'font-family="sans-serif" font-size="12">',
            f'<title>{saxutils.escape(f"{sheet.title}: {column}")}</title>',
            f'<rect width="{WIDTH}" height="{y}" fill="#ffffff"/>',
            *parts,
            '</svg>',
            '',
        ]
    )


def _bar(
    way: str,
    figure: bench_sheet.Figure,
    *,
    colour: str,
    label: str,
    scale: float,
    y: int,
) -> Iterator[str]:
    least, most = (
        _LABELS + scale * end
        for end in (min(figure.values), max(figure.values))
    )
    yield _text(_LABELS - 6, y + _BAR - 3, way, anchor='end')
    yield (
        f'<rect x="{_LABELS}" y="{y}" width="{scale * figure.median:.1f}" '
        f'height="{_BAR}" fill="{colour}"/>'
    )
    if len(figure.values) > 1:
        middle = y + _BAR / 2
        yield (
            f'<path d="M{least:.1f} {middle}H{most:.1f}" stroke="#000000" '
            'stroke-width="1.5"/>'
        )
    yield _text(int(most) + 6, y + _BAR - 3, label)


def _text(
    x: int, y: int, words: str, *, anchor: str = 'start', weight: str = ''
) -> str:
    bold = f' font-weight="{weight}"' if weight else ''
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}"{bold}>'
        f'{saxutils.escape(words)}</text>'
    )
