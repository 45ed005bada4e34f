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

"""Tests of prove/programs.py."""

from __future__ import annotations

import platform

import testtools

from nova_native_tls.prove import programs


def _installed(*names: str):
    return lambda name: f'/bin/{name}' if name in names else None


class FindTest(testtools.TestCase):
    """Where QEMU's programs are."""

    def test_by_architecture(self) -> None:
        """The emulator of this machine comes first."""
        own = f'qemu-system-{platform.machine()}'
        found = programs.find(
            which=_installed(own, 'qemu-kvm', 'qemu-img', 'qemu-nbd')
        )
        self.assertEqual(f'/bin/{own}', found.emulator)
        self.assertEqual('/bin/qemu-img', found.image)
        self.assertEqual('/bin/qemu-nbd', found.server)

    def test_other_names(self) -> None:
        """Distributions call it otherwise."""
        for name in ('/usr/libexec/qemu-kvm', 'qemu-kvm', 'kvm'):
            found = programs.find(
                which=_installed(name, 'qemu-img', 'qemu-nbd')
            )
            self.assertEqual(f'/bin/{name}', found.emulator)

    def test_told(self) -> None:
        """Where libvirt has it counts most."""
        found = programs.find(
            '/opt/qemu', which=_installed('qemu-img', 'qemu-nbd')
        )
        self.assertEqual('/opt/qemu', found.emulator)

    def test_missing(self) -> None:
        """A missing program is named, with the names it may have."""
        err = self.assertRaises(
            programs.ProgramMissing,
            programs.find,
            which=_installed('qemu-img', 'qemu-nbd'),
        )
        self.assertIn('qemu-kvm', str(err))
        for name in ('qemu-img', 'qemu-nbd'):
            err = self.assertRaises(
                programs.ProgramMissing,
                programs.find,
                '/opt/qemu',
                which=_installed(*{'qemu-img', 'qemu-nbd'} - {name}),
            )
            self.assertIn(name, str(err))


class BuildTest(testtools.TestCase):
    """What ``--version`` prints."""

    def test_distribution(self) -> None:
        """The package is part of the build."""
        self.assertEqual(
            programs.Build('7.2.22', 'Debian 1:7.2+dfsg-7+deb12u18'),
            programs.build_of(
                'qemu-img version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\n'
                'Copyright (c) 2003-2022 Fabrice Bellard\n'
            ),
        )

    def test_upstream(self) -> None:
        """A build from source has none."""
        found = programs.build_of('qemu-img version 10.0.0\nCopyright\n')
        self.assertEqual(programs.Build('10.0.0'), found)
        self.assertEqual('10.0.0', str(found))

    def test_nothing(self) -> None:
        """Anything else is not known."""
        for output in ('', 'error', 'version'):
            self.assertIsNone(programs.build_of(output))
