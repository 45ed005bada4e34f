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

"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import pathlib
import stat
from typing import Any
from unittest import mock

import fixtures
import testtools

from nova_native_tls.store import durable

Access = durable.Access


class DurableTestCase(testtools.TestCase):
    """A directory, and system calls that can be made to fail."""

    def setUp(self) -> None:
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.path = self.root / 'file'

    def let_fail(self, call: str, number: int) -> Any:
        """Let a system call fail."""
        patcher = mock.patch.object(
            os,
            call,
            side_effect=OSError(number, os.strerror(number)),
            autospec=True,
        )
        self.addCleanup(patcher.stop)
        return patcher.start()

    def names(self) -> list[str]:
        """What is in the directory."""
        return sorted(os.listdir(self.root))


class WriteTest(DurableTestCase):
    """One file."""

    def test_new(self) -> None:
        """Whatever the umask, it has the mode that was asked for."""
        self.addCleanup(os.umask, os.umask(0o077))
        durable.write(str(self.path), b'new', durable.PUBLIC)
        self.assertEqual(b'new', self.path.read_bytes())
        self.assertEqual(0o644, stat.S_IMODE(self.path.stat().st_mode))

    def test_private_by_default(self) -> None:
        """Nobody else reads what was written without a word about that."""
        durable.write(str(self.path), b'')
        self.assertEqual(0o600, stat.S_IMODE(self.path.stat().st_mode))

    def test_replaces(self) -> None:
        """A file is another one then; a link is not followed."""
        target = self.root / 'target'
        target.write_text('old')
        self.path.symlink_to(target)
        durable.write(str(self.path), b'new')
        self.assertEqual('old', target.read_text())
        self.assertFalse(self.path.is_symlink())

    def test_relative(self) -> None:
        """Also in the current directory."""
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.root)
        durable.write('file', b'new')
        self.assertEqual(b'new', self.path.read_bytes())

    def test_short_writes(self) -> None:
        """What the system takes in parts is written all the same."""
        real = os.write
        with mock.patch.object(
            os,
            'write',
            side_effect=lambda to, data: real(to, data[:2]),
            autospec=True,
        ):
            durable.write(str(self.path), b'12345')
        self.assertEqual(b'12345', self.path.read_bytes())

    def test_failures(self) -> None:
        """Whichever step fails, the old file is there and nothing else."""
        for call in ('write', 'fsync', 'fchown', 'fchmod', 'rename'):
            self.path.write_text('old')
            with mock.patch.object(
                os,
                call,
                side_effect=OSError(28, 'No space left on device'),
                autospec=True,
            ):
                error = self.assertRaises(
                    durable.WriteFailed, durable.write, str(self.path), b'new'
                )
            self.assertIn('No space left', str(error))
            self.assertIn(str(self.path), str(error))
            self.assertEqual('old', self.path.read_text())
            self.assertEqual(['file'], self.names())

    def test_attributes(self) -> None:
        """Owner, mode and extended attributes can be taken over."""
        self.path.write_text('old')
        self.path.chmod(0o604)
        os.setxattr(self.path, 'user.test', b'value')
        with self.path.open('rb') as file:
            access = Access.of(file.fileno())
        durable.write(str(self.path), b'new', access)
        self.assertEqual(0o604, stat.S_IMODE(self.path.stat().st_mode))
        self.assertEqual(b'value', os.getxattr(self.path, 'user.test'))


class AppendTest(DurableTestCase):
    """The end of a file."""

    def test_append(self) -> None:
        """It is made, and grows."""
        durable.append(str(self.path), b'a\n')
        durable.append(str(self.path), b'b\n')
        self.assertEqual(b'a\nb\n', self.path.read_bytes())
        self.assertEqual(0o600, stat.S_IMODE(self.path.stat().st_mode))

    def test_full_disk(self) -> None:
        """Nothing stays of what did not fit."""
        durable.append(str(self.path), b'a\n')
        real = os.write

        def write(descriptor: int, content: bytes) -> int:
            if len(content) < 3:
                raise OSError(28, 'No space left on device')
            return real(descriptor, content[:2])

        with mock.patch.object(os, 'write', side_effect=write, autospec=True):
            self.assertRaises(
                durable.WriteFailed, durable.append, str(self.path), b'bcd\n'
            )
        self.assertEqual(b'a\n', self.path.read_bytes())


class DirectoryTest(DurableTestCase):
    """Directories, and files in them."""

    def test_make(self) -> None:
        """With those above it, which are everybody's."""
        path = self.root / 'a' / 'b'
        durable.make_directory(str(path), Access(mode=0o700))
        self.assertEqual(0o700, stat.S_IMODE(path.stat().st_mode))
        self.assertEqual(0o755, stat.S_IMODE(path.parent.stat().st_mode))

    def test_make_existing(self) -> None:
        """One that is there stays as it is."""
        self.root.chmod(0o711)
        durable.make_directory(str(self.root), Access(mode=0o700))
        self.assertEqual(0o711, stat.S_IMODE(self.root.stat().st_mode))

    def test_write_directory(self) -> None:
        """With all of its files."""
        durable.write_directory(
            str(self.path), {'a': (b'1', durable.PUBLIC)}, Access(mode=0o750)
        )
        self.assertEqual(b'1', (self.path / 'a').read_bytes())
        self.assertEqual(0o750, stat.S_IMODE(self.path.stat().st_mode))

    def test_write_directory_fails(self) -> None:
        """Without one of its files there is none."""
        self.let_fail('fchmod', 28)
        self.assertRaises(
            durable.WriteFailed,
            durable.write_directory,
            str(self.path),
            {'a': (b'1', durable.PUBLIC)},
            Access(mode=0o750),
        )
        self.assertEqual([], self.names())

    def test_link(self) -> None:
        """A link is made, and changed."""
        for target in ('a', 'b'):
            durable.link(str(self.path), target)
            self.assertEqual(target, os.readlink(self.path))
        self.assertEqual(['file'], self.names())

    def test_remove(self) -> None:
        """Files, links and whole directories; none is fine."""
        (self.root / 'directory' / 'inner').mkdir(parents=True)
        (self.root / 'link').symlink_to(self.root / 'directory')
        self.path.write_text('')
        for name in ('link', 'file', 'directory', 'nothing'):
            durable.remove(str(self.root / name))
        self.assertEqual([], self.names())

    def test_remove_fails(self) -> None:
        """It says so."""
        self.path.write_text('')
        self.let_fail('unlink', 30)
        error = self.assertRaises(
            durable.WriteFailed, durable.remove, str(self.path)
        )
        self.assertIn('Read-only', str(error))

    def test_remove_unfinished(self) -> None:
        """What a killed process has left, and nothing else."""
        (self.root / f'{durable.UNFINISHED}1').write_text('')
        (self.root / f'{durable.UNFINISHED}2' / 'x').mkdir(parents=True)
        self.path.write_text('')
        durable.remove_unfinished(str(self.root))
        self.assertEqual(['file'], self.names())

    def test_no_fsync_of_directories(self) -> None:
        """A file system that has none of it is no failure; others are."""
        real = os.fsync

        def fsync(number: int) -> Any:
            def answer(descriptor: int) -> None:
                if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                    raise OSError(number, os.strerror(number))
                real(descriptor)

            return answer

        with mock.patch.object(
            os, 'fsync', side_effect=fsync(22), autospec=True
        ):
            durable.write(str(self.path), b'new')
        with mock.patch.object(
            os, 'fsync', side_effect=fsync(5), autospec=True
        ):
            self.assertRaises(
                durable.WriteFailed, durable.write, str(self.path), b'newer'
            )


class AccessTest(testtools.TestCase):
    """Who may do what."""

    def test_of_directory(self) -> None:
        """Who may read may also search."""
        for mode, expected in ((0o640, 0o750), (0o600, 0o700), (0o4, 0o5)):
            self.assertEqual(expected, Access(mode=mode).of_directory().mode)
