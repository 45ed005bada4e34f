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

"""Counts what was compared, by defect."""

from __future__ import annotations

import collections
from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses

from tests.functional.fidelity import comparison


@dataclasses.dataclass(slots=True)
class Count:
    """How often one defect was there, and what came of it."""

    sets: int = 0
    yes: int = 0
    no: int = 0
    disagreed: int = 0

    def add(self, one: comparison.Comparison) -> None:
        self.sets += 1
        self.yes += one.happened[2]
        self.no += not one.happened[2]
        self.disagreed += not one.agrees


class Report:
    """All that was compared so far."""

    def __init__(self, *, again: str) -> None:
        """Begin with nothing.

        :param again: the options that make the same sets, without the number
            of one.
        """
        self._again = again
        self.total = Count()
        self.unlike: list[comparison.Comparison] = []
        self.untold: list[comparison.Comparison] = []
        self._counts: dict[str, Count] = collections.defaultdict(Count)
        self._predict_s: list[float] = []
        self._qemu_s: list[float] = []

    def add(self, one: comparison.Comparison) -> None:
        """Take in one more."""
        for count in (self.total, *(self._counts[d] for d in one.defects)):
            count.add(one)
        self._predict_s.append(one.predict_s)
        self._qemu_s.append(one.qemu_s)
        if not one.agrees:
            self.unlike.append(one)
        elif not one.told:
            self.untold.append(one)

    def lines(self, took_s: float) -> Iterator[str]:
        """A table, the most usual defects not before others; what was wrong.

        :param took_s: how long the comparison went on.
        """
        yield f'{"defect":46} {"sets":>6} {"yes":>6} {"no":>6} {"unlike":>6}'
        for name, count in sorted(self._counts.items()):
            yield _line(name, count)
        yield _line('all', self.total)
        yield (
            f'prediction {_median_ms(self._predict_s)} ms, QEMU '
            f'{_median_ms(self._qemu_s)} ms (median), longest prediction '
            f'{1000 * max(self._predict_s, default=0):.0f} ms'
        )
        yield (
            f'{took_s:.0f} s, {self.total.sets / max(took_s, 0.001):.1f} sets '
            'a second'
        )

        for one in self.unlike:
            yield 'QEMU does something else than predicted:'
            yield from self.describe(one)
        for one in self.untold:
            yield 'QEMU says no in other words than predicted:'
            yield from self.describe(one)

    def describe(self, one: comparison.Comparison) -> Iterator[str]:
        """Say how a prediction and QEMU differ, and how to see it again."""
        yield (
            f'{", ".join(one.defects)}; again: {self._again} '
            f'--set {one.number}'
        )
        if one.broke:
            yield f'  not compared: {one.broke}'
        for what, predicted, happened in zip(
            ('the source loads', 'the destination loads', 'they connect'),
            one.predicted,
            one.happened,
            strict=True,
        ):
            mark = '  <--' if predicted != happened else ''
            yield f'  {what}: predicted {predicted}, QEMU {happened}{mark}'
        if one.apart not in (one.happened[2], None):
            yield (
                f'  apart: predicted {one.apart}, QEMU {one.happened[2]}  <--'
            )
        for code, (side, sentence) in zip(
            one.codes, one.sentences, strict=True
        ):
            yield f'  {code} ({side}): {sentence}'
        for line in one.said.splitlines():
            yield f'  | {line}'


def _line(name: str, count: Count) -> str:
    return (
        f'{name:46} {count.sets:6} {count.yes:6} {count.no:6} '
        f'{count.disagreed:6}'
    )


def _median_ms(times_s: Iterable[float]) -> str:
    ordered = sorted(times_s)
    return f'{1000 * ordered[len(ordered) // 2]:.1f}' if ordered else '-'
