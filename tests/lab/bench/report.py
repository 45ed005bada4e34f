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

"""What is measured is kept, shown, and written into the documentation."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import json
import os
import pathlib
import textwrap
from typing import Any
from typing import Self

from tests.lab.bench import machine
from tests.lab.bench import plot
from tests.lab.bench import sheet as bench_sheet
from tests.lab.bench import table

REPO = pathlib.Path(__file__).resolve().parents[3]
ADMIN = REPO / 'doc' / 'source' / 'admin'
PAGE = ADMIN / 'measured.rst'
#: Subject -> the column that is drawn.
DRAWN = {'migrate': 'rate'}


@dataclasses.dataclass(slots=True, kw_only=True)
class Report:
    """All sheets of one run, and the machine that it ran on."""

    machine: dict[str, str]
    sheets: list[bench_sheet.Sheet]

    def text(self) -> str:
        """Write it for a terminal; what is empty is left out."""
        width = max(map(len, self.machine))
        lines = [
            f'{name:{width}}  {value}' for name, value in self.machine.items()
        ]
        return '\n'.join([*lines, '', table.text(self._filled())])

    def json(self) -> str:
        """Write it so that ``loads`` can read it."""
        plain = {
            'machine': self.machine,
            'sheets': [sheet.to_primitive() for sheet in self.sheets],
        }
        return json.dumps(plain, indent=2)

    @classmethod
    def loads(cls, text: str) -> Self:
        """Read what ``json`` wrote."""
        plain: dict[str, Any] = json.loads(text)
        return cls(
            machine=plain['machine'],
            sheets=[
                bench_sheet.Sheet.from_primitive(each)
                for each in plain['sheets']
            ],
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Make one of several, for runs that are made one by one.

        A place has to be of one run: ratios of two would say nothing.

        :raises ValueError: one is of two.
        """
        described: dict[str, list[str]] = {}
        sheets: dict[str, bench_sheet.Sheet] = {}
        for part in parts:
            for name, value in part.machine.items():
                described.setdefault(name, []).append(value)
            for sheet in part.sheets:
                whole = sheets.setdefault(
                    sheet.subject, dataclasses.replace(sheet, rows=[])
                )
                for where, rows in sheet.places():
                    if any(row.where == where for row in whole.rows):
                        raise ValueError(
                            f'{sheet.subject} was measured twice: {where}'
                        )
                    whole.rows.extend(rows)
        return cls(
            machine={
                name: _listed(values) for name, values in described.items()
            },
            sheets=list(sheets.values()),
        )

    def write_docs(self, page: pathlib.Path = PAGE) -> list[pathlib.Path]:
        """Write the page that is included, and its pictures beside it."""
        written = [page]
        parts = ['.. Written by "tools/bench --write-docs".', '']
        for name, value in self.machine.items():
            parts += textwrap.wrap(
                f':{name}: {value}',
                table.WIDTH,
                subsequent_indent='  ',
                break_on_hyphens=False,
            )
        parts.append('')
        for sheet in self._filled():
            column = DRAWN.get(sheet.subject)
            if column is not None:
                picture = page.with_name(f'measured-{sheet.subject}.svg')
                picture.write_text(plot.svg(sheet, column))
                written.append(picture)
                parts += [
                    f'.. image:: {picture.name}',
                    f'   :alt: {sheet.title}, {column}',
                    '',
                ]
        parts.append(table.rst(self._filled(), level='-').rstrip())
        page.write_text('\n'.join([*parts, '']))
        owner = page.parent.stat()
        for path in written:
            os.chown(path, owner.st_uid, owner.st_gid)
        return written

    def _filled(self) -> Sequence[bench_sheet.Sheet]:
        return [sheet for sheet in self.sheets if sheet.rows]


def _listed(values: Sequence[str]) -> str:
    """Name what each of several runs had, once."""
    every = dict.fromkeys('; '.join(values).split('; '))
    if len(every) > 1:
        every.pop(machine.NONE, None)
    return '; '.join(every)
