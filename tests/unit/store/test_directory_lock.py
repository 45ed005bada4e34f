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

"""One process at a time."""

from __future__ import annotations

import os
import pathlib

import fixtures
import testtools

from nova_native_tls.store import directory_lock


class DirectoryLockTest(testtools.TestCase):
    """The lock of a directory."""

    def setUp(self) -> None:
        super().setUp()
        self.root = self.useFixture(fixtures.TempDir()).path

    def test_second(self) -> None:
        """Who comes second is told so, and gets it afterwards."""
        with directory_lock.hold(self.root):
            error = self.assertRaises(
                directory_lock.InUse,
                directory_lock.hold(self.root, limit_s=0.1).__enter__,
            )
            self.assertIn(self.root, str(error))
        with directory_lock.hold(self.root, limit_s=0):
            pass

    def test_ends_with_process(self) -> None:
        """Nobody has to clean up behind a killed one."""
        receiving, sending = os.pipe()
        child = os.fork()
        if child == 0:
            with directory_lock.hold(self.root):
                os.write(sending, b'x')
                os.close(receiving)
                os.kill(os.getpid(), 9)
        os.read(receiving, 1)
        os.waitpid(child, 0)
        os.close(receiving)
        os.close(sending)
        with directory_lock.hold(self.root, limit_s=0):
            pass

    def test_no_directory(self) -> None:
        """One sentence."""
        error = self.assertRaises(
            directory_lock.NotLockable,
            directory_lock.hold(f'{self.root}/nowhere').__enter__,
        )
        self.assertIn('nowhere', str(error))

    def test_link(self) -> None:
        """A link in its place is not followed."""
        target = pathlib.Path(self.root) / 'target'
        (pathlib.Path(self.root) / directory_lock.NAME).symlink_to(target)
        self.assertRaises(
            directory_lock.NotLockable,
            directory_lock.hold(self.root).__enter__,
        )
        self.assertFalse(target.exists())
