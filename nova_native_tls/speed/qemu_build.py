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

"""What can the installed QEMU do for a migration to be fast?

libvirt does not say, and QEMU would have to be run to say some of it. Its file
says which libraries it is linked with, and which names it wants of them. A
guest that runs since before an upgrade has an older QEMU.
"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import os
import platform
import struct
from typing import BinaryIO
import xml.etree.ElementTree as ElementTree

from nova_native_tls.host import file_view
from nova_native_tls.pki import credential_files
from nova_native_tls.pki.gnutls import library
from nova_native_tls.prove import programs
from nova_native_tls.speed import compressors

# elf(5), files of 64 bits.
_MAGIC = b'\x7fELF\x02'
_HEADER_BYTES = 64
_SEGMENT_BYTES = 56
_LOAD, _DYNAMIC = 1, 2
_END, _NEEDED, _STRINGS, _STRINGS_BYTES = 0, 1, 5, 10
#: No file has more, unless it is damaged.
_SEGMENTS_MAX = 200
_DYNAMIC_BYTES_MAX = 1024 * 1024
#: QEMU 7.2 has 560 KiB.
_STRINGS_BYTES_MAX = 16 * 1024 * 1024
_NAME_BYTES_MAX = 4096
_FILE_BYTES_MAX = 1 << 40

#: What QEMU calls to have GnuTLS put into records what is written until it
#: says otherwise: 11.1.3 does, 10.0.13 and 7.2.22 do not. Linkers keep a name
#: as the end of a longer one, where there is one. There is none for this:
#: if there were, it would not be known which of the two is wanted.
_CORK = b'\0gnutls_record_cork\0'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What the file of an emulator says that it can.

    :ivar zstd: it is linked with libzstd. One configure option of QEMU decides
        on that and on the method (MultiFDCompression, qapi/migration.json).
    :ivar fills_records: it wants gnutls_record_cork of GnuTLS, by which pages
        get into TLS records of full size; when it calls that is not seen.
        False also if not the emulator is linked with GnuTLS, but a module
        that it loads.
    """

    zstd: bool
    fills_records: bool


#: Of an emulator that cannot be looked at.
UNKNOWN = Build(zstd=False, fills_records=False)

#: Which file, as it was when it was read -> what it can.
_read: dict[tuple[int, int, int], Build] = {}


def emulator(capabilities: str | None, root: str = '') -> str:
    """Find the emulator that libvirt starts for guests of this machine.

    :param capabilities: what libvirt says of itself, in XML; None if it says
        nothing.
    :param root: what libvirt's paths begin with, seen from here.
    :raises OSError: it is not there.
    :raises ProgramMissing: no emulator is installed.
    """
    path = None
    if capabilities is not None:
        machine = f"guest/arch[@name='{platform.machine()}']/emulator"
        path = ElementTree.fromstring(capabilities).findtext(machine)
    if path is None:
        path = programs.find_emulator()
    return file_view.FileView(root).real(path)


def look(path: str) -> Build:
    """Tell what an emulator can; its file is read again if it was replaced.

    :raises OSError: it cannot be read.
    :raises ValueError: it is no program of 64 bits.
    """
    state = os.stat(path)
    key = (state.st_dev, state.st_ino, state.st_mtime_ns)
    if key not in _read:
        with open(
            path, 'rb', opener=credential_files.open_without_waiting
        ) as file:
            entries, strings = _dynamic(file)
        needed = set(_needed(entries, strings))
        _read.clear()
        _read[key] = Build(
            zstd=compressors.LIBRARY in needed,
            # A GnuTLS inside the emulator has the name for its own sake.
            fills_records=library.NAME in needed and _CORK in strings,
        )
    return _read[key]


_Entries = list[tuple[int, int]]


def _needed(entries: _Entries, strings: bytes) -> Iterator[str]:
    """Give the names of the libraries that a program is linked with."""
    for tag, at in entries:
        if tag == _NEEDED:
            name = strings[at : at + _NAME_BYTES_MAX].partition(b'\0')[0]
            yield os.fsdecode(name)


def _dynamic(file: BinaryIO) -> tuple[_Entries, bytes]:
    """Give what a program tells its loader, and the names it does that by."""
    order, segments = _segments(file)
    entries = [
        entry
        for kind, offset, _address, size in segments
        if kind == _DYNAMIC
        for entry in struct.iter_unpack(
            f'{order}qQ', _part(file, offset, size, _DYNAMIC_BYTES_MAX)
        )
    ]
    if not entries:
        # Linked with everything it needs: with what, it does not say.
        return [], b''
    del entries[[tag for tag, _value in entries].index(_END) :]
    values = dict(entries)
    if not {_STRINGS, _STRINGS_BYTES} <= values.keys():
        return [], b''
    begin, size = _offset(segments, values[_STRINGS]), values[_STRINGS_BYTES]
    return entries, _part(file, begin, size, _STRINGS_BYTES_MAX)


_Segment = tuple[int, int, int, int]


def _segments(file: BinaryIO) -> tuple[str, list[_Segment]]:
    """Give the byte order, and of each segment kind, offset, address, size."""
    header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise ValueError('no ELF file of 64 bits')
    order = '<' if header[5] == 1 else '>'
    (at,) = struct.unpack_from(f'{order}Q', header, 32)
    size, number = struct.unpack_from(f'{order}HH', header, 54)
    if size != _SEGMENT_BYTES or number > _SEGMENTS_MAX:
        raise ValueError('its program header is damaged')
    table = _part(file, at, size * number, size * number)
    return order, [
        (kind, offset, address, in_file)
        for kind, _flags, offset, address, _physical, in_file, *_rest in (
            struct.iter_unpack(f'{order}IIQQQQQQ', table)
        )
    ]


def _offset(segments: list[_Segment], address: int) -> int:
    """Find where in the file is what will be at an address."""
    for kind, offset, begin, size in segments:
        if kind == _LOAD and begin <= address < begin + size:
            return offset + address - begin
    raise ValueError('an address in it is in no segment')


def _part(file: BinaryIO, at: int, size: int, most: int) -> bytes:
    if size > most:
        raise ValueError('a part of it is absurdly large')
    _seek(file, at)
    content = file.read(size)
    if len(content) != size:
        raise ValueError('it is cut off')
    return content


def _seek(file: BinaryIO, at: int) -> None:
    # The kernel refuses some of what is beyond, with an OSError.
    if at > _FILE_BYTES_MAX:
        raise ValueError('a part of it is beyond its end')
    file.seek(at)
