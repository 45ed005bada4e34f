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

"""What an emulator is linked with, and what it wants of that."""

from __future__ import annotations

import os
import pathlib
import platform
import struct

import fixtures
import testtools

from nova_native_tls.prove import programs
from nova_native_tls.speed import qemu_build

#: Where the one segment of the programs below will be in memory.
BASE = 0x400000
GNUTLS = 'libgnutls.so.30'
SEND, CORK = 'gnutls_record_send', 'gnutls_record_cork'


def program(
    *libraries: str,
    order: str = '<',
    behind: int | None = None,
    symbols: tuple[str, ...] = (),
    names_bytes: int | None = None,
) -> bytes:
    """Make the smallest one that is linked with these.

    :param behind: which of them comes only behind the end of the list.
    :param symbols: what it wants of them.
    :param names_bytes: how long all names are said to be.
    """
    names = (*libraries, *symbols)
    strings = b'\0' + b''.join(each.encode() + b'\0' for each in names)
    header, segment = 64, 56
    strings_at = header + 2 * segment
    dynamic_at = strings_at + len(strings)
    needed = b''.join(
        struct.pack(f'{order}qQ', 1, strings.index(each.encode()))
        for number, each in enumerate(libraries)
        if number != behind
    )
    dynamic = (
        needed
        + struct.pack(f'{order}qQ', 5, BASE + strings_at)
        + struct.pack(f'{order}qQ', 10, names_bytes or len(strings))
        + struct.pack(f'{order}qQ', 0, 0)
        + struct.pack(f'{order}qQ', 1, strings.index(libraries[-1].encode()))
    )
    size = dynamic_at + len(dynamic)
    begin = b'\x7fELF' + bytes([2, 1 if order == '<' else 2, 1]) + bytes(9)
    return b''.join(
        (
            begin,
            struct.pack(
                f'{order}HHIQQQIHHHHHH',
                *(3, 62, 1, 0, header, 0, 0, header, segment, 2, 0, 0, 0),
            ),
            struct.pack(
                f'{order}IIQQQQQQ', 1, 4, 0, BASE, BASE, size, size, 4096
            ),
            struct.pack(
                f'{order}IIQQQQQQ',
                *(2, 4, dynamic_at, BASE + dynamic_at, BASE + dynamic_at),
                *(len(dynamic), len(dynamic), 8),
            ),
            strings,
            dynamic,
        )
    )


class QemuBuildTestCase(testtools.TestCase):
    """Programs that nobody runs."""

    def setUp(self) -> None:
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def write(self, content: bytes, name: str = 'qemu') -> str:
        """Put one down."""
        path = self.root / name
        path.write_bytes(content)
        return str(path)


class ZstdTest(QemuBuildTestCase):
    """By the names that the loader will look for."""

    def test_linked(self) -> None:
        """Among others, and whatever the order of bytes."""
        for order in '<>':
            path = self.write(
                program('libz.so.1', 'libzstd.so.1', order=order), order
            )
            self.assertTrue(qemu_build.look(path).zstd)

    def test_not_linked(self) -> None:
        """A name that only begins like it is another library."""
        path = self.write(program('libz.so.1', 'libzstd.so.10'))
        self.assertFalse(qemu_build.look(path).zstd)

    def test_behind_the_end(self) -> None:
        """What stands there does not count."""
        path = self.write(program('libz.so.1', 'libzstd.so.1', behind=1))
        self.assertFalse(qemu_build.look(path).zstd)

    def test_replaced(self) -> None:
        """An upgrade counts, and needs no restart."""
        path = self.write(program('libz.so.1'))
        self.assertFalse(qemu_build.look(path).zstd)
        os.replace(self.write(program('libzstd.so.1'), 'new'), path)
        self.assertTrue(qemu_build.look(path).zstd)

    def test_no_program(self) -> None:
        """Nothing is concluded from it."""
        whole = program('libzstd.so.1')
        for number, content in enumerate(
            (
                b'',
                b'#!/bin/sh\n',
                b'\x7fELF\x01' + bytes(100),
                whole[:100],
                whole[:-20],
                # The dynamic section is said to be enormous.
                whole[:152] + b'\xff' * 8 + whole[160:],
                # And so are the names, or longer than the file.
                program('libzstd.so.1', names_bytes=1 << 62),
                program('libzstd.so.1', names_bytes=1 << 20),
            )
        ):
            path = self.write(content, str(number))
            self.assertRaises(ValueError, qemu_build.look, path)

    def test_whatever_was_damaged(self) -> None:
        """It is an answer or a ValueError, and never much memory."""
        whole = program('libz.so.1', 'libzstd.so.1', symbols=(CORK,))
        for place in range(len(whole)):
            path = self.write(
                whole[:place] + b'\xff' + whole[place + 1 :], str(place)
            )
            try:
                qemu_build.look(path)
            except ValueError:
                continue

    def test_missing(self) -> None:
        """A file that is not there is another error."""
        self.assertRaises(OSError, qemu_build.look, str(self.root / 'none'))


class FillsRecordsTest(QemuBuildTestCase):
    """By the name of the function of GnuTLS that does it."""

    def assert_fills(self, expected: bool, content: bytes) -> None:
        """That is what is said of it."""
        os.replace(self.write(content, 'new'), self.root / 'qemu')
        build = qemu_build.look(str(self.root / 'qemu'))
        self.assertEqual(expected, build.fills_records)

    def test_wanted(self) -> None:
        """Of the library, among others."""
        for order in '<>':
            self.assert_fills(
                True,
                program(GNUTLS, order=order, symbols=(SEND, CORK, 'memcpy')),
            )

    def test_not_wanted(self) -> None:
        """A name that only has it in it is another one."""
        for symbols in (
            (),
            (SEND, 'gnutls_record_uncork'),
            (f'{CORK}_all',),
            (f'my_{CORK}',),
        ):
            self.assert_fills(False, program(GNUTLS, symbols=symbols))

    def test_not_among_the_names(self) -> None:
        """Where else it stands in the file makes no difference."""
        text = f'\0{CORK}\0'.encode()
        self.assert_fills(False, program(GNUTLS, symbols=(SEND,)) + text)

    def test_library_elsewhere(self) -> None:
        """It is in the emulator itself, in another one, or in a module."""
        for libraries in (('libc.so.6',), ('libgnutls.so.300',)):
            self.assert_fills(False, program(*libraries, symbols=(CORK,)))
        self.assert_fills(
            False, program('libc.so.6', GNUTLS, behind=1, symbols=(CORK,))
        )

    def test_one_look(self) -> None:
        """It says both, and is taken again only if the file changed."""
        path = self.write(program('libzstd.so.1', GNUTLS, symbols=(CORK,)))
        both = qemu_build.Build(zstd=True, fills_records=True)
        self.assertEqual(both, qemu_build.look(path))
        read_at = os.stat(path).st_mtime_ns
        self.write(program(GNUTLS))
        os.utime(path, ns=(read_at, read_at))
        self.assertEqual(both, qemu_build.look(path))
        os.utime(path, ns=(read_at, read_at + 1))
        self.assertEqual(qemu_build.UNKNOWN, qemu_build.look(path))


class EmulatorTest(QemuBuildTestCase):
    """Which file libvirt would start."""

    def capabilities(self, path: str) -> str:
        """What libvirt says, of two kinds of machine."""
        return (
            '<capabilities><guest><arch name="other"><emulator>/x</emulator>'
            f'</arch></guest><guest><arch name="{platform.machine()}">'
            f'<emulator>{path}</emulator></arch></guest></capabilities>'
        )

    def test_by_libvirt(self) -> None:
        """Seen from libvirt's own root, links included."""
        self.write(b'', 'qemu-kvm')
        (self.root / 'qemu').symlink_to('/qemu-kvm')
        self.assertEqual(
            str(self.root / 'qemu-kvm'),
            qemu_build.emulator(self.capabilities('/qemu'), str(self.root)),
        )

    def test_without_libvirt(self) -> None:
        """It is looked for."""
        path = self.write(b'')
        self.useFixture(
            fixtures.MockPatchObject(programs, 'find_emulator', lambda: path)
        )
        self.assertEqual(path, qemu_build.emulator(None))
        self.assertEqual(path, qemu_build.emulator('<capabilities/>'))

    def test_gone(self) -> None:
        """libvirt's capabilities are older than the package."""
        self.assertRaises(
            OSError, qemu_build.emulator, self.capabilities('/no/qemu')
        )
