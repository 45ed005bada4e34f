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

from __future__ import annotations

import errno
import os
import pathlib
import socket
import tempfile

import testtools

from nova_native_tls.pki import credential_files
from nova_native_tls.pki import credential_set

BLOCK = b'-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'


class FilesTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.path = self.root / 'file'

    def read(self) -> credential_set.File:
        return credential_files.read_file(str(self.path))


class TestReadFile(FilesTestCase):
    def test_content(self):
        """The bytes as they are."""
        self.path.write_bytes(b'a\0b')
        self.assertEqual(credential_set.File(content=b'a\0b'), self.read())

    def test_missing(self):
        """Nothing there is no error, but an answer."""
        self.assertEqual(credential_set.MISSING, self.read())

    def test_dangling_link_is_missing(self):
        """As stat(2) has it."""
        self.path.symlink_to('nowhere')
        self.assertEqual(credential_set.MISSING, self.read())

    def test_link_is_followed(self):
        """What counts is what is at its end."""
        (self.root / 'other').write_bytes(b'x')
        self.path.symlink_to('other')
        self.assertEqual(b'x', self.read().content)

    def test_circle_of_links(self):
        """It is there for nobody, but not missing either."""
        self.path.symlink_to('file')
        found = self.read()
        self.assertEqual(errno.ELOOP, found.stat_error)
        self.assertNotEqual(credential_set.MISSING, found)

    def test_directory(self):
        """It is there, and cannot be read."""
        self.path.mkdir()
        found = self.read()
        self.assertTrue(found.there)
        self.assertEqual(errno.EISDIR, found.read_error)

    def test_nothing_stays_open(self):
        """Whatever is there: a directory can be opened, but not read."""
        before = len(os.listdir('/proc/self/fd'))
        self.path.mkdir()
        self.read()
        self.path.rmdir()
        self.path.write_bytes(b'x')
        self.read()
        self.assertEqual(before, len(os.listdir('/proc/self/fd')))

    def test_fifo_does_not_wait(self):
        """Nobody writes to it, and the answer comes nevertheless."""
        os.mkfifo(self.path)
        self.assertEqual(credential_set.File(waits=True), self.read())

    def test_socket(self):
        """It cannot be opened."""
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(self.path))
            self.assertEqual(errno.ENXIO, self.read().read_error)

    def test_endless_device(self):
        """It is given up at the limit."""
        self.path.symlink_to('/dev/zero')
        self.assertTrue(self.read().too_large)

    def test_impossible_path(self):
        """A NUL in a path is an error like others."""
        found = credential_files.read_file('a\0b')
        self.assertEqual(errno.EINVAL, found.stat_error)

    def test_large_file_keeps_its_blocks(self):
        """However much else is in it."""
        with self.path.open('wb') as file:
            file.write(b'# words\n' * (credential_files.KEPT_MAX // 8 + 1))
            file.write(BLOCK)
        self.assertEqual(BLOCK, self.read().content)

    def test_file_at_the_limit_is_kept_whole(self):
        """Only larger ones are packed."""
        content = BLOCK + b'#' * (credential_files.KEPT_MAX - len(BLOCK))
        self.path.write_bytes(content)
        self.assertEqual(content, self.read().content)

    def test_sparse_giant(self):
        """It is given up at the limit, whatever its size."""
        with self.path.open('wb') as file:
            file.truncate(1 << 40)
        self.assertTrue(self.read().too_large)


class TestRead(FilesTestCase):
    def test_every_name(self):
        """Each file that some QEMU may look at is looked at."""
        (self.root / 'server-cert-3.pem').write_bytes(b'x')
        found = credential_files.read(str(self.root))
        self.assertEqual(b'x', found.file('server-cert-3.pem').content)
        self.assertEqual(set(credential_set.NAMES), set(found.files))
        self.assertEqual(f'{self.root}/ca-cert.pem', found.path('ca-cert.pem'))

    def test_no_directory(self):
        """Everything is missing."""
        found = credential_files.read(str(self.root / 'nothing'))
        self.assertEqual({credential_set.MISSING}, set(found.files.values()))


class TestSecrets(testtools.TestCase):
    def test_not_in_representation(self):
        """Neither content nor passphrase gets into a log by accident."""
        found = credential_set.CredentialSet(
            directory='/d',
            files={'client-key.pem': credential_set.File(content=b'hidden')},
            passphrase='hidden',
        )
        self.assertNotIn('hidden', repr(found))
