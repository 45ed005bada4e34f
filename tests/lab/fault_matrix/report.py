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
import io

from nova_native_tls.explain import catalogue
from nova_native_tls.explain import scanner
from tests.lab.fault_matrix import fault as matrix_fault
from tests.lab.fault_matrix import judgement

HEAD = (
    'fault',
    'seen by',
    'verdict',
    'codes',
    'migration',
    'words of QEMU or libvirt',
    'explained as',
    'after the remedy',
)
WORDS_LENGTH = 72


def table(found: Sequence[judgement.Judgement]) -> str:
    """Write one line for each fault, and below it what disagrees."""
    rows = [HEAD, *(_row(each) for each in found)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEAD))]
    lines = [
        '  '.join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    lines.insert(1, '  '.join('-' * width for width in widths))
    for each in found:
        for text in each.disagreements:
            lines.append(f'DISAGREEMENT: {each.fault.name}: {text}')
        if each.fault.stricter:
            lines.append(
                f'stricter on purpose: {each.fault.name}: '
                f'{each.fault.stricter}'
            )
    lines += _catalogue(found)
    wrong = sum(1 for each in found if each.disagreements)
    lines.append(f'{len(found)} faults, {wrong} with disagreements')
    return '\n'.join(lines)


def _catalogue(found: Sequence[judgement.Judgement]) -> list[str]:
    """Tell of which explanations there was a sentence, and of which none."""
    said = '\n'.join(
        f'{each.attempt.said}\n{each.fault.daemon_says}'
        for each in found
        if each.attempt is not None
    )
    seen = {hit.known.id for hit in scanner.scan(io.StringIO(said))}
    never = [each.id for each in catalogue.CATALOGUE if each.id not in seen]
    return [
        f'explanations of which a sentence was said: {len(seen)} of '
        f'{len(catalogue.CATALOGUE)}; never: {", ".join(never)}'
    ]


def _row(one: judgement.Judgement) -> tuple[str, ...]:
    fault, tried = one.fault, one.attempt
    codes = [
        code
        for code in (*one.failures, *one.warnings)
        if code in (*fault.codes, *fault.warnings)
    ]
    arrived = tried is not None and tried.arrived
    explanation = None if tried is None else tried.explanation
    sentence = '' if explanation is None else explanation.sentence
    return (
        fault.name,
        fault.seen_by.value,
        'no' if one.failures else 'yes',
        ', '.join(codes) or '-',
        'works' if arrived else 'fails',
        _cut(sentence) or '-',
        '-' if explanation is None else explanation.id,
        one.mended,
    )


def _cut(text: str) -> str:
    line = ' '.join(text.split())
    return line if len(line) <= WORDS_LENGTH else f'{line[:WORDS_LENGTH]}...'


def ids(faults: Sequence[matrix_fault.Fault]) -> list[str]:
    """Give each fault a name that a test can have."""
    return [
        '_'.join(''.join(c if c.isalnum() else ' ' for c in each.name).split())
        for each in faults
    ]
