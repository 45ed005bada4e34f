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

"""Leases: who is kept waiting, and who keeps others waiting."""

from __future__ import annotations

import errno
import fcntl
import os
import pathlib
import threading
from unittest import mock

import fixtures
import testtools

from nova_native_tls.pki import credential_files
from nova_native_tls.store import lease


class LeaseTest(testtools.TestCase):
    """Two files, one of them under two names."""

    def setUp(self) -> None:
        super().setUp()
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.paths = [str(root / name) for name in 'abc']
        for path in self.paths[:2]:
            pathlib.Path(path).write_text('content')
        os.link(self.paths[1], self.paths[2])
        self.leases = lease.Leases(self.paths)
        self.addCleanup(self.leases.close)

    def test_reader_waits(self) -> None:
        """Who opens a file waits, which is seen, until the release."""
        self.assertTrue(self.leases.take())
        self.assertFalse(self.leases.awaited())
        contents: list[str] = []
        thread = threading.Thread(
            target=lambda: contents.append(
                pathlib.Path(self.paths[2]).read_text()
            )
        )
        thread.start()
        while not self.leases.awaited():
            pass
        self.assertEqual([], contents)
        self.leases.release()
        thread.join()
        self.assertEqual(['content'], contents)

    def test_open_file(self) -> None:
        """There is none on a file that somebody has open, nor on others."""
        with open(self.paths[1], encoding='ascii'):
            self.assertFalse(self.leases.take())
            self.assertFalse(self.leases.held)
            # At once, as there is none on this one either.
            os.close(os.open(self.paths[0], os.O_RDONLY | os.O_NONBLOCK))
        self.assertTrue(self.leases.take())

    def test_own_readers(self) -> None:
        """Our own reading comes back until it gets the file."""
        for read in (
            lambda path: os.close(lease.open_when_free(path)),
            lambda path: open(
                path, 'rb', opener=credential_files.open_without_waiting
            ).close(),
        ):
            self.assertTrue(self.leases.take())
            timer = threading.Timer(0.05, self.leases.release)
            timer.start()
            read(self.paths[0])
            timer.join()

    def test_own_readers_give_up(self) -> None:
        """A lease of somebody else that does not end is an error."""
        self.assertTrue(self.leases.take())
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova_native_tls.store.lease._FREE_AFTER_S', 0.0
            )
        )
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova_native_tls.pki.credential_files.LEASED_S', 0.0
            )
        )
        self.assertRaises(BlockingIOError, lease.open_when_free, self.paths[0])
        self.assertEqual(
            errno.EAGAIN, credential_files.read_file(self.paths[0]).read_error
        )

    def test_impossible(self) -> None:
        """What a file system says that has none."""
        for number in (errno.EINVAL, errno.EOPNOTSUPP, errno.EACCES):
            with mock.patch.object(
                fcntl,
                'fcntl',
                side_effect=OSError(number, 'no'),
                autospec=True,
            ):
                self.assertRaises(lease.Impossible, self.leases.take)

    def test_broken(self) -> None:
        """Any other error is one."""
        with mock.patch.object(
            fcntl,
            'fcntl',
            side_effect=OSError(errno.EIO, 'broken'),
            autospec=True,
        ):
            self.assertRaises(OSError, self.leases.take)

    def test_missing_file(self) -> None:
        """One that is not there."""
        self.assertRaises(
            FileNotFoundError, lease.Leases, [*self.paths, '/nowhere']
        )
