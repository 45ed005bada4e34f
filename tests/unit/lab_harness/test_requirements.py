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

"""Tests of the requirements of a lab."""

from __future__ import annotations

import unittest
from unittest import mock

from tests.lab.harness import errors
from tests.lab.harness.lab import requirements


class CheckTestCase(unittest.TestCase):
    """What a user is told who cannot run a lab."""

    def setUp(self) -> None:
        super().setUp()
        self.found = set(requirements.PROGRAMS)
        self.user_exists = True
        self.euid = 0
        for target, fake in (
            ('os.geteuid', lambda: self.euid),
            ('shutil.which', self._which),
            ('pwd.getpwnam', self._getpwnam),
        ):
            patcher = mock.patch(target, fake)
            patcher.start()
            self.addCleanup(patcher.stop)

    def _which(self, name: str, path: str) -> str | None:
        return f'/usr/bin/{name}' if name in self.found else None

    def _getpwnam(self, name: str) -> None:
        if not self.user_exists:
            raise KeyError(name)

    def test_everything_is_there(self) -> None:
        """Nothing is raised on a machine that can run a lab."""
        requirements.check()

    def test_not_root(self) -> None:
        """Without root, one sentence says what to do."""
        self.euid = 1000
        with self.assertRaises(errors.RequirementError) as raised:
            requirements.check()
        self.assertEqual(
            'The lab needs root (namespaces, libvirtd): run it with sudo.',
            str(raised.exception),
        )

    def test_missing_programs(self) -> None:
        """All that is missing is named at once, each package once."""
        self.found -= {'tini', 'nsenter', 'unshare'}
        self.user_exists = False
        with self.assertRaises(errors.RequirementError) as raised:
            requirements.check()
        self.assertEqual(
            'The lab misses nsenter, tini, unshare, the user libvirt-qemu: '
            'install libvirt-daemon-system tini util-linux.',
            str(raised.exception),
        )
