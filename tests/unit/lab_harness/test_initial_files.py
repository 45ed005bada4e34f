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

"""Tests of the files that a node starts with."""

from __future__ import annotations

import os
import pathlib
import tempfile
import unittest

from tests.lab.harness.lab import initial_files
from tests.lab.harness.node import addresses
from tests.lab.harness.node import namespaces
from tests.lab.harness.pki import pki


class OfNodeTestCase(unittest.TestCase):
    """Every node has what its task needs, and no more."""

    def files(self, name: str) -> dict[str, str]:
        return initial_files.of_node(
            name,
            all_nodes=[addresses.of_controller(), addresses.of_host(1)],
            nsswitch='passwd: files\nhosts: files dns\n',
            libvirt_ca=pki.CertificateAuthority('test'),
        )

    def test_host(self) -> None:
        """A host has both configurations of libvirtd."""
        files = self.files('host1')
        self.assertIn('auth_tcp = "none"', files['/etc/libvirt/libvirtd.conf'])
        self.assertIn('user = "libvirt-qemu"', files['/etc/libvirt/qemu.conf'])
        self.assertIn('/etc/pki/libvirt/servercert.pem', files)

    def test_no_qemu_certificates(self) -> None:
        """What QEMU needs is each test's own business."""
        for name in ('switch', 'controller', 'host1'):
            found = [f for f in self.files(name) if '/qemu/' in f]
            self.assertEqual([], found)

    def test_controller(self) -> None:
        """The controller is a client of libvirt, not a host."""
        files = self.files('controller')
        self.assertIn('/etc/pki/libvirt/clientcert.pem', files)
        self.assertNotIn('/etc/libvirt/libvirtd.conf', files)

    def test_switch(self) -> None:
        """The switch has no certificate."""
        found = [f for f in self.files('switch') if f.endswith('.pem')]
        self.assertEqual([], found)

    def test_no_resolver(self) -> None:
        """Names come from the lab only."""
        files = self.files('switch')
        self.assertEqual('', files['/etc/resolv.conf'])
        self.assertEqual(
            'passwd: files\nhosts: files\n', files['/etc/nsswitch.conf']
        )

    def test_nsswitch_without_hosts(self) -> None:
        """A file without the line gets one."""
        self.assertEqual(
            'passwd: files\n\nhosts: files\n',
            initial_files.files_only('passwd: files\n'),
        )


class LayOutTestCase(unittest.TestCase):
    """What is copied over /etc keeps its modes there."""

    def setUp(self) -> None:
        super().setUp()
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = pathlib.Path(temporary.name) / 'host1'
        self.addCleanup(os.umask, os.umask(0o077))
        initial_files.lay_out(
            self.directory,
            {'/etc/pki/a/x-key.pem': 'KEY', '/etc/hosts': 'HOSTS'},
            is_libvirt_host=True,
        )

    def mode(self, path: str) -> int:
        return (self.directory / path).stat().st_mode & 0o777

    def test_files(self) -> None:
        """The files are where they will be, below the directory."""
        text = (self.directory / 'etc/pki/a/x-key.pem').read_text()
        self.assertEqual('KEY', text)

    def test_modes(self) -> None:
        """Keys are root's; all else is readable, whatever the umask."""
        self.assertEqual(0o600, self.mode('etc/pki/a/x-key.pem'))
        self.assertEqual(0o644, self.mode('etc/hosts'))
        for path in ('etc', 'etc/pki', 'etc/pki/a', 'etc/pki/qemu', 'lib'):
            self.assertEqual(0o755, self.mode(path), path)

    def test_init_script(self) -> None:
        """The node finds its first program."""
        script = (self.directory / namespaces.INIT_SCRIPT).read_text()
        self.assertIn('hostname host1\n', script)
