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

"""One at a time adds to a file, whatever its name means meanwhile."""

from __future__ import annotations

import os
import pathlib
import stat
import threading

import fixtures
import testtools

from nova_native_tls.store import directory_lock
from nova_native_tls.store import durable
from nova_native_tls.store import file_lock


class FileLockTestCase(testtools.TestCase):
    """A file that is to be locked."""

    def setUp(self) -> None:
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.path = self.root / 'file'

    def is_free(self) -> bool:
        """Whether somebody could have the file of that name."""
        try:
            with file_lock.hold(str(self.path), limit_s=0):
                return True
        except directory_lock.InUse:
            return False


class HoldTest(FileLockTestCase):
    """To add to it."""

    def test_made(self) -> None:
        """With the access that was asked for, whatever the umask; empty."""
        self.addCleanup(os.umask, os.umask(0o077))
        with file_lock.hold(str(self.path), durable.Access(mode=0o640)):
            self.assertEqual(b'', self.path.read_bytes())
        self.assertEqual(0o640, stat.S_IMODE(self.path.stat().st_mode))
        self.assertEqual(['file'], os.listdir(self.root))

    def test_alone(self) -> None:
        """Nobody else has it, and afterwards anybody can."""
        with file_lock.hold(str(self.path)):
            self.assertFalse(self.is_free())
        self.assertTrue(self.is_free())

    def test_released_by_an_error(self) -> None:
        """However it ends."""
        with (
            testtools.ExpectedException(ZeroDivisionError),
            file_lock.hold(str(self.path)),
        ):
            raise ZeroDivisionError
        self.assertTrue(self.is_free())

    def test_another_file_meanwhile(self) -> None:
        """Who waits for a file that is replaced gets the new one."""
        has_it, go_on = threading.Event(), threading.Event()

        def wait_for_it() -> None:
            with file_lock.hold(str(self.path), limit_s=30):
                has_it.set()
                go_on.wait(30)

        waiting = threading.Thread(target=wait_for_it)
        with file_lock.hold(str(self.path)):
            waiting.start()
            # It has the old file open before, or opens the new one: either
            # way it has to have the new one in the end. At no time is there
            # none, or it would make one of its own.
            os.link(self.path, self.root / 'old')
            durable.write(str(self.path), b'new')
        self.assertTrue(has_it.wait(30))
        self.assertFalse(self.is_free())
        go_on.set()
        waiting.join()
        self.assertTrue(self.is_free())

    def test_replaced_between_opening_and_locking(self) -> None:
        """The moment that the thread above rarely meets."""
        real, replaced = directory_lock.take, []

        def take(*arguments: object, **options: object) -> None:
            if not replaced:
                replaced.append(self.path.rename(self.root / 'old'))
                durable.write(str(self.path), b'new')
            real(*arguments, **options)  # type: ignore[arg-type]

        self.path.write_bytes(b'')
        self.useFixture(fixtures.MockPatchObject(directory_lock, 'take', take))
        with file_lock.hold(str(self.path)):
            self.assertFalse(self.is_free())
            with file_lock.hold(str(self.root / 'old'), limit_s=0):
                pass

    def test_no_file(self) -> None:
        """A directory, a FIFO, a link, or what is in no directory."""
        os.mkfifo(self.root / 'fifo')
        (self.root / 'link').symlink_to(self.path)
        for path in ('.', 'fifo', 'link', 'no/file'):
            error = self.assertRaises(
                directory_lock.NotLockable, self._hold, self.root / path
            )
            self.assertIn(str(self.root / path), str(error))
        self.assertFalse(self.path.exists())

    def _hold(self, path: pathlib.Path) -> None:
        with file_lock.hold(str(path)):
            self.fail('it could be locked')


class LookTest(FileLockTestCase):
    """To read it."""

    def test_many(self) -> None:
        """Readers have it together; who adds has to wait, and so do they."""
        self.path.write_bytes(b'')
        path = str(self.path)
        with file_lock.look(path), file_lock.look(path, limit_s=0):
            self.assertFalse(self.is_free())
        with (
            file_lock.hold(path),
            testtools.ExpectedException(directory_lock.InUse),
            file_lock.look(path, limit_s=0),
        ):
            self.fail('it could be read')

    def test_none(self) -> None:
        """What is not there is not made."""
        with file_lock.look(str(self.path)):
            self.assertFalse(self.path.exists())

    def test_read_only(self) -> None:
        """Reading it is all that one has to be allowed; a link is followed."""
        self.path.write_bytes(b'')
        self.path.chmod(0o444)
        link = self.root / 'link'
        link.symlink_to(self.path)
        with file_lock.look(str(link), limit_s=0):
            self.assertFalse(self.is_free())
