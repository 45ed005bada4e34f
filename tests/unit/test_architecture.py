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

"""Rules about the sources that no single module can keep by itself.

Each rule is a function over a folder, so that it can be shown to find what
it is there for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
import pathlib
import tempfile
import textwrap

import testtools

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGE = REPO / 'nova_native_tls'

#: What may be imported only behind a door -> the file or folder that is it.
DOORS = {
    'libvirt': 'migration/libvirt_api.py',
    'libvirt_qemu': 'migration/libvirt_api.py',
    'nova': 'nova/',
    'eventlet': 'nova/',
}
#: What ctypes would load, and the folder that may.
GNUTLS = ('gnutls', 'libgnutls')
GNUTLS_DOOR = 'pki/gnutls/'
ZSTD = ('libzstd',)
ZSTD_DOOR = 'speed/compressors.py'
#: Folder -> folders of which it imports nothing: imports go one way.
ONE_WAY = {
    'pki/': ('canary', 'checks', 'cmd', 'host', 'nova', 'pair', 'prove'),
    'host/': ('canary', 'checks', 'cmd', 'nova', 'pair', 'prove'),
    'checks/': ('canary', 'cmd', 'nova', 'pair', 'prove'),
}
EMPTY_NAMES = ('utils', 'manager', 'helper', 'common')
FILE_LINES_MAX = 400
LICENCE = 'Licensed under the Apache License, Version 2.0'


def sources(root: pathlib.Path) -> Iterator[tuple[str, str]]:
    """Each Python file below a folder: its path from there, and its text."""
    for path in sorted(root.rglob('*.py')):
        yield path.relative_to(root).as_posix(), path.read_text()


def imported(text: str) -> Iterator[tuple[int, str]]:
    """Each module that a source imports: line, top-level name.

    Also those that ``importlib.import_module('name')`` names; not those
    whose name is computed.
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.partition('.')[0]
        elif isinstance(node, ast.ImportFrom):
            if node.module is not None and node.level == 0:
                yield node.lineno, node.module.partition('.')[0]
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition('.')[2]
            if called in ('import_module', '__import__') and node.args:
                name = node.args[0]
                if isinstance(name, ast.Constant):
                    yield node.lineno, str(name.value).partition('.')[0]


def outside_doors(root: pathlib.Path) -> list[str]:
    """Imports of a dangerous dependency anywhere but behind its door."""
    return [
        f'{path}:{line} imports {name}'
        for path, text in sources(root)
        for line, name in imported(text)
        if name in DOORS
        and path != DOORS[name]
        and not (DOORS[name].endswith('/') and path.startswith(DOORS[name]))
    ]


def imported_of_ours(text: str) -> Iterator[tuple[int, str]]:
    """Each part of this project that a source imports: line, dotted name."""
    begin = 'nova_native_tls.'
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f'{node.module}.{alias.name}' for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith(begin):
                yield node.lineno, name.removeprefix(begin)


def against_the_way(root: pathlib.Path) -> list[str]:
    """Imports of what is built on the folder that imports it."""
    return [
        f'{path}:{line} imports {name}'
        for path, text in sources(root)
        for folder, forbidden in ONE_WAY.items()
        if path.startswith(folder)
        for line, name in imported_of_ours(text)
        if name.partition('.')[0] in forbidden
    ]


def gnutls_outside_door(root: pathlib.Path) -> list[str]:
    """Places that name the GnuTLS library, as to load it, but its door."""
    return _named_outside(root, GNUTLS, GNUTLS_DOOR)


def zstd_outside_door(root: pathlib.Path) -> list[str]:
    """Places that name libzstd, as to load it, but its door."""
    return _named_outside(root, ZSTD, ZSTD_DOOR)


def _named_outside(
    root: pathlib.Path, names: tuple[str, ...], door: str
) -> list[str]:
    return [
        f'{path}:{node.lineno} names {node.value}'
        for path, text in sources(root)
        if not path.startswith(door)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.partition('.so')[0] in names
    ]


def empty_names(root: pathlib.Path) -> list[str]:
    """Modules and packages whose name does not say what they are about."""
    return sorted(
        {
            path
            for path, _text in sources(root)
            for part in pathlib.PurePath(path).with_suffix('').parts
            if part.strip('_').removesuffix('s') in EMPTY_NAMES
            or part.strip('_') in EMPTY_NAMES
        }
    )


def long_files(root: pathlib.Path) -> list[str]:
    """Files that are too long to have one job."""
    return [
        f'{path} has {len(text.splitlines())} lines'
        for path, text in sources(root)
        if len(text.splitlines()) > FILE_LINES_MAX
    ]


def without_licence(root: pathlib.Path) -> list[str]:
    """Files that do not begin with the licence."""
    return [
        path
        for path, text in sources(root)
        if LICENCE not in '\n'.join(text.splitlines()[:3])
    ]


class TestPackage(testtools.TestCase):
    def test_there_are_sources(self):
        """The rules below look at the package, not at an empty folder."""
        self.assertIn('__init__.py', dict(sources(PACKAGE)))

    def test_doors(self):
        """libvirt and Nova are imported behind their doors only."""
        self.assertEqual([], outside_doors(PACKAGE))

    def test_one_way(self):
        """Nothing imports what is built on it."""
        self.assertEqual([], against_the_way(PACKAGE))

    def test_gnutls_door(self):
        """The GnuTLS library is loaded behind its door only."""
        self.assertEqual([], gnutls_outside_door(PACKAGE))

    def test_zstd_door(self):
        """libzstd is loaded behind its door only."""
        self.assertEqual([], zstd_outside_door(PACKAGE))

    def test_names(self):
        """No module is called utils, manager, helper or common."""
        self.assertEqual([], empty_names(PACKAGE))

    def test_length(self):
        """No file of the package is longer than 400 lines."""
        self.assertEqual([], long_files(PACKAGE))

    def test_licence(self):
        """Every source of this repository bears the licence."""
        for folder in ('nova_native_tls', 'tests', 'tools', 'doc/source'):
            self.assertEqual([], without_licence(REPO / folder))


class TestRules(testtools.TestCase):
    """Each rule finds a bad example, and nothing wrong with a good one."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text))

    def test_import_outside_door_is_found(self):
        """However it is written, and also inside a function."""
        for statement in (
            'import libvirt',
            'import os, libvirt as other',
            'from libvirt import virDomain',
            "importlib.import_module('libvirt')",
            "__import__('libvirt')",
        ):
            self.write('bad.py', f'def function():\n    {statement}\n')
            self.assertEqual(
                ['bad.py:2 imports libvirt'], outside_doors(self.root)
            )

    def test_nova_outside_its_folder_is_found(self):
        """A folder is a door as well, one of a similar name is not."""
        self.write('novax/bad.py', 'from nova.virt.libvirt import driver')
        self.write('nova/good.py', 'import eventlet\nimport nova.virt.driver')

        self.assertEqual(
            ['novax/bad.py:1 imports nova'], outside_doors(self.root)
        )

    def test_import_against_the_way_is_found(self):
        """In whichever form; what is not of this project does not count."""
        self.write('checks/good.py', 'from nova_native_tls.pki import pem')
        self.write('pki/good.py', 'from cryptography.checks import result')
        for statement, name in (
            ('from nova_native_tls.checks import result', 'checks.result'),
            ('from nova_native_tls import checks', 'checks'),
            ('import nova_native_tls.checks.result', 'checks.result'),
        ):
            self.write('pki/bad.py', f'def function():\n    {statement}\n')
            self.assertEqual(
                [f'pki/bad.py:2 imports {name}'], against_the_way(self.root)
            )

    def test_gnutls_outside_its_folder_is_found(self):
        """By the name of its file, or the one that the linker takes."""
        for name in ('libgnutls.so.30', 'gnutls'):
            self.write('bad.py', f'ctypes.CDLL({name!r})')
            self.write('pki/gnutls/good.py', f'ctypes.CDLL({name!r})')

            self.assertEqual(
                [f'bad.py:1 names {name}'], gnutls_outside_door(self.root)
            )

    def test_zstd_outside_its_module_is_found(self):
        """By the name of its file; the method is called zstd as well."""
        self.write('bad.py', "ctypes.CDLL('libzstd.so.1')")
        self.write('speed/compressors.py', "ctypes.CDLL('libzstd.so.1')")
        self.write('good.py', "compression = 'zstd'")

        self.assertEqual(
            ['bad.py:1 names libzstd.so.1'], zstd_outside_door(self.root)
        )

    def test_import_behind_door_is_allowed(self):
        """So are our own modules, whatever they are called."""
        self.write('migration/libvirt_api.py', 'import libvirt')
        self.write('good.py', 'from nova_native_tls.conf import libvirt')
        self.write('conf/good.py', 'from . import libvirt')

        self.assertEqual([], outside_doors(self.root))

    def test_empty_name_is_found(self):
        """As module, as package, in the plural and as a private one."""
        bad = ['_helpers.py', 'common/thing.py', 'manager.py', 'pki/utils.py']
        for path in [*bad, 'pki/manager_of_none.py']:
            self.write(path, '')

        self.assertEqual(bad, empty_names(self.root))

    def test_long_file_is_found(self):
        """401 lines are too many, 400 are not."""
        self.write('bad.py', '\n' * 401)
        self.write('good.py', '\n' * 400)

        self.assertEqual(['bad.py has 401 lines'], long_files(self.root))

    def test_missing_licence_is_found(self):
        """Also when the licence is there, but not at the beginning."""
        self.write('bad.py', f'\n\n\n# {LICENCE}\n')
        self.write('good.py', f'# {LICENCE}\n')

        self.assertEqual(['bad.py'], without_licence(self.root))
