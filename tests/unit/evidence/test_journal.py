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

"""The files with the evidence, on a real file system."""

from __future__ import annotations

import os
import pathlib
import stat
from typing import Any
from unittest import mock

import fixtures
import testtools

from nova_native_tls.evidence import chain
from nova_native_tls.evidence import journal
from nova_native_tls.evidence import verification
from nova_native_tls.store import directory_lock
from nova_native_tls.store import durable

#: Of three entries.
BYTES = 800


class JournalTestCase(testtools.TestCase):
    """A file that is soon full."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.path = self.root / 'evidence[1]'
        self.journal = self.make()

    def make(self, *, keep_files: int = 3) -> journal.Journal:
        """Another one that writes to the same file."""
        return journal.Journal(
            str(self.path), max_bytes=BYTES, keep_files=keep_files
        )

    def append(self, *values: Any) -> chain.Anchor:
        """Add entries and give the anchor of the last."""
        for value in values:
            anchor = self.journal.append(
                chain.Kind.MIGRATION, {'value': value}
            )
        return anchor

    def verify(self) -> verification.Verdict:
        """Verify what is there."""
        return verification.verify(journal.read(str(self.path)))

    def assert_whole(self, entries: int) -> None:
        """Assert that there are so many entries, and no more to be said."""
        verdict = self.verify()
        self.assertEqual((), verdict.problems)
        self.assertEqual((), verdict.notices)
        self.assertEqual(entries, verdict.entries)

    def values(self) -> list[Any]:
        """What was added, as far as it is there."""
        found = [
            chain.from_line(line.content)
            for line in journal.read(str(self.path))
        ]
        return [
            each.content['value']
            for each in found
            if each.kind == chain.Kind.MIGRATION
        ]

    def names(self) -> list[str]:
        """The files, but for the common beginning of their names."""
        return sorted(
            name.removeprefix(self.path.name) for name in os.listdir(self.root)
        )


class AppendTest(JournalTestCase):
    """Entries are added."""

    def test_first(self) -> None:
        """The file is made, for its owner and group."""
        self.addCleanup(os.umask, os.umask(0o077))
        self.assertEqual(1, self.append('a').number)
        self.assertEqual(0o640, stat.S_IMODE(self.path.stat().st_mode))
        self.assert_whole(1)

    def test_chain_goes_on(self) -> None:
        """Whoever adds one, it follows from the one before."""
        self.append('a', 'b')
        self.journal = self.make()
        self.assertEqual(3, self.append('c').number)
        self.assertEqual(['a', 'b', 'c'], self.values())
        self.assert_whole(3)

    def test_anchor(self) -> None:
        """What is returned is what stands last in the file."""
        anchor = self.append('a', 'b')
        self.assertEqual(anchor, self.verify().last)

    def test_no_directory(self) -> None:
        """That is an error with the name of the file."""
        bad = journal.Journal('/nowhere/e', max_bytes=1, keep_files=1)
        error = self.assertRaises(
            directory_lock.NotLockable, bad.append, chain.Kind.MIGRATION, {}
        )
        self.assertIn('/nowhere/e', str(error))

    def test_no_file(self) -> None:
        """A directory, a FIFO or a link is not written to."""
        os.mkfifo(self.root / 'fifo')
        (self.root / 'link').symlink_to(self.root / 'target')
        for name in ('.', 'fifo', 'link'):
            bad = journal.Journal(
                str(self.root / name), max_bytes=1, keep_files=1
            )
            self.assertRaises(
                directory_lock.NotLockable,
                bad.append,
                chain.Kind.MIGRATION,
                {},
            )
        self.assertFalse((self.root / 'target').exists())

    def test_full_disk(self) -> None:
        """Nothing half-written stays, and the chain goes on afterwards."""
        self.append('a')
        with (
            mock.patch.object(
                os,
                'write',
                autospec=True,
                side_effect=OSError(28, 'No space left on device'),
            ),
            testtools.ExpectedException(
                durable.WriteFailed, '.*No space left on device'
            ),
        ):
            self.append('b')
        self.append('c')
        self.assertEqual(['a', 'c'], self.values())
        self.assert_whole(2)

    def test_huge_entry(self) -> None:
        """One that is larger than a file is written all the same."""
        self.append('a' * 200_000, 'b', 'c' * 200_000, 'd')
        self.assertEqual(4, len(self.values()))
        self.assert_whole(4)


class FullFilesTest(JournalTestCase):
    """Files are put aside and removed."""

    def test_put_aside(self) -> None:
        """A full file gets the number of its last entry."""
        self.append(*'abcdef')
        self.assertEqual(
            ['', '.000000000003'], self.names(), self.path.read_text()
        )
        self.assertEqual(list('abcdef'), self.values())
        self.assert_whole(6)
        for path in self.root.iterdir():
            self.assertLessEqual(path.stat().st_size, BYTES)
            self.assertEqual(0o640, stat.S_IMODE(path.stat().st_mode))

    def test_removed(self) -> None:
        """The oldest go, and the evidence says so."""
        self.journal = self.make(keep_files=2)
        self.append(*range(40))
        self.assertEqual(3, len(self.names()), self.names())
        verdict = self.verify()
        self.assertEqual((), verdict.problems)
        assert verdict.first is not None
        assert verdict.first.number is not None
        self.assertGreater(verdict.first.number, 20)
        self.assertEqual(39, self.values()[-1])

    def test_first_of_what_is_left(self) -> None:
        """It is missed if somebody else removes it."""
        self.journal = self.make(keep_files=2)
        self.append(*range(40))
        oldest = pathlib.Path(journal.full_files(str(self.path))[0])
        oldest.write_text(oldest.read_text().partition('\n')[2])
        (problem,) = self.verify().problems
        self.assertIn('is missing before it', problem.why)
        self.assertEqual((str(oldest), 1), (problem.file, problem.line))

    def test_crash_while_putting_aside(self) -> None:
        """A file with two names counts once, and gets one name back."""
        self.append(*'abc')
        os.link(self.path, f'{self.path}.000000000003')
        self.assert_whole(3)
        self.append('d')
        self.assertEqual(['', '.000000000003'], self.names())
        self.assertEqual(1, self.path.read_bytes().count(b'\n'))
        self.assert_whole(4)

    def test_crash_before_the_next_file(self) -> None:
        """Without a newest file the chain goes on from the last full one."""
        self.append(*'abc')
        os.rename(self.path, f'{self.path}.000000000003')
        self.assert_whole(3)
        self.append('d')
        self.assert_whole(4)

    def test_crash_while_removing(self) -> None:
        """What was said to be removed is so at the next time."""
        self.journal = self.make(keep_files=1)
        with mock.patch.object(
            durable,
            'remove',
            autospec=True,
            side_effect=durable.WriteFailed(path='x', problem='crash'),
        ):
            self.append(*range(6))
            self.assertRaises(durable.WriteFailed, self.append, *range(6))
        self.assertEqual((), self.verify().problems)
        self.append('then')
        self.assertEqual(2, len(self.names()))
        self.assertEqual((), self.verify().problems)

    def test_name_is_taken(self) -> None:
        """What is in the way is not replaced; nothing is lost."""
        taken = self.root / f'{self.path.name}.000000000003'
        self.append(*'abc')
        taken.write_text('mine')
        self.append('d')
        self.assertEqual('mine', taken.read_text())
        self.assertIn('goes on growing', self.log.output)
        taken.unlink()
        self.assertEqual(list('abcd'), self.values())

    def test_other_files(self) -> None:
        """Only names with a number are of the evidence."""
        for name in ('.bak', '.1', '.000000000003.gz', '.00000000000x'):
            (self.root / f'{self.path.name}{name}').write_text('x')
        self.append('a')
        self.assert_whole(1)


class CrashTest(JournalTestCase):
    """A crash has left a part of a line."""

    def _cut(self, left: int) -> bytes:
        self.append(*'ab')
        whole = self.path.read_bytes()
        first = whole.index(b'\n') + 1
        self.path.write_bytes(whole[: first + left])
        return whole[first : first + left]

    def test_part_of_a_line(self) -> None:
        """It stays; what comes next says so, once."""
        rest = self._cut(40)
        self.append(*'cd')
        self.assertIn('a crash cut it off', self.log.output)
        contents = [line.content for line in journal.read(str(self.path))]
        self.assertIn(rest, contents)
        verdict = self.verify()
        self.assertEqual((), verdict.problems)
        self.assertEqual([2], [each.line for each in verdict.notices])
        self.assertEqual(4, verdict.entries)

    def test_only_the_end_of_the_line(self) -> None:
        """Then all of the entry is there, and counts."""
        self._cut(10_000)
        self.path.write_bytes(self.path.read_bytes().removesuffix(b'\n'))
        self.append('c')
        self.assertEqual(['a', 'b', 'c'], self.values())
        self.assert_whole(3)

    def test_zeros(self) -> None:
        """Some file systems leave zeros after a power cut."""
        self.append('a')
        with self.path.open('ab') as file:
            file.write(bytes(500))
        self.append('b')
        verdict = self.verify()
        self.assertEqual((), verdict.problems)
        self.assertEqual(1, len(verdict.notices))

    def test_first_line(self) -> None:
        """It may be the very first, or the first of a new file."""
        self.path.write_bytes(b'{"conte')
        self.append('a')
        self.assertEqual((), self.verify().problems)
        os.rename(self.path, f'{self.path}.000000000002')
        self.path.write_bytes(b'{"conte')
        self.append('b')
        verdict = self.verify()
        self.assertEqual((), verdict.problems)
        self.assertEqual(2, len(verdict.notices))

    def test_again_while_it_is_mended(self) -> None:
        """Nothing is half-mended."""
        rest = self._cut(40)
        for call in ('write', 'rename', 'fsync'):
            with mock.patch.object(
                os, call, autospec=True, side_effect=OSError(5, 'I/O error')
            ):
                self.assertRaises(durable.WriteFailed, self.append, 'c')
            self.assertTrue(self.path.read_bytes().endswith(b'\n' + rest))
            self.assertEqual([''], self.names())

    def test_damaged_line(self) -> None:
        """The chain goes on from the last that is one; verify finds it."""
        self.append(*'ab')
        with self.path.open('ab') as file:
            file.write(b'somebody was here\n' * 3)
        self.append('c')
        self.assertIn('the last 3 lines are not entries', self.log.output)
        verdict = self.verify()
        self.assertEqual([3, 4, 5], [each.line for each in verdict.problems])
        self.assertEqual(3, verdict.entries)


class ReadTest(JournalTestCase):
    """The files are read."""

    def test_none(self) -> None:
        """No file is an error, not an empty answer."""
        error = self.assertRaises(
            journal.EvidenceUnreadable, list, journal.read(str(self.path))
        )
        self.assertIn('there is no such file', str(error))

    def test_directory(self) -> None:
        """So is what is no file."""
        self.assertRaises(
            directory_lock.NotLockable, list, journal.read(str(self.root))
        )

    def test_added_meanwhile(self) -> None:
        """What comes later, even another file, is not among it."""
        self.append(*'abc')
        reading = journal.read(str(self.path))
        lines = [next(reading)]
        self.append(*'defghi')
        lines.extend(reading)
        self.assertEqual([1, 2, 3], [line.number for line in lines])
        self.assertTrue(all(line.ended for line in lines))
        self.assertEqual((), verification.verify(lines).problems)

    def test_reader_lets_others_write(self) -> None:
        """Somebody who reads slowly is in nobody's way."""
        self.append('a')
        reading = journal.read(str(self.path))
        next(reading)
        self.assertEqual(2, self.append('b').number)
        reading.close()
