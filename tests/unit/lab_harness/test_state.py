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

"""Tests of the state directory of a lab."""

from __future__ import annotations

import os
import pathlib
import subprocess
import tempfile
import unittest
from unittest import mock

from tests.lab.harness import errors
from tests.lab.harness.lab import state
from tests.lab.harness.node import process


class StateTestCase(unittest.TestCase):
    """A directory in a place where everybody may write."""

    def setUp(self) -> None:
        super().setUp()
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name) / 'labs'
        self.directory = state.of_lab('one', root=self.root)

    def test_names(self) -> None:
        """A name cannot lead out of the directory of all labs."""
        for name in ('', '..', 'a/b', 'A', '-a', 'a\n', 'a' * 32):
            with self.subTest(name=name), self.assertRaises(errors.LabError):
                state.of_lab(name, root=self.root)

    def test_absent(self) -> None:
        """A lab that never was has no state, and looking makes none."""
        self.assertFalse(state.exists(self.directory))
        self.assertFalse(self.root.exists())

    def test_private(self) -> None:
        """Nobody else may look into the state."""
        with state.locked(self.directory) as held:
            self.assertEqual(0o700, held.path.stat().st_mode & 0o777)
            self.assertEqual(0o700, self.root.stat().st_mode & 0o777)

    def test_symbolic_link(self) -> None:
        """A link that somebody laid there is not followed."""
        elsewhere = self.root.parent / 'elsewhere'
        elsewhere.mkdir(mode=0o700)
        self.root.symlink_to(elsewhere)
        with self.assertRaisesRegex(errors.LabError, 'not a directory'):
            state.exists(self.directory)
        with (
            self.assertRaisesRegex(errors.LabError, 'not a directory'),
            state.locked(self.directory),
        ):
            self.fail('the lock was given')

    def test_open_to_others(self) -> None:
        """A directory that others may write to is refused."""
        self.root.mkdir()
        self.root.chmod(0o777)
        with self.assertRaisesRegex(errors.LabError, 'mode 0777'):
            state.exists(self.directory)

    def test_of_somebody_else(self) -> None:
        """A directory of another user is refused."""
        self.root.mkdir(mode=0o700)
        with (
            mock.patch(
                'os.geteuid', autospec=True, return_value=os.geteuid() + 1
            ),
            self.assertRaisesRegex(errors.LabError, 'another user'),
        ):
            state.exists(self.directory)

    def test_lock_excludes(self) -> None:
        """Two commands do not change one lab."""
        with state.locked(self.directory):
            with (
                self.assertRaisesRegex(errors.LabError, 'another command'),
                state.locked(self.directory, timeout_s=0),
            ):
                self.fail('the lock was given twice')
        with state.locked(self.directory, timeout_s=0):
            pass

    def test_starting_node_keeps_the_lock(self) -> None:
        """The lock outlives its holder until the node closes it."""
        read_fd, write_fd = os.pipe()
        self.addCleanup(os.close, write_fd)
        self.addCleanup(os.close, read_fd)
        with state.locked(self.directory) as held:
            # It reads from its standard error when to close the lock.
            node = subprocess.Popen(
                ['sh', '-c', 'read x <&2; exec < /dev/null; read x <&2'],
                stdin=held.lock_fd,
                stderr=read_fd,
            )
        self.addCleanup(node.wait)
        self.addCleanup(node.kill)
        with (
            self.assertRaisesRegex(errors.LabError, 'another command'),
            state.locked(self.directory, timeout_s=0),
        ):
            self.fail('the lock was given')
        os.write(write_fd, b'close it\n')
        with state.locked(self.directory, timeout_s=30):
            self.assertIsNone(node.poll())

    def test_remove(self) -> None:
        """Nothing stays of the last lab."""
        with state.locked(self.directory) as held:
            (held.path / 'host1').mkdir()
            (held.path / 'host1' / 'record').write_text('x')
            held.remove()
        self.assertFalse(self.root.exists())

    def test_remove_spares_other_labs(self) -> None:
        """Other labs stay."""
        with state.locked(state.of_lab('two', root=self.root)):
            pass
        with state.locked(self.directory) as held:
            held.remove()
        self.assertEqual(['two'], os.listdir(self.root))

    def test_remove_follows_no_link(self) -> None:
        """What a link in the state leads to stays."""
        target = self.root.parent / 'kept'
        target.mkdir()
        with state.locked(self.directory) as held:
            (held.path / 'link').symlink_to(target)
            self.assertEqual((), held.nodes())
            held.remove()
        self.assertTrue(target.exists())


class SummaryTestCase(unittest.TestCase):
    """What a finished lab consists of."""

    def setUp(self) -> None:
        super().setUp()
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = state.StateDirectory(
            path=pathlib.Path(temporary.name)
        )

    def test_round_trip(self) -> None:
        """What was written is read."""
        init = process.ProcessIdentity(pid=5, start_ticks=6, boot_id='b')
        summary = state.Summary(
            host_count=2, inits={'switch': init}, trees={'host2': '/tree'}
        )
        self.directory.write_summary(summary)
        self.assertEqual(summary, self.directory.read_summary())

    def test_unfinished(self) -> None:
        """Without a summary, or after its removal, a lab is unfinished."""
        self.assertIsNone(self.directory.read_summary())
        self.directory.write_summary(state.Summary(host_count=1, inits={}))
        self.directory.remove_summary()
        self.assertIsNone(self.directory.read_summary())

    def test_broken(self) -> None:
        """A summary that cannot be understood is not an absent one."""
        for text in ('', '[]', '{}', '{"host_count": 1, "inits": {"a": {}}}'):
            (self.directory.path / 'lab.json').write_text(text)
            with (
                self.subTest(text=text),
                self.assertRaisesRegex(errors.LabError, 'understood'),
            ):
                self.directory.read_summary()
