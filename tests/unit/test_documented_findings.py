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

"""Every code of a finding is documented, and none that does not exist."""

from __future__ import annotations

import ast
from collections.abc import Iterator
import pathlib
import re
import tempfile

import testtools

from nova_native_tls.pki import advice

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGE = REPO / 'nova_native_tls'
DOCUMENT = REPO / 'doc/source/admin/findings.rst'

#: Where findings are made.
FOLDERS = ('canary', 'checks', 'nova', 'pair', 'pki', 'prove', 'upgrade')
#: A code, "*" for what is known only when it runs.
CODE = re.compile(r'[a-z*][a-z0-9*-]*\.[a-z*][a-z0-9*-]*(\.[a-z*-]+)*')
#: What varies, in the document: a word in capitals.
VARIES = re.compile(r'\b[A-Z]+\b')
#: Of these every part varies: what they end with is in ``advice``.
UNKNOWN = {'*.*', '*-cert.*'}
#: What only looks like a code: files, modules, attributes, parameters.
NO_CODES = re.compile(
    r'.*\.(conf|log|pem|py|str|type|so)(\.\d+)?'
    r'|(nova|parallel|security|system|tls)\..*'
    r'|.*-'
)
#: A file of credentials, or any.
OF_A_FILE = re.compile(
    r'^(ca-cert|ca-crl|dh-params|(server|client|\*)-(cert|key))\.'
)
REFUSALS = ('migration/exclusions.py', 'migration/version_rules.py')


def constant(node: ast.AST) -> str | None:
    """A text, with "*" for each part that is not known before it runs."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return ''.join(constant(part) or '*' for part in node.values)
    return None


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text of a source; of one with parts only the whole."""
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        text = constant(node)
        if text is not None and id(node) not in parts:
            yield text


def in_sources(package: pathlib.Path) -> set[str]:
    """Every code that the sources name."""
    return {
        text
        for folder in FOLDERS
        for path in (package / folder).rglob('*.py')
        for text in texts(ast.parse(path.read_text()))
        if CODE.fullmatch(text) and not NO_CODES.fullmatch(text)
    } - UNKNOWN


def alike(codes: set[str]) -> set[str]:
    """Forget which file a code is about."""
    return {OF_A_FILE.sub('*.', code) for code in codes}


def refusals(package: pathlib.Path) -> set[str]:
    """Every combination that is refused."""
    return {
        keyword.value.value
        for path in REFUSALS
        for node in ast.walk(ast.parse((package / path).read_text()))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == 'id' and isinstance(keyword.value, ast.Constant)
    }


def in_document(text: str) -> tuple[set[str], set[str]]:
    """The codes, and the refusals, that the first column of a table has."""
    cells = re.findall(r'^   \* - (.*(?:\n {7}\S.*)*)', text, re.MULTILINE)
    found = {
        re.sub(r'\s', '', code)
        for cell in cells
        for code in re.findall(r'``([^`]+)``', cell)
    }
    codes = {each for each in found if '.' in each}
    return {VARIES.sub('*', each) for each in codes}, found - codes


class DocumentTest(testtools.TestCase):
    """doc/source/admin/findings.rst"""

    def setUp(self) -> None:
        super().setUp()
        self.documented, self.refusals = in_document(DOCUMENT.read_text())

    def test_codes(self) -> None:
        """Those that sources make stand there, and no others."""
        made = in_sources(PACKAGE)
        # What is wrong with a handshake is wrong with no file.
        faults = {
            f'*.{kind}'
            for kind in advice._ENDS
            if f'handshake.{kind}' not in made
        }
        made = alike(made) | faults
        documented = alike(self.documented)
        self.assertEqual(set(), made - documented, 'not documented')
        self.assertEqual(set(), documented - made, 'made by no source')

    def test_folders(self) -> None:
        """Nobody else makes findings."""
        makers = {
            path.relative_to(PACKAGE).parts[0]
            for path in PACKAGE.rglob('*.py')
            if re.search(r'\bFinding\(', path.read_text())
        }
        self.assertEqual(set(FOLDERS), makers)

    def test_refusals(self) -> None:
        """Each combination stands there, and no other."""
        self.assertEqual(refusals(PACKAGE), self.refusals)


class CollectionTest(testtools.TestCase):
    """Codes are found however a source makes them."""

    def found(self, source: str) -> set[str]:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name) / 'checks'
            folder.mkdir()
            (folder / 'one.py').write_text(source)
            return in_sources(pathlib.Path(name))

    def test_made(self) -> None:
        """By a keyword, an argument, a name, a table."""
        for source in (
            'Finding(code="a.b-c")',
            'say("a.b-c" if bad else "a.b-c", "Seen.")',
            'CODES = {1: "a.b-c"}',
        ):
            self.assertEqual({'a.b-c'}, self.found(source), source)

    def test_not_made(self) -> None:
        """Files, modules and sentences are no codes."""
        for text in ('qemu.conf', 'ca-cert.pem', 'nova.virt', 'It is. So.'):
            self.assertEqual(set(), self.found(f'"""{text}"""'), text)

    def test_parts(self) -> None:
        """What is known only later is a star."""
        self.assertEqual(
            {'*-cert.loads', '*.broken'},
            self.found(
                'host.success(f"{end}-cert.loads")\n'
                'Finding(code=f"{name}.broken")'
            ),
        )

    def test_document(self) -> None:
        """The first column counts, over several lines."""
        text = (
            '   * - ``a.b``, ``FILE.c``,\n       ``END-cert.d``, ``x-y``\n'
            '     - ``not.this``\n'
        )
        self.assertEqual(
            ({'a.b', '*.c', '*-cert.d'}, {'x-y'}), in_document(text)
        )
