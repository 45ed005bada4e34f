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


"""What makes TLS migrations faster, and what does not?

From one QEMU to another on one host, without libvirt and without a guest that
runs: what is left is what QEMU, GnuTLS and the kernel do. The ways take turns.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import dataclasses
import os
import pathlib
import shutil

from tests.lab.bench import bare_qemu
from tests.lab.bench import hosts as bench_hosts
from tests.lab.bench import sheet as bench_sheet
from tests.lab.harness import errors
from tests.lab.harness.guest import memory_image
from tests.lab.harness.node import host as lab_host

RATE, CPU, SETUP = 'rate', 'processors', 'setup'
MIB = 1024 * 1024
_SOURCE, _DESTINATION = '/run/bench-source', '/run/bench-destination'
_RUN_BYTES = memory_image.RUN_PAGES * memory_image.PAGE_BYTES

STOCK, TWO = 'TLS, 1 connection', 'TLS, 2 connections'
PACKED = 'TLS, 2 connections, zlib level 0'
OTHER_ZLIB = f'{PACKED}, that zlib'
_ZLIB_PATH = '/run/bench-zlib'
_ZLIB_NAME = 'libz.so.1'
_PACKED = {'multifd-compression': 'zlib', 'multifd-zlib-level': 0}
_ZSTD = {'multifd-compression': 'zstd', 'multifd-zstd-level': 1}
_ONLY = 'NORMAL:-CIPHER-ALL:+'

WAYS: Mapping[str, bare_qemu.Way] = {
    'clear text': bare_qemu.Way(tls=False),
    STOCK: bare_qemu.Way(),
    TWO: bare_qemu.Way(connections=2),
    'TLS, 4 connections': bare_qemu.Way(connections=4),
    PACKED: bare_qemu.Way(connections=2, parameters=_PACKED),
    'TLS, 2 connections, zstd level 1': bare_qemu.Way(
        connections=2, parameters=_ZSTD
    ),
}
#: Beside two connections, and of memory that cannot be compressed.
VARIANTS: Mapping[str, bare_qemu.Way] = {
    'AES with 128 bits only': bare_qemu.Way(
        connections=2, priority=f'{_ONLY}AES-128-GCM'
    ),
    'ChaCha20-Poly1305': bare_qemu.Way(
        connections=2, priority=f'{_ONLY}CHACHA20-POLY1305'
    ),
    'zero pages not looked for': bare_qemu.Way(
        connections=2, parameters={'zero-page-detection': 'none'}
    ),
    'zero pages looked for by one thread': bare_qemu.Way(
        connections=2, parameters={'zero-page-detection': 'legacy'}
    ),
}
#: Below /proc/sys/net/ipv4, each with two connections.
SETTINGS: Mapping[str, Mapping[str, str]] = {
    'buffers of 1 MiB': {
        'tcp_wmem': '4096 1048576 16777216',
        'tcp_rmem': '4096 1048576 16777216',
    },
    'BBR instead of CUBIC': {'tcp_congestion_control': 'bbr'},
    'tcp_limit_output_bytes of 64 KiB': {'tcp_limit_output_bytes': '65536'},
}


def sheet() -> bench_sheet.Sheet:
    """Give the sheet that this fills."""
    return bench_sheet.Sheet(
        subject='tried',
        title='What was tried, from QEMU to QEMU',
        columns=(
            bench_sheet.Column(name=RATE, unit='GiB/s', digits=2),
            bench_sheet.Column(name=CPU, unit='s per GiB', digits=2),
            bench_sheet.Column(name=SETUP, unit='ms', digits=0),
        ),
        ratios=(
            bench_sheet.Ratio(
                title='rate to 1 connection', column=RATE, base=STOCK
            ),
            bench_sheet.Ratio(title='to 2', column=RATE, base=TWO),
        ),
    )


def run(
    sheet: bench_sheet.Sheet,
    *,
    suite: str,
    memory_mib: int,
    rounds: int,
    tell: Callable[[str], None],
    zlib: pathlib.Path | None = None,
) -> None:
    """Measure on a host of a Debian.

    :param zlib: a library that QEMU is to use once in place of its own.
    :raises LabError: it did not come up.
    """
    with bench_hosts.up(suite, tell) as pair:
        tell(pair.title)
        host = pair.lab.hosts[0]
        ways = dict(WAYS)
        if zlib is not None:
            ways[OTHER_ZLIB] = _with_zlib(host, zlib)
        image = memory_image.build(pair.lab.controller.directory)
        for name, content in _contents(image.read_bytes()).items():
            where = f'{pair.title}; {name}, {memory_mib} MiB'
            _fill(host, _SOURCE, content, memory_mib)
            _fill(host, _DESTINATION, b'\1' * MIB, memory_mib)
            tried = _Tried(sheet, host, where, memory_mib, ways, tell)
            for number in range(rounds):
                tried.every_way(number, variants=name == _INCOMPRESSIBLE)


def _with_zlib(host: lab_host.Host, library: pathlib.Path) -> bare_qemu.Way:
    directory = host.path(_ZLIB_PATH)
    directory.mkdir()
    shutil.copyfile(library, directory / _ZLIB_NAME)
    return dataclasses.replace(WAYS[PACKED], libraries=_ZLIB_PATH)


_INCOMPRESSIBLE = 'random bytes'


def _contents(image: bytes) -> dict[str, bytes]:
    """Give what memory is filled with, again and again."""
    runs = [
        image[begin : begin + _RUN_BYTES]
        for begin in range(0, len(image), _RUN_BYTES)
    ]
    return {
        _INCOMPRESSIBLE: os.urandom(len(image)),
        'memory of a process': b''.join(runs[::2]),
        'files': b''.join(runs[1::2]),
        'one page, repeated': image[: memory_image.PAGE_BYTES],
    }


def _fill(
    host: lab_host.Host, path: str, content: bytes, memory_mib: int
) -> None:
    with host.path(path).open('wb') as file:
        left = memory_mib * MIB
        block = content * max(1, MIB // len(content))
        while left > 0:
            left -= file.write(block[:left])


class _Tried:
    """One kind of memory on one host."""

    def __init__(
        self,
        sheet: bench_sheet.Sheet,
        host: lab_host.Host,
        where: str,
        memory_mib: int,
        ways: Mapping[str, bare_qemu.Way],
        tell: Callable[[str], None],
    ) -> None:
        self._sheet = sheet
        self._host = host
        self._where = where
        self._memory_mib = memory_mib
        self._ways = ways
        self._tell = tell

    def every_way(self, number: int, *, variants: bool) -> None:
        """Let each have its turn."""
        for title, way in self._ways.items():
            self._once(number, title, way)
        if not variants:
            return
        for title, way in VARIANTS.items():
            self._once(number, title, way)
        for title, settings in SETTINGS.items():
            with self._set(title, settings) as possible:
                if possible:
                    self._once(number, title, WAYS[TWO])

    def _once(self, number: int, title: str, way: bare_qemu.Way) -> None:
        try:
            moved = bare_qemu.move(
                self._host,
                _SOURCE,
                _DESTINATION,
                memory_mib=self._memory_mib,
                way=way,
            )
        except errors.LabError as err:
            self._sheet.row(self._where, title).note = str(err)
            self._tell(f'{title}: {err}')
            return
        gib = self._memory_mib / 1024
        found = {
            RATE: gib / moved.total_s,
            CPU: moved.cpu_s / gib,
            SETUP: moved.setup_ms,
        }
        self._sheet.add(self._where, title, found)
        self._tell(f'{number + 1}, {title}: {found[RATE]:.3f} GiB/s')

    @contextlib.contextmanager
    def _set(self, title: str, settings: Mapping[str, str]) -> Iterator[bool]:
        """Change the host's network, and change it back."""
        before = {
            name: self._host.run(['cat', _sysctl(name)]).stdout.strip()
            for name in settings
        }
        possible = all(self._write(*each) for each in settings.items())
        if not possible:
            note = 'this kernel does not let the host set it'
            self._sheet.row(self._where, title).note = note
        try:
            yield possible
        finally:
            for name, value in before.items():
                self._write(name, value)

    def _write(self, name: str, value: str) -> bool:
        done = self._host.run(
            ['sh', '-c', f'echo "{value}" > {_sysctl(name)}'], check=False
        )
        return done.returncode == 0


def _sysctl(name: str) -> str:
    return f'/proc/sys/net/ipv4/{name}'
