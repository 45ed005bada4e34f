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


"""The page of the known issues says what the table says.

What it should have is printed by
``python -m tests.unit.test_documented_known_issues``.
"""

from __future__ import annotations

import pathlib
import textwrap

import testtools

from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration.known_issues import table

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = REPO / 'doc/source/admin/known-issues.rst'

HEAD = """\
.. list-table::
   :header-rows: 1
   :widths: 20 40 40

   * - Name, releases
     - What goes wrong, and when
     - What is done, and what to do
"""
DONE = {
    issue.Kind.ADJUST: 'The migration is asked for in another way.',
    issue.Kind.REFUSE: 'The migration is refused.',
    issue.Kind.WARN: 'A warning.',
    issue.Kind.ELSEWHERE: 'It has a rule of its own.',
}


def cell(begin: str, paragraphs: list[str]) -> str:
    """Write one cell of a row."""
    lines: list[str] = []
    for text in paragraphs:
        if lines:
            lines.append('')
        lines.extend(
            textwrap.wrap(
                text, 72, break_long_words=False, break_on_hyphens=False
            )
        )
    first, *others = lines
    return '\n'.join(
        [f'{begin} - {first}', *(f'       {line}'.rstrip() for line in others)]
    )


def sentence(text: str) -> str:
    """Begin and end as a sentence does."""
    return f'{text[0].upper()}{text[1:]}.'


def row(known: issue.KnownIssue) -> str:
    """Write one issue."""
    releases = [sentence(str(each)) for each in known.affected]
    return '\n'.join(
        [
            cell(
                '   *', [f'``{known.id}``', *(releases or ['Every release.'])]
            ),
            cell(
                '    ',
                [
                    sentence(known.title),
                    sentence(f'When: {known.when}'),
                    sentence(known.effect),
                ],
            ),
            cell('    ', [DONE[known.kind], sentence(known.remedy)]),
        ]
    )


def text() -> str:
    """Write the whole table."""
    return HEAD + '\n'.join(row(known) for known in table.ISSUES) + '\n'


class PageTest(testtools.TestCase):
    """doc/source/admin/known-issues.rst"""

    def test_table(self) -> None:
        """It is the one that the data make."""
        self.assertIn(text(), PAGE.read_text())


if __name__ == '__main__':
    print(text(), end='')
