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

"""What was measured so far: medians, their spread, and their ratios.

Pure. A sheet fills while its subject runs, so that there is something to show
whenever it is interrupted.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses
import statistics
from typing import Any
from typing import Self


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One quantity.

    :ivar digits: after the point, when it is shown.
    """

    name: str
    unit: str
    digits: int = 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """The medians of one column, as multiples of another row's.

    :ivar base: the row of the same place that is 1.
    """

    title: str
    column: str
    base: str


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """All values of one quantity in one row."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def text(self, digits: int) -> str:
        """Say the median, and from where to where the values are."""
        median, least, most = (
            f'{number:.{digits}f}'
            for number in (self.median, min(self.values), max(self.values))
        )
        if len(self.values) == 1:
            return median
        return f'{median} ({least} to {most})'


@dataclasses.dataclass(slots=True)
class Row:
    """One way of doing one thing.

    :ivar where: rows are compared with those of the same place alone.
    :ivar note: what was chosen, or why there is nothing.
    """

    where: str
    what: str
    values: dict[str, list[float]] = dataclasses.field(default_factory=dict)
    note: str = ''

    def figure(self, column: str) -> Figure | None:
        """Give what was measured of one quantity, if anything."""
        values = self.values.get(column)
        return Figure(tuple(values)) if values else None


@dataclasses.dataclass(slots=True, kw_only=True)
class Sheet:
    """What one subject found."""

    subject: str
    title: str
    columns: tuple[Column, ...]
    ratios: tuple[Ratio, ...] = ()
    rows: list[Row] = dataclasses.field(default_factory=list)

    def row(self, where: str, what: str) -> Row:
        """Give the row of this name, the last if it is new."""
        for row in self.rows:
            if (row.where, row.what) == (where, what):
                return row
        self.rows.append(Row(where, what))
        return self.rows[-1]

    def add(
        self, where: str, what: str, values: Mapping[str, float | None]
    ) -> None:
        """Add one repetition; None is what could not be measured."""
        row = self.row(where, what)
        for column, value in values.items():
            if value is not None:
                row.values.setdefault(column, []).append(value)

    def ratio(self, row: Row, ratio: Ratio) -> float | None:
        """Say how many times the base's median that of a row is."""
        base = next(
            (
                each.figure(ratio.column)
                for each in self.rows
                if (each.where, each.what) == (row.where, ratio.base)
            ),
            None,
        )
        own = row.figure(ratio.column)
        if own is None or base is None or not base.median:
            return None
        return own.median / base.median

    def places(self) -> Iterator[tuple[str, list[Row]]]:
        """Give the rows of each place, in the order of their beginning."""
        for where in dict.fromkeys(row.where for row in self.rows):
            yield where, [row for row in self.rows if row.where == where]

    def to_primitive(self) -> dict[str, Any]:
        """Flatten to what JSON has, with medians for who only reads."""
        plain = dataclasses.asdict(self)
        for row, shown in zip(self.rows, plain['rows'], strict=True):
            shown['medians'] = {
                name: Figure(tuple(values)).median
                for name, values in row.values.items()
            }
            shown['ratios'] = {
                ratio.title: self.ratio(row, ratio) for ratio in self.ratios
            }
        return plain

    @classmethod
    def from_primitive(cls, plain: Mapping[str, Any]) -> Self:
        """Read what ``to_primitive`` gave."""
        return cls(
            subject=plain['subject'],
            title=plain['title'],
            columns=tuple(Column(**each) for each in plain['columns']),
            ratios=tuple(Ratio(**each) for each in plain['ratios']),
            rows=[
                Row(
                    row['where'],
                    row['what'],
                    values=row['values'],
                    note=row['note'],
                )
                for row in plain['rows']
            ],
        )
