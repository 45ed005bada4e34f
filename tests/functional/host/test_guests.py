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

"""Running guests, stood in for by processes with mounts of their own."""

from __future__ import annotations

import os
import pathlib
import subprocess

import fixtures

from nova_native_tls.host import guests
from nova_native_tls.host import migration_thread
from nova_native_tls.host import read_as_user
from nova_native_tls.host import read_by_permission
from nova_native_tls.migration import versions
from tests.functional.host import started
from tests.functional.host import trees

V = versions.Version
STARTED = (
    '2026-11-21 15:41:04.667+0000: starting up libvirt version: 9.0.0, '
    'package: 9.0.0-4 (Debian), qemu version: {}Debian 1:7.2+dfsg-7, '
    'kernel: 6.1, hostname: host1\n'
)


class GuestsTest(trees.NeedsRoot):
    """A guest of the name g1, and its files."""

    def setUp(self) -> None:
        super().setUp()
        for name in ('RUN', 'LOGS'):
            (self.root / name).mkdir()
            self.useFixture(
                fixtures.MockPatchObject(guests, name, str(self.root / name))
            )
        self.pki = self.root / 'pki'
        self.pki.mkdir()
        (self.pki / 'ca-cert.pem').write_bytes(b'old')

    def start(self, before: str = '', *prefix: str) -> None:
        """Start its process, after a command in its mount namespace."""
        argv = (*prefix, 'sh', '-c', f'{before}\necho; exec sleep 1000')
        pid = self.useFixture(started.Started(*argv)).pid
        (self.root / 'RUN' / 'g1.pid').write_text(str(pid))

    def log(self, *releases: str, between: str = '') -> None:
        """Write what libvirt writes at each start."""
        (self.root / 'LOGS' / 'g1.log').write_text(
            between.join(STARTED.format(each) for each in releases)
        )

    def look(self, reader: object = read_as_user.read) -> guests.Guest:
        """Look at it."""
        place = guests.Place(
            daemon=None,
            root='',
            directory=str(self.pki),
            paths=(str(self.pki), str(self.pki / 'ca-cert.pem')),
            installed=V(7, 2, 22),
            reader=reader,  # type: ignore[arg-type]
        )
        known = guests.Known(name='g1', memory_mib=128)
        (found,) = guests.look([known], place)
        return found

    def test_like_a_new_one(self) -> None:
        """With this host's mounts nothing is different."""
        self.log('7.2.4')
        self.start()
        found = self.look()
        self.assertEqual(V(7, 2, 4), found.qemu)
        self.assertEqual(
            ((), None, ''), (found.changed, found.files, found.unseen)
        )

    def test_migration(self) -> None:
        """One that stands is seen by the number of the process."""
        self.start()
        pid = int((self.root / 'RUN' / 'g1.pid').read_text())
        self.assertFalse(self.look().stands)
        self.useFixture(
            fixtures.MockPatchObject(
                migration_thread, 'standing', {pid}.intersection
            )
        )
        self.assertTrue(self.look().stands)

    def test_stale_mount(self) -> None:
        """It sees files that were there when it started, and only they."""
        other = self.root / 'other'
        other.mkdir()
        (other / 'ca-cert.pem').write_bytes(b'its own')
        (other / 'server-cert.pem').write_bytes(b'gone since')
        self.start(f'mount --bind {other} {self.pki}', 'unshare', '--mount')
        for reader in (read_as_user.read, read_by_permission.read):
            found = self.look(reader)
            self.assertEqual(('ca-cert.pem', 'server-cert.pem'), found.changed)
            assert found.files is not None
            self.assertEqual(
                b'its own', found.files.file('ca-cert.pem').content
            )
            self.assertEqual('', found.unseen)

    def test_same_files_in_another_namespace(self) -> None:
        """libvirt gives every guest a namespace; that is no difference."""
        self.start('', 'unshare', '--mount')
        self.assertEqual((), self.look().changed)

    def test_replaced_file(self) -> None:
        """A new file on the host is a new file for the guest."""
        self.start('', 'unshare', '--mount')
        (self.pki / 'new').write_bytes(b'new')
        os.replace(self.pki / 'new', self.pki / 'ca-cert.pem')
        self.assertEqual((), self.look().changed)

    def test_bound_file(self) -> None:
        """A file that was mounted by itself stays what it was."""
        other, saved = self.root / 'other', self.root / 'saved'
        for path in (other, saved):
            path.mkdir()
        (other / 'ca-cert.pem').touch()
        self.start(
            f'mount --bind {self.pki} {saved}\n'
            f'mount --bind {other} {self.pki}\n'
            f'mount --bind {saved}/ca-cert.pem {self.pki}/ca-cert.pem',
            *('unshare', '--mount'),
        )
        self.assertEqual((), self.look().changed)
        (self.pki / 'new').write_bytes(b'new')
        os.replace(self.pki / 'new', self.pki / 'ca-cert.pem')
        self.assertEqual(('ca-cert.pem',), self.look().changed)

    def test_last_start_counts(self) -> None:
        """However much was logged before and after."""
        self.start()
        self.log('7.2.4', '7.2.11', between='x' * guests.LOG_MAX * 3 + '\n')
        self.assertEqual(V(7, 2, 11), self.look().qemu)

    def test_no_log(self) -> None:
        """Its program is the installed one, unless that was replaced."""
        program = pathlib.Path(self.root / 'program')
        program.write_bytes(pathlib.Path('/bin/sleep').read_bytes())
        program.chmod(0o755)
        child = subprocess.Popen([program, '1000'])
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        (self.root / 'RUN' / 'g1.pid').write_text(str(child.pid))
        self.assertEqual(V(7, 2, 22), self.look().qemu)
        program.unlink()
        self.assertIsNone(self.look().qemu)

    def test_gone(self) -> None:
        """A guest that cannot be found is not looked at, and says so."""
        self.assertNotEqual('', self.look().unseen)
