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

"""A rule about the sources: nothing is written but through one folder."""

from __future__ import annotations

import ast
import pathlib

import fixtures
import testtools

from tests.unit import test_architecture

#: Where files are written; a directory is made in /tmp for a while; the end of
#: a pipe is written to.
DOORS = ('store/', 'prove/handshake.py', 'host/read_as_user.py')
#: Calls that change what is on a disk, by module.
WRITERS = {
    'os': frozenset(
        'chmod chown fchmod fchown ftruncate lchown link makedirs mkdir '
        'mkfifo mknod remove removedirs removexattr rename renames replace '
        'rmdir setxattr symlink truncate unlink write'.split()
    ),
    'shutil': frozenset(
        'chown copy copy2 copyfile copymode copystat copytree move '
        'rmtree'.split()
    ),
    'tempfile': frozenset(
        'mkdtemp mkstemp NamedTemporaryFile TemporaryDirectory '
        'TemporaryFile'.split()
    ),
}
#: Methods of paths, whatever they are called on.
PATH_WRITERS = frozenset(
    'chmod hardlink_to lchmod mkdir rename rmdir symlink_to touch unlink '
    'write_bytes write_text'.split()
)
#: Of os.open; who opens a terminal for both ways makes no file.
FLAGS = ('O_APPEND', 'O_CREAT', 'O_TRUNC', 'O_WRONLY')


def outside_door(root: pathlib.Path) -> list[str]:
    """Places that write files, but the door."""
    return [
        f'{path}:{node.lineno} calls {ast.unparse(node.func)}'
        for path, text in test_architecture.sources(root)
        if not path.startswith(DOORS)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and _writes(node)
    ]


def _writes(call: ast.Call) -> bool:
    owner, _dot, name = ast.unparse(call.func).rpartition('.')
    if owner in WRITERS:
        return name in WRITERS[owner] or (
            # Flags are constants with names.
            name == 'open' and any(flag in ast.unparse(call) for flag in FLAGS)
        )
    if name == 'open' and owner in ('', 'io', 'builtins'):
        return _mode(call, position=1)
    if name == 'open':
        return _mode(call, position=0)
    return bool(owner) and name in PATH_WRITERS


def _mode(call: ast.Call, *, position: int) -> bool:
    """Tell whether it opens for more than reading."""
    modes = [
        *call.args[position : position + 1],
        *(each.value for each in call.keywords if each.arg == 'mode'),
    ]
    return any(
        isinstance(mode, ast.Constant)
        and isinstance(mode.value, str)
        and not set('wax+').isdisjoint(mode.value)
        and len(mode.value) <= 4
        for mode in modes
    )


class WritingDoorTest(testtools.TestCase):
    """The rule holds, and can fail."""

    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def test_package(self):
        """All of the package keeps it."""
        self.assertEqual([], outside_door(test_architecture.PACKAGE))

    def test_doors_are_there(self):
        """None of the exceptions has become useless."""
        for door in DOORS:
            self.assertTrue((test_architecture.PACKAGE / door).exists(), door)

    def test_bad_example(self):
        """Writing is found however it is written, and not behind the door."""
        for call in (
            "open('/etc/a', 'w')",
            "open('/etc/a', mode='ab')",
            "path.open('r+')",
            "path.write_text('')",
            "os.rename('a', 'b')",
            "os.open('a', os.O_WRONLY | os.O_CREAT)",
            "shutil.copy('a', 'b')",
            "tempfile.mkstemp()",
        ):
            self.write('bad.py', call)
            self.write('store/good.py', call)

            name = call.partition('(')[0]
            self.assertEqual(
                [f'bad.py:1 calls {name}'], outside_door(self.root)
            )

    def test_reading(self):
        """Reading is not writing."""
        for call in (
            "open('a')",
            "open('a', 'rb')",
            'path.open()',
            "connection.open('qemu:///system')",
            "os.open('a', os.O_RDONLY)",
        ):
            self.write('good.py', call)
            self.assertEqual([], outside_door(self.root), call)
