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

"""Whether GnuTLS in a guest's QEMU can do it harm, in real files."""

from __future__ import annotations

import os
import shutil
import time

import fixtures

from nova_native_tls.host import file_view
from nova_native_tls.host import key_changes
from nova_native_tls.pki.gnutls import library
from tests.functional.host import trees

NORMAL = 'NORMAL'
WITHOUT_AES = (
    'NORMAL:-AES-256-GCM:-AES-128-GCM:-AES-256-CCM:-AES-128-CCM'
    ':-AES-256-CCM-8:-AES-128-CCM-8'
)


class KeyChangesTest(trees.NeedsRoot):
    """A guest that was started now, or long ago."""

    def setUp(self) -> None:
        super().setUp()
        self.configuration = self.root / 'gnutls.conf'
        self._exchange('configuration', lambda: str(self.configuration))

    def _exchange(self, name: str, value: object) -> None:
        self.useFixture(fixtures.MockPatchObject(library, name, value))

    def _is_safe(
        self,
        priority: str = NORMAL,
        *,
        started_at: float | None = None,
        root: str = '',
    ) -> bool:
        return key_changes.is_safe(
            file_view.FileView(root),
            started_at=time.time() + 1 if started_at is None else started_at,
            priority=priority,
        )

    def _release(self, version: str) -> None:
        self._exchange('version', lambda: version)

    def test_release(self) -> None:
        """3.8.11 is the first that does no harm."""
        for version, safe in (
            ('3.7.9', False),
            ('3.8.10', False),
            ('3.8.11', True),
            ('3.9.0', True),
            ('3.8.11-1', False),
        ):
            self._release(version)
            self.assertIs(safe, self._is_safe(), version)

    def test_started_before_the_library_came(self) -> None:
        """It still has the old one."""
        self._release('3.8.13')
        came = os.stat(library.path()).st_ctime
        self.assertTrue(self._is_safe(started_at=came + 1))
        self.assertFalse(self._is_safe(started_at=came - 1))

    def test_nobody_knows_when_it_was_started(self) -> None:
        """Then nothing is certain."""
        self._release('3.8.13')
        files = file_view.FileView()
        self.assertFalse(
            key_changes.is_safe(files, started_at=None, priority=NORMAL)
        )

    def test_library_of_another_container(self) -> None:
        """What this process has says nothing about that."""
        self._release('3.8.13')
        copy = self.root / library.path().removeprefix('/')
        copy.parent.mkdir(parents=True)
        shutil.copy2(library.path(), copy)
        self.assertFalse(self._is_safe(root=str(self.root)))
        copy.unlink()
        self.assertFalse(self._is_safe(root=str(self.root)))

    def test_priority(self) -> None:
        """Without AES in TLS 1.3 no key is changed."""
        for priority, safe in (
            (NORMAL, False),
            ('PERFORMANCE', False),
            (f'{NORMAL}:-AES-256-GCM:-AES-128-GCM', False),
            (WITHOUT_AES, True),
            (f'{NORMAL}:-VERS-TLS1.3', True),
            ('SECURE256:-CIPHER-ALL:+CHACHA20-POLY1305', True),
            ('nonsense', False),
            ('', False),
        ):
            self.assertIs(safe, self._is_safe(priority), priority)

    def test_configured_since(self) -> None:
        """The system's configuration may be why; QEMU reads it once."""
        self.configuration.write_text('')
        came = self.configuration.stat().st_ctime
        self.assertTrue(self._is_safe(WITHOUT_AES, started_at=came + 1))
        self.assertFalse(self._is_safe(WITHOUT_AES, started_at=came - 1))
