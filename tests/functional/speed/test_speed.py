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

"""What this machine takes for TLS, by the library that QEMU uses.

Nothing here says how fast it has to be.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import threading
from unittest import mock

import fixtures
import testtools

from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki.gnutls import records
from nova_native_tls.prove import programs
from nova_native_tls.speed import compressors
from nova_native_tls.speed import costs
from nova_native_tls.speed import own_speed
from nova_native_tls.speed import packing_rate
from nova_native_tls.speed import qemu_build
from nova_native_tls.speed import record_rate

PAGE, FULL = costs.PAGE_BYTES, records.RECORD_BYTES_MAX
#: The certificate of the measurement has another kind of key.
ONLY_RSA = 'NORMAL:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256'


class StreamCostsTest(testtools.TestCase):
    """A real measurement."""

    def test_order(self) -> None:
        """Full records cost less than one for each page, at both ends."""
        page = record_rate.measure('NORMAL', PAGE)
        full = record_rate.measure('NORMAL', FULL)
        self.assertGreater(page.send_s_per_gib, full.send_s_per_gib)
        self.assertGreater(page.receive_s_per_gib, full.receive_s_per_gib)
        self.assertGreater(
            full.send_s_per_gib, record_rate.QEMU_SENDS_S_PER_GIB
        )
        self.assertGreater(
            full.receive_s_per_gib, record_rate.QEMU_RECEIVES_S_PER_GIB
        )

    def test_a_peer_takes_them(self) -> None:
        """They are numbers that a host can have, in another thread, too."""
        found: list[costs.StreamCosts | None] = []
        self.useFixture(fixtures.MockPatchObject(own_speed, '_measured', {}))
        thread = threading.Thread(
            target=lambda: found.append(own_speed.stream_costs())
        )
        thread.start()
        thread.join()
        [measured] = found
        assert measured is not None
        costs.StreamCosts.from_primitive(measured.to_primitive())

    def test_unknown_priority(self) -> None:
        """There is no connection, and an error."""
        self.assertRaises(
            library.Failed, record_rate.measure, 'NONSENSE', PAGE
        )
        self.assertIsNone(own_speed.stream_costs('NONSENSE'))

    def test_no_handshake(self) -> None:
        """Two ends that do not come to terms are an error, too."""
        self.assertRaises(library.Failed, record_rate.measure, ONLY_RSA, PAGE)

    def test_everything_is_really_sent(self) -> None:
        """The receiver has what the sender had."""
        with (
            record_rate._connected('NORMAL') as (sender, receiver),
            record_rate._pages() as source,
            record_rate._pages() as target,
        ):
            count = record_rate._WINDOW_BYTES // FULL
            self.assertNotEqual(_content(source), _content(target))
            records.send(sender, source, record_bytes=FULL, count=count)
            records.receive(receiver, target, record_bytes=FULL, count=count)
            self.assertEqual(_content(source), _content(target))

    def test_more_than_there_is(self) -> None:
        """Neither end waits for the other."""
        with (
            record_rate._connected('NORMAL') as (sender, receiver),
            record_rate._pages() as memory,
        ):
            nothing = self.assertRaises(
                library.Failed,
                records.receive,
                *(receiver, memory),
                record_bytes=PAGE,
                count=1,
            )
            self.assertEqual(library.E_AGAIN, nothing.code)
            self.assertRaises(
                library.Failed,
                records.send,
                *(sender, memory),
                record_bytes=FULL,
                count=200,
            )

    def test_packing(self) -> None:
        """It costs something at both ends."""
        cost = packing_rate.measure()
        self.assertGreater(cost.send_s_per_gib, costs.COST_MIN_S_PER_GIB)
        self.assertGreater(cost.receive_s_per_gib, costs.COST_MIN_S_PER_GIB)

    def test_without_gnutls(self) -> None:
        """A library that is not there: no costs, and no error."""
        self.addCleanup(library._library.cache_clear)
        library._library.cache_clear()
        with mock.patch.object(library, 'NAME', 'libnothing.so.1'):
            self.assertIsNone(own_speed.stream_costs('NORMAL:%COMPAT'))


class ZstdTest(testtools.TestCase):
    """The library, by what is done with it."""

    def test_round_trip(self) -> None:
        """What was compressed comes back."""
        zstd = compressors.zstd()
        assert zstd is not None
        pages = os.urandom(1000) * 500
        packed = zstd.compress(pages)
        self.assertLess(len(packed), len(pages) // 100)
        self.assertEqual(pages, zstd.decompress(packed, len(pages)))
        self.assertEqual(b'', zstd.decompress(zstd.compress(b''), 0))

    def test_no_frame(self) -> None:
        """What is none, or is larger than said, is refused."""
        zstd = compressors.zstd()
        assert zstd is not None
        for packed, size in ((b'nonsense', 100), (zstd.compress(b'ab'), 1)):
            self.assertRaises(
                compressors.CompressorUnusable, zstd.decompress, packed, size
            )


class BuildTest(testtools.TestCase):
    """What a program is linked with, and what it wants of that."""

    def test_as_the_loader_says(self) -> None:
        """QEMU's programs and one that has nothing to do with it."""
        for path in (programs.find_emulator(), shutil.which('ls')):
            assert path is not None
            needed = re.findall(
                r'^\s+NEEDED\s+(\S+)$', _objdump('-p', path), re.MULTILINE
            )
            self.assertNotEqual([], needed)
            wanted = re.findall(
                r'\*UND\*.* (\S+)$', _objdump('-T', path), re.MULTILINE
            )
            self.assertNotEqual([], wanted)
            with open(path, 'rb') as file:
                entries, strings = qemu_build._dynamic(file)
            self.assertEqual(
                needed, list(qemu_build._needed(entries, strings))
            )
            # Some are the end of a longer name.
            self.assertEqual(
                [], [n for n in wanted if n.encode() + b'\0' not in strings]
            )
            self.assertEqual(
                qemu_build.Build(
                    zstd=compressors.LIBRARY in needed,
                    fills_records='gnutls_record_cork' in wanted,
                ),
                qemu_build.look(path),
            )

    def test_gnutls_is_in_the_emulator(self) -> None:
        """And in no module of it: what it wants of that one is seen."""
        path = programs.find_emulator()
        with open(path, 'rb') as file:
            _entries, strings = qemu_build._dynamic(file)
        self.assertIn(b'\0gnutls_record_send\0', strings)


def _objdump(what: str, path: str) -> str:
    return subprocess.run(
        ['objdump', what, os.path.realpath(path)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def _content(address: int) -> bytes:
    return ctypes.string_at(address, record_rate._WINDOW_BYTES)
