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

"""Tests of what a node does to its own files."""

from __future__ import annotations

import pathlib
import subprocess
import unittest

from tests.lab.harness.node import init_script


class RenderTestCase(unittest.TestCase):
    """The script runs as root: its order is what keeps the machine safe."""

    def setUp(self) -> None:
        super().setUp()
        self.script = init_script.render(
            name='host1',
            directory=pathlib.Path('/var/tmp/a lab/host1'),
            is_libvirt_host=True,
        )

    def test_shell_understands_it(self) -> None:
        """There is no syntax error, also with a space in the path."""
        result = subprocess.run(
            ['sh', '-n'],
            input=self.script,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((0, ''), (result.returncode, result.stderr))

    def test_mounts_are_private_first(self) -> None:
        """Nothing is mounted before mounts have stopped to propagate."""
        private = self.script.index('mount --make-rprivate /')
        self.assertLess(private, self.script.index('mount -t'))
        self.assertLess(private, self.script.index('mount --bind'))

    def test_first_error_ends_it(self) -> None:
        """No line runs on the machine's files because a mount failed."""
        self.assertTrue(self.script.startswith('set -eu\n'))

    def test_etc_is_written_after_the_overlay(self) -> None:
        """The copy goes to the private /etc."""
        overlay = self.script.index('mount -t overlay')
        self.assertLess(overlay, self.script.index('cp -a --remove'))

    def test_hidden_before_the_overlay(self) -> None:
        """Hiding needs no deletion: there is none in the script."""
        overlay = self.script.index('mount -t overlay')
        for entry in init_script.HIDDEN:
            mark = f'mknod {init_script.UPPER}/{entry} c 0 0'
            self.assertLess(self.script.index(mark), overlay)
        self.assertNotIn('rm ', self.script)

    def test_no_kvm(self) -> None:
        """A node has no /dev/kvm, which may be there and be useless."""
        self.assertNotIn('kvm', init_script.DEVICES)

    def test_init_names_its_state(self) -> None:
        """The init is recognized by the last argument."""
        last = self.script.splitlines()[-1]
        self.assertEqual(
            "exec tini -s -- sh -c 'exec sleep infinity' "
            "'/var/tmp/a lab/host1'",
            last,
        )

    def test_plain_node(self) -> None:
        """A node without libvirt has nothing of libvirt's."""
        script = init_script.render(
            name='switch', directory=pathlib.Path('/s'), is_libvirt_host=False
        )
        self.assertNotIn('/var/lib/libvirt', script)


class TreeTestCase(unittest.TestCase):
    """A node that runs from another root directory."""

    def setUp(self) -> None:
        super().setUp()
        self.script = init_script.render(
            name='host2',
            directory=pathlib.Path('/var/tmp/a lab/host2'),
            is_libvirt_host=True,
            tree=pathlib.Path('/a tree'),
        )

    def test_shell_understands_it(self) -> None:
        """There is no syntax error, also with a space in the path."""
        result = subprocess.run(
            ['sh', '-n'],
            input=self.script,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((0, ''), (result.returncode, result.stderr))

    def test_machine_is_not_touched(self) -> None:
        """What is copied and mounted for the node goes into its tree."""
        self.assertNotIn('lab-etc', self.script)
        root = init_script.ROOT
        for line in self.script.splitlines():
            if line.startswith(('cp -a --remove', 'mount --move')):
                self.assertIn(f' {root}/', line)
        for target in init_script.HOST_DIRECTORIES.values():
            self.assertIn(f' {root}{target}\n', self.script)

    def test_tree_is_not_changed(self) -> None:
        """It is the lower layer only."""
        self.assertIn("tree='/a tree'\n", self.script)
        self.assertIn('lowerdir="$tree",upperdir=/run/', self.script)
        for entry in init_script.HIDDEN:
            mark = f'mknod {init_script.UPPER}/etc/{entry} c 0 0'
            self.assertIn(mark, self.script)

    def test_init(self) -> None:
        """The init is the tree's own, and recognized as any other."""
        self.assertEqual(
            f"exec chroot {init_script.ROOT} tini -s -- "
            "sh -c 'exec sleep infinity' '/var/tmp/a lab/host2'",
            self.script.splitlines()[-1],
        )
