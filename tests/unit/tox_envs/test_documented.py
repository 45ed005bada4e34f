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

import configparser
import pathlib
import re

import testtools

from tests.tox_envs import lanes

REPO = pathlib.Path(__file__).resolve().parents[3]
#: tox knows these by their names.
IMPLICIT = {'py3', 'py311', 'py312', 'py313'}


def documented() -> dict[str, bool]:
    """The environments of the table in testing.rst, and if CI runs them."""
    path = REPO / 'doc/source/contributor/testing.rst'
    _before, _title, after = path.read_text().partition(
        '\nThe environments\n================\n'
    )
    _intro, _head, rows, _rest = re.split(
        r'^=+  =+  =+  =+$', after, maxsplit=3, flags=re.MULTILINE
    )
    border = re.search(r'^=+  =+  =+  =+$', after, re.MULTILINE)[0]
    starts = [match.start() for match in re.finditer('=+', border)]
    found = {}
    for line in rows.splitlines():
        name = line[: starts[1]].strip()
        if name:
            ci = line[starts[2] : starts[3]].strip()
            found[name.strip('`')] = {'yes': True, '': False}[ci]
    return found


def configured() -> set[str]:
    """The environments of tox.ini."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string((REPO / 'tox.ini').read_text())
    found = set()
    for section in parser.sections():
        _testenv, colon, name = section.partition('testenv:')
        if not colon or name == '.pkg':
            continue
        start, brace, rest = name.partition('{')
        if not brace:
            found.add(name)
            continue
        choices, _brace, end = rest.partition('}')
        found.update(f'{start}{choice}{end}' for choice in choices.split(','))
    return found


class DocumentedTest(testtools.TestCase):
    """Nobody has to guess what CI does not run."""

    def test_every_environment(self):
        """The table has those of tox.ini, and nothing else."""
        self.assertEqual(configured() | IMPLICIT, set(documented()))

    def test_what_ci_runs(self):
        """The table says yes where tools/test runs it by default."""
        self.assertEqual(
            set(lanes.ENVS), {env for env, ci in documented().items() if ci}
        )

    def test_ci_runs_all_of_it(self):
        """CI names no environments, which would leave others out."""
        for line in (REPO / '.ci/run').read_text().splitlines():
            if 'tools/test' in line:
                self.assertTrue(line.endswith('tools/test'), line)
