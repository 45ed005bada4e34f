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

"""The lab's harness is built in one direction."""

from __future__ import annotations

import ast
from collections.abc import Iterator
import pathlib
import tempfile

import testtools

HARNESS = pathlib.Path(__file__).parents[2] / 'lab/harness'
NAME = 'tests.lab.harness'
#: Package or module -> those that it may import.
MAY_IMPORT = {
    'errors': set(),
    'node': {'errors'},
    'guest': {'errors', 'node'},
    'pki': {'errors', 'node'},
    'wire': {'errors', 'node'},
    'lab': {'errors', 'node', 'pki'},
    'observed': {'errors', 'guest', 'lab', 'node', 'wire'},
}


def imported(text: str) -> Iterator[str]:
    """Each package or module of the harness that a source imports."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.module == NAME:
            yield from (alias.name for alias in node.names)
        elif node.module is not None and node.module.startswith(f'{NAME}.'):
            yield node.module.removeprefix(f'{NAME}.').partition('.')[0]


def against_the_way(harness: pathlib.Path) -> set[str]:
    """Imports that are not allowed, as one part importing another."""
    found = set()
    for path in harness.rglob('*.py'):
        part = path.relative_to(harness).with_suffix('').parts[0]
        for name in imported(path.read_text()):
            if name != part and name not in MAY_IMPORT.get(part, set()):
                found.add(f'{part} imports {name}')
    return found


class LayersTest(testtools.TestCase):
    def test_parts(self):
        """Every part of the harness has its place."""
        parts = {
            path.stem
            for path in HARNESS.iterdir()
            if path.stem.isidentifier() and not path.stem.startswith('__')
        }
        self.assertEqual(set(MAY_IMPORT), parts)

    def test_one_way(self):
        """Nothing imports what is built on it."""
        self.assertEqual(set(), against_the_way(HARNESS))

    def test_found(self):
        """In both forms; another's import is nobody's business here."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / 'node' / 'host.py'
        path.parent.mkdir()
        path.write_text(
            'from tests.lab.harness import observed\n'
            'from tests.lab.harness.lab import state\n'
            'from tests.lab.harness.node import node\n'
            'from tests.lab import base\n'
        )
        self.assertEqual(
            {'node imports observed', 'node imports lab'},
            against_the_way(path.parent.parent),
        )
