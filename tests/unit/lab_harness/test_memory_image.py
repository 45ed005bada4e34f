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

"""Tests of the file that a guest's ordinary memory is made of."""

from __future__ import annotations

import os
import pathlib
import stat
import tempfile
import unittest
from unittest import mock

from tests.lab.harness.guest import memory_image

PAGE = memory_image.PAGE_BYTES


def page(number: int) -> bytes:
    """Return a page that is not zero and like no other."""
    return number.to_bytes(4, 'big').rjust(PAGE, b'.')


class MemoryImageTestCase(unittest.TestCase):
    """It has what it should, all of it, and from all over."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name) / 'new'

    def use(self, *, process: bytes, files: bytes) -> None:
        """Let every page be of one letter."""
        for name, letter in (
            ('_process_pages', process),
            ('_file_pages', files),
        ):
            patch = mock.patch.object(
                memory_image,
                name,
                autospec=True,
                return_value=[letter * PAGE] * 1000,
            )
            patch.start()
            self.addCleanup(patch.stop)

    def test_build(self) -> None:
        """Of this machine: as large as wanted, no page of it zero."""
        image = memory_image.build(self.directory, size_mib=1)
        content = image.read_bytes()
        self.assertEqual(1024 * 1024, len(content))
        self.assertEqual(256, len(list(memory_image.without_zeros(content))))
        # QEMU reads it as another user.
        self.assertEqual(0o644, stat.S_IMODE(image.stat().st_mode))
        self.assertEqual([image.name], os.listdir(self.directory))

    def test_large_parent(self) -> None:
        """How large this process is does not make the image's smaller."""
        ballast = b'.' * 128 * 1024 * 1024
        pages = memory_image._process_pages()
        del ballast
        wanted = memory_image.SIZE_MAX_MIB * memory_image.MIB // PAGE // 2
        self.assertGreaterEqual(len(pages), wanted)

    def test_halves(self) -> None:
        """A process's pages and those of files take turns."""
        run = memory_image.RUN_PAGES
        self.use(process=b'p', files=b'f')
        image = memory_image.build(self.directory, size_mib=2)
        self.assertEqual(
            (b'p' * run + b'f' * run) * 4, image.read_bytes()[::PAGE]
        )

    def test_once(self) -> None:
        """It is made once, and each size is another."""
        self.use(process=b'p', files=b'f')
        first = memory_image.build(self.directory, size_mib=1)
        first.write_bytes(b'made before')
        self.assertEqual(first, memory_image.build(self.directory, size_mib=1))
        self.assertEqual(b'made before', first.read_bytes())

    def test_size(self) -> None:
        """It is never more than a guest should be given."""
        for size_mib in (0, 65):
            with self.assertRaises(ValueError):
                memory_image.build(self.directory, size_mib=size_mib)

    def test_spread(self) -> None:
        """Runs are from all over, and whole; the last one may be cut."""
        pages = [page(number) for number in range(640)]
        chosen = memory_image.spread(pages, 130, what='pages')
        self.assertEqual(
            [*range(0, 64), *range(192, 256), 384, 385],
            [pages.index(each) for each in chosen],
        )

    def test_too_few(self) -> None:
        """What there is not enough of is named."""
        with self.assertRaisesRegex(
            memory_image.MemoryImageError, '128 pages of files.*only 64'
        ):
            memory_image.spread([page(1)] * 127, 128, what='files')

    def test_zeros(self) -> None:
        """Pages of zeros are left out, and so is what is not a page."""
        content = page(1) + bytes(PAGE) + page(2) + b'rest'
        self.assertEqual(
            [page(1), page(2)], list(memory_image.without_zeros(content))
        )
