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

"""Which commands does a page of the documentation show?

What a page shows is what a test runs: nothing is added, left out or changed.
A command begins behind a prompt that names a machine, as in ``host1# ls``; it
goes on behind ``>`` or where the line before ends in a backslash.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
import textwrap

ADMIN = pathlib.Path(__file__).parents[3] / 'doc/source/admin'

_TITLE = re.compile(r'^(?P<title>\S.*)\n([=\-~^])\2{2,}$', re.MULTILINE)
_BLOCK = re.compile(
    r'^ *\.\. code-block:: console\n\n((?: +\S.*\n|\n)+)', re.MULTILINE
)
_PROMPT = re.compile(r'(?P<machine>[a-z][a-z0-9]*)# (?P<text>.*)')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is typed at one machine: one or more lines of shell."""

    machine: str
    text: str


def sections(page: str) -> dict[str, tuple[Command, ...]]:
    """Give the commands below each heading of a page, in their order.

    A heading without commands is among them. Commands above the first
    heading would be below the empty one.

    :param page: name of the file, without ``.rst``.
    :raises ValueError: two headings are alike, or a block shows something
        else than commands.
    """
    text = (ADMIN / f'{page}.rst').read_text()
    found = list(_TITLE.finditer(text))
    titles = [match['title'] for match in found]
    if len(set(titles)) != len(titles):
        raise ValueError(f'two headings of {page} are alike')
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {
        match['title']: tuple(
            command
            for block in _BLOCK.findall(text[match.end() : end])
            for command in commands(textwrap.dedent(block))
        )
        for match, end in zip(found, ends, strict=True)
    }


def commands(block: str) -> list[Command]:
    """Read one block.

    :raises ValueError: there is something else than commands in it.
    """
    found: list[tuple[str, list[str]]] = []
    for line in filter(None, block.splitlines()):
        if prompt := _PROMPT.fullmatch(line):
            found.append((prompt['machine'], [prompt['text']]))
        elif found and line.startswith('> '):
            found[-1][1].append(line.removeprefix('> '))
        elif found and found[-1][1][-1].endswith('\\'):
            found[-1][1].append(line)
        else:
            raise ValueError(f'no command, and no continuation: {line!r}')
    return [
        Command(machine=machine, text='\n'.join(lines))
        for machine, lines in found
    ]
