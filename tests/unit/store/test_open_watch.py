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

"""Who opens files is seen."""

from __future__ import annotations

import pathlib
import threading

import fixtures
import testtools

from nova_native_tls.store import open_watch


class OpenWatchTest(testtools.TestCase):
    """Two files that are watched, and one that is not."""

    def setUp(self) -> None:
        super().setUp()
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.paths = [root / name for name in ('a', 'b', 'c')]
        for path in self.paths:
            path.write_text('')
        self.watch = open_watch.OpenWatch(str(p) for p in self.paths[:2])
        self.addCleanup(self.watch.close)

    def test_nobody(self) -> None:
        """Nobody has opened one; to look for one is not to open it."""
        self.paths[0].stat()
        self.paths[2].read_text()
        self.assertFalse(self.watch.opened())

    def test_each(self) -> None:
        """Whichever is opened, and once for all that were."""
        for path in self.paths[:2]:
            path.read_text()
            path.read_text()
            self.assertTrue(self.watch.opened())
            self.assertFalse(self.watch.opened())

    def test_wait(self) -> None:
        """Who waits for it is told at once."""
        timer = threading.Timer(0.05, self.paths[1].read_text)
        timer.start()
        self.assertTrue(self.watch.opened(within_s=60))
        timer.join()

    def test_missing(self) -> None:
        """A file that is not there is an error, which names it."""
        error = self.assertRaises(
            OSError, open_watch.OpenWatch, [str(self.paths[0]), '/nowhere']
        )
        self.assertEqual('/nowhere', error.filename)
