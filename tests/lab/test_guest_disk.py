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

"""Tests of making and comparing a guest's disk with the real qemu-img."""

from __future__ import annotations

import pathlib
import subprocess
import tempfile

import testtools

from tests.lab.harness.guest import disk as guest_disk
from tests.lab.harness.guest import spec as guest_spec


class Directory:
    """A node that is a directory of this machine."""

    def __init__(self, root: pathlib.Path) -> None:
        self._root = root

    def path(self, inside: str) -> pathlib.Path:
        """Return where a file is."""
        return self._root / inside.lstrip('/')

    def run(self, argv: list[str]) -> None:
        """Run a command whose absolute paths are below the root."""
        subprocess.run(
            [
                str(self.path(word)) if word.startswith('/') else word
                for word in argv
            ],
            check=True,
            capture_output=True,
        )


class GuestDiskTestCase(testtools.TestCase):
    """A disk is what was created, or it is not."""

    def setUp(self) -> None:
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.node = Directory(pathlib.Path(directory.name))
        self.spec = guest_spec.GuestSpec(name='g', disk_mib=3)

    def test_created(self) -> None:
        """What was created is what is found, and nothing else is left."""
        guest_disk.create(self.node, self.spec)
        guest_disk.verify(self.node, self.spec)
        disk = self.node.path(self.spec.disk_path)
        self.assertEqual([disk], list(disk.parent.iterdir()))

    def test_empty(self) -> None:
        """The empty disk of a destination is not the guest's."""
        guest_disk.create_empty(self.node, self.spec)
        error = self.assertRaises(
            guest_disk.GuestDiskError, guest_disk.verify, self.node, self.spec
        )
        self.assertIn('MiB 0 of 3', str(error))

    def test_one_byte(self) -> None:
        """One byte that differs is found, also where nothing was written."""
        for at in (5, 2 * guest_disk.MIB - 1):
            guest_disk.create(self.node, self.spec)
            self.node.run(
                [
                    'qemu-io',
                    '-f',
                    'qcow2',
                    '-c',
                    f'write -P 0xa5 {at} 1',
                    self.spec.disk_path,
                ]
            )
            error = self.assertRaises(
                guest_disk.GuestDiskError,
                guest_disk.verify,
                self.node,
                self.spec,
            )
            self.assertIn(f'MiB {at // guest_disk.MIB} of 3', str(error))

    def test_longer(self) -> None:
        """A disk that has grown is not what was created."""
        guest_disk.create(self.node, self.spec)
        self.node.run(
            ['qemu-img', 'resize', '-f', 'qcow2', self.spec.disk_path, '4M']
        )
        error = self.assertRaises(
            guest_disk.GuestDiskError, guest_disk.verify, self.node, self.spec
        )
        self.assertIn('longer', str(error))

    def test_none(self) -> None:
        """No disk is no verdict."""
        self.assertRaises(
            guest_disk.GuestDiskError, guest_disk.verify, self.node, self.spec
        )
