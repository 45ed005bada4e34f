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

"""The harnesses of the lab and of the cloud are built in one direction."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Mapping
import pathlib
import tempfile

import testtools

TESTS = pathlib.Path(__file__).parents[1]
#: Package or module of the lab's harness -> those that it may import.
LAB = {
    'errors': set(),
    'node': {'errors'},
    'guest': {'errors', 'node'},
    'pki': {'errors', 'node'},
    'wire': {'errors', 'node'},
    'lab': {'errors', 'node', 'pki'},
    'observed': {'errors', 'guest', 'lab', 'node', 'wire'},
}
#: The same of the cloud's, which may import everything of the lab's.
CLOUD = {
    'settings': set(),
    'api': {'settings'},
    'services': {'api', 'settings'},
    'cloud': {'api', 'services', 'settings'},
    'guest': {'api', 'cloud', 'settings'},
}


def imported(text: str, harness: str) -> Iterator[str]:
    """Each package or module of a harness that a source imports."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.module == harness:
            yield from (alias.name for alias in node.names)
        elif node.module is not None and node.module.startswith(f'{harness}.'):
            yield node.module.removeprefix(f'{harness}.').partition('.')[0]


def against_the_way(
    folder: pathlib.Path, may_import: Mapping[str, set[str]], *, harness: str
) -> set[str]:
    """Imports that are not allowed, as one part importing another."""
    found = set()
    for path in folder.rglob('*.py'):
        part = path.relative_to(folder).with_suffix('').parts[0]
        for name in imported(path.read_text(), harness):
            if name != part and name not in may_import.get(part, set()):
                found.add(f'{part} imports {name}')
    return found


class LayersTest(testtools.TestCase):
    def test_parts(self):
        """Every part of a harness has its place."""
        for kind, may_import in (('lab', LAB), ('cloud', CLOUD)):
            parts = {
                path.stem
                for path in (TESTS / kind / 'harness').iterdir()
                if path.stem.isidentifier() and not path.stem.startswith('__')
            }
            self.assertEqual(set(may_import), parts)

    def test_one_way(self):
        """Nothing imports what is built on it."""
        for kind, may_import in (('lab', LAB), ('cloud', CLOUD)):
            found = against_the_way(
                TESTS / kind / 'harness',
                may_import,
                harness=f'tests.{kind}.harness',
            )
            self.assertEqual(set(), found)

    def test_found(self):
        """In both forms; what is not of the harness is not looked at."""
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
            against_the_way(
                path.parent.parent, LAB, harness='tests.lab.harness'
            ),
        )
