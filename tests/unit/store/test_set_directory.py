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

"""Sets of files, as far as no reader is beside."""

from __future__ import annotations

import os
import pathlib
from unittest import mock

import fixtures
import testtools

from nova_native_tls.store import durable
from nova_native_tls.store import lease
from nova_native_tls.store import open_watch
from nova_native_tls.store import set_directory
from nova_native_tls.store import swap

NAMES = ('a', 'b')
OPEN = durable.Access(mode=0o644)
PATIENCE = swap.Patience(quiet_s=0.01, settle_s=0.01)


class SetDirectoryTest(testtools.TestCase):
    """A directory with one set."""

    def setUp(self) -> None:
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.sets = set_directory.SetDirectory(str(self.root))
        self.activate(b'1')

    def add(self, content: bytes, *names: str) -> str:
        """Make a set, of all names by default."""
        return self.sets.add(
            dict.fromkeys(names or NAMES, (content, OPEN)), OPEN.of_directory()
        )

    def activate(self, content: bytes, *names: str) -> None:
        """Put a set in place of the one before."""
        self.sets.activate(
            self.add(content, *names), NAMES, OPEN.of_directory(), PATIENCE
        )

    def read(self) -> dict[str, bytes]:
        """What readers get."""
        return {
            name: content
            for name, (content, _access) in self.sets.seen(NAMES).items()
        }

    def test_fewer_files(self) -> None:
        """A name that the new set lacks is as if it were not there."""
        self.activate(b'2', 'a')
        self.assertEqual({'a': b'2'}, self.read())
        self.assertFalse((self.root / 'b').exists())

    def test_previous(self) -> None:
        """The set before can be read."""
        self.activate(b'2')
        self.assertEqual(b'1', self.sets.previous(NAMES)['a'][0])

    def test_changed_file_and_link(self) -> None:
        """A plain file in place of a link is what readers get, until now."""
        self.activate(b'2')
        (self.root / 'a').unlink()
        (self.root / 'a').write_text('by hand')
        self.assertEqual({'a': b'by hand', 'b': b'2'}, self.read())
        self.activate(b'3')
        self.assertEqual({'a': b'3', 'b': b'3'}, self.read())
        self.assertEqual(b'by hand', self.sets.previous(NAMES)['a'][0])

    def test_leftover_housekeeping(self) -> None:
        """What is left over behind a swap is no failure of the swap."""
        name = self.add(b'2')
        with mock.patch.object(
            durable,
            'remove',
            autospec=True,
            side_effect=durable.WriteFailed(path='x', problem='y'),
        ):
            self.add(b'leftover')
            self.sets.activate(name, NAMES, OPEN.of_directory(), PATIENCE)
        self.assertEqual({'a': b'2', 'b': b'2'}, self.read())

    def assert_stays(self) -> None:
        """A swap fails with one sentence, and readers get what they got."""
        error = self.assertRaises(swap.CannotSwap, self.activate, b'2')
        self.assertIn(str(self.root), str(error))
        self.assertEqual({'a': b'1', 'b': b'1'}, self.read())
        self.assertEqual(
            [],
            [n for n in os.listdir(self.root) if n.startswith('.unfinished')],
        )

    def test_no_watch(self) -> None:
        """No watch can be had: the limit of the kernel is reached."""
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova_native_tls.store.open_watch.OpenWatch', refuse
            )
        )
        self.assertIs(refuse, open_watch.OpenWatch)
        self.assert_stays()

    def test_broken_lease(self) -> None:
        """The disk breaks."""
        with mock.patch.object(
            lease.Leases, 'take', autospec=True, side_effect=OSError(5, 'EIO')
        ):
            self.assert_stays()

    def test_large_file(self) -> None:
        """Nobody takes over what is no credential."""
        (self.root / 'a').unlink()
        (self.root / 'a').touch()
        os.truncate(self.root / 'a', set_directory.BYTES_MAX + 1)
        self.assertRaises(set_directory.NotAFile, self.read)

    def test_endless_link(self) -> None:
        """A link to itself is told."""
        (self.root / 'a').unlink()
        (self.root / 'a').symlink_to('a')
        self.assertRaises(set_directory.NotAFile, self.read)


def refuse(_paths: object) -> None:
    """Be at the limit."""
    raise OSError(24, os.strerror(24))
