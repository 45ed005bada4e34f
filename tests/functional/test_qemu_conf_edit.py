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

"""qemu.conf is edited with the lens of the libvirt that is installed."""

from __future__ import annotations

import os
import pathlib
import stat

import fixtures
import testtools

from nova_native_tls import exception
from nova_native_tls.pki import qemu_conf
from nova_native_tls.qemu_conf_edit import augeas
from nova_native_tls.qemu_conf_edit import conf_file
from nova_native_tls.qemu_conf_edit import settings
from tests.functional import libvirt_conf_reader

STOCK = pathlib.Path(qemu_conf.PATH)
WANTED = settings.Wanted(directory='/etc/pki/qemu')
LINES = (
    'migrate_tls_x509_cert_dir = "/etc/pki/qemu"',
    'migrate_tls_x509_verify = 1',
)


def edit(text: str, wanted: settings.Wanted = WANTED) -> settings.Edited:
    """Edit a text."""
    return settings.edit('/q.conf', text, wanted)


class EditTest(testtools.TestCase):
    """Texts."""

    def test_stock(self) -> None:
        """Two lines more, each behind what libvirt says about it."""
        text = STOCK.read_text()
        edited = edit(text)
        before, after = text.splitlines(), edited.after.splitlines()
        for line in LINES:
            name = line.partition(' ')[0]
            self.assertTrue(
                after[after.index(line) - 1].startswith(f'#{name} ='), line
            )
            after.remove(line)
        self.assertEqual(before, after)

    def test_libvirt_reads_it(self) -> None:
        """libvirt itself gets these settings, and all others as before."""
        other = 'user = "root"\n\n# comment\nstdio_handler = "file"\n'
        edited = edit(other, settings.Wanted(directory='/d', force=True))
        [seen] = libvirt_conf_reader.ask([edited.after])
        self.assertEqual(
            {
                'user': 'root',
                'stdio_handler': 'file',
                'migrate_tls_x509_cert_dir': '/d',
                'migrate_tls_x509_verify': 1,
                'migrate_tls_force': 1,
            },
            seen,
        )

    def test_twice(self) -> None:
        """What is there already changes nothing, and shows nothing."""
        once = edit(STOCK.read_text())
        again = edit(once.after)
        self.assertFalse(again.changed)
        self.assertEqual('', again.diff())

    def test_other_values(self) -> None:
        """They are changed where they are, also if they are there twice."""
        edited = edit(
            '# before\n'
            'migrate_tls_x509_verify = 0\n'
            '  migrate_tls_x509_cert_dir="/old"\n'
            '# after\n'
            'migrate_tls_x509_verify = 0\n'
        )
        self.assertEqual(
            '# before\n'
            'migrate_tls_x509_verify = 1\n'
            '  migrate_tls_x509_cert_dir="/etc/pki/qemu"\n'
            '# after\n'
            'migrate_tls_x509_verify = 1\n',
            edited.after,
        )

    def test_diff(self) -> None:
        """It says what changes, and nothing else."""
        lines = edit('migrate_tls_x509_verify = 0\n').diff().splitlines()
        self.assertEqual(['--- /q.conf', '+++ /q.conf'], lines[:2])
        self.assertEqual(
            ['-migrate_tls_x509_verify = 0', *(f'+{line}' for line in LINES)],
            sorted(line for line in lines[2:] if line[0] in '+-')[::-1][:1]
            + sorted(line for line in lines[2:] if line[0] == '+'),
        )

    def test_force_is_left(self) -> None:
        """Without a wish it stays; with one it changes either way."""
        for text in ('migrate_tls_force = 1\n', 'migrate_tls_force = 0\n'):
            self.assertIn(text, edit(text).after)
        off = settings.Wanted(directory='/d', force=False)
        self.assertIn(
            'migrate_tls_force = 0', edit('migrate_tls_force = 1\n', off).after
        )

    def test_no_last_newline(self) -> None:
        """libvirt takes a last line without an end."""
        self.assertIn('user = "root"\n', edit('user = "root"').after)

    def test_empty(self) -> None:
        """An empty file gets what is wanted."""
        self.assertEqual('\n'.join([*LINES, '']), edit('').after)

    def test_unreadable(self) -> None:
        """What libvirt could not read is not edited."""
        self.assertRaises(exception.QemuConfUnreadable, edit, 'user = \n')

    def test_lens_does_not_know(self) -> None:
        """What the lens does not know is told with its line."""
        error = self.assertRaises(
            settings.NotEdited, edit, '# c\nno_such_setting = 1\n'
        )
        self.assertIn('line 2', str(error))
        self.assertLess(len(str(error)), 300)

    def test_value_that_lens_refuses(self) -> None:
        """A value that cannot be written is no reason to write something."""
        error = self.assertRaises(
            settings.NotEdited, edit, '', settings.Wanted(directory='/a"b')
        )
        self.assertLess(len(str(error)), 300)

    def test_no_augeas(self) -> None:
        """One sentence says which package is missing."""
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova_native_tls.qemu_conf_edit.augeas.LIBRARY', 'libnone.so'
            )
        )
        error = self.assertRaises(augeas.LibraryMissing, edit, '')
        self.assertIn('libaugeas0', str(error))

    def test_no_lens(self) -> None:
        """Without libvirt there is no lens."""
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova_native_tls.qemu_conf_edit.settings.LENS', 'None.lns'
            )
        )
        error = self.assertRaises(settings.NotEdited, edit, '')
        self.assertIn('None.lns', str(error))


class ConfFileTest(testtools.TestCase):
    """Files."""

    def setUp(self) -> None:
        super().setUp()
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.path = root / 'qemu.conf'

    def edit(self) -> conf_file.EditedFile:
        """Edit the file, and write it."""
        edited = conf_file.edit(str(self.path), WANTED)
        edited.write()
        return edited

    def test_mode_stays(self) -> None:
        """Who may read it stays, and a link leads where it led."""
        target = self.path.parent / 'target'
        target.write_text('')
        target.chmod(0o640)
        self.path.symlink_to(target)
        self.edit()
        self.assertTrue(self.path.is_symlink())
        self.assertIn(LINES[0], target.read_text())
        self.assertEqual(0o640, stat.S_IMODE(target.stat().st_mode))

    def test_any_bytes(self) -> None:
        """A comment in another encoding stays as it is, to the byte."""
        self.path.write_bytes(b'# \xe4\xff\n')
        self.edit()
        self.assertTrue(self.path.read_bytes().startswith(b'# \xe4\xff\n'))

    def test_no_file(self) -> None:
        """It is made, for nobody else to read."""
        self.edit()
        self.assertEqual(0o600, stat.S_IMODE(self.path.stat().st_mode))

    def test_unchanged(self) -> None:
        """A file that says it already is not written."""
        self.edit()
        before = self.path.stat().st_ino
        self.edit()
        self.assertEqual(before, self.path.stat().st_ino)

    def test_no_regular_file(self) -> None:
        """A FIFO, a directory and a huge file are refused at once."""
        os.mkfifo(self.path)
        self.assertRaises(settings.NotEdited, self.edit)
        self.path.unlink()
        self.path.mkdir()
        self.assertRaises(settings.NotEdited, self.edit)
        self.path.rmdir()
        self.path.write_bytes(b'#' * (qemu_conf.MAX_BYTES + 1))
        self.assertRaises(settings.NotEdited, self.edit)
