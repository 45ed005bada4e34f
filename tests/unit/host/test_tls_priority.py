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

"""What QEMU was built with, as its program shows it."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from unittest import mock

import fixtures
import testtools

from nova_native_tls.host import file_view
from nova_native_tls.host import tls_priority
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki.gnutls import priority

IS_KNOWN = (
    'from nova_native_tls.pki.gnutls import priority\n'
    "print(priority.is_known('@QEMU,SYSTEM'))"
)
OF_SYSTEM = b'\0@QEMU,SYSTEM\0'


class PriorityTest(testtools.TestCase):
    """A program in a tree of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.path = self.root / 'usr/bin/qemu-img'
        self.path.parent.mkdir(parents=True)
        self.known = self._exchange(priority, 'is_known', return_value=True)
        self.addCleanup(tls_priority._read.clear)

    def _exchange(
        self, target: object, name: str, **changes: object
    ) -> mock.Mock:
        patch = mock.patch.object(target, name, autospec=True, **changes)
        self.addCleanup(patch.stop)
        return patch.start()

    def _find(self) -> str:
        return tls_priority.find(file_view.FileView(str(self.root)))

    def test_ordinary(self) -> None:
        """A program that says nothing else, and none."""
        self.assertEqual('NORMAL', self._find())
        self.path.write_bytes(b'ELF\0NORMAL:+ANON-DH\0')
        self.assertEqual('NORMAL', self._find())

    def test_of_the_system(self) -> None:
        """As Red Hat builds it."""
        self.path.write_bytes(b'ELF' + OF_SYSTEM)
        self.assertEqual('@QEMU,SYSTEM', self._find())

    def test_upgraded(self) -> None:
        """Another program is read again, the same one is not."""
        self.path.write_bytes(b'ELF')
        read = self._exchange(
            file_view.FileView, 'read', side_effect=file_view.FileView.read
        )
        self.assertEqual('NORMAL', self._find())
        self.assertEqual('NORMAL', self._find())
        self.assertEqual(1, read.call_count)
        new = self.path.with_name('new')
        new.write_bytes(OF_SYSTEM)
        os.replace(new, self.path)
        self.assertEqual('@QEMU,SYSTEM', self._find())

    def test_other_library(self) -> None:
        """What this GnuTLS does not know cannot be asked of it."""
        self.path.write_bytes(OF_SYSTEM)
        self.known.return_value = False
        self.assertEqual('NORMAL', self._find())
        self.known.side_effect = library.LibraryMissing(name='x', problem='y')
        self.assertEqual('NORMAL', self._find())


class KnownTest(testtools.TestCase):
    """GnuTLS itself is asked."""

    def test_known(self) -> None:
        """A priority, and something else."""
        self.assertTrue(priority.is_known('NORMAL:-VERS-TLS1.3'))
        self.assertFalse(priority.is_known('NONSENSE'))

    def test_of_the_system(self) -> None:
        """Only where the system has policies, of that name or in general."""
        policies = self.useFixture(fixtures.TempDir()).join('policies')
        path = pathlib.Path(policies)
        for content, expected in (
            ('', 'False'),
            ('[priorities]\nSYSTEM = NORMAL:%PROFILE_MEDIUM\n', 'True'),
            ('[priorities]\nQEMU = NORMAL\n', 'True'),
            ('[priorities]\nOTHER = NORMAL\n', 'False'),
        ):
            path.write_text(content)
            # GnuTLS reads it when it is loaded.
            done = subprocess.run(
                [sys.executable, '-c', IS_KNOWN],
                env={**os.environ, 'GNUTLS_SYSTEM_PRIORITY_FILE': policies},
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            self.assertEqual(expected, done.stdout.strip(), content)
