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

"""Tests of looking at a guest's memory."""

from __future__ import annotations

import random
import threading
from unittest import mock
import xml.etree.ElementTree as ElementTree

import testtools

from nova_native_tls import exception
from nova_native_tls.speed import compressors
from nova_native_tls.speed import peek
from nova_native_tls.speed import sample
from nova_native_tls.speed import sample_places
from tests.unit.migration import fakes

#: For tests that do not wait for it: longer than any of them takes.
LONG_S = 60


class Guest:
    """A guest of 64 MiB."""

    name = 'guest'

    def __init__(self, seclabel: str = '') -> None:
        self.definition_text = (
            "<domain><memory unit='KiB'>65536</memory><os><type "
            f"arch='x86_64' machine='pc'>hvm</type></os>{seclabel}</domain>"
        )
        self.read: list[int] = []
        self.content = random.Random(0).randbytes(sample_places.BLOCK_BYTES)

    def definition(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.definition_text)

    def read_memory(self, address: int, size: int) -> bytes:
        self.read.append(address)
        return self.content[:size]


class LookTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.guest = Guest()

    def look(self, limit_s=LONG_S):
        return peek.look(self.guest, limit_s=limit_s)

    def refused(self):
        seen = self.look()
        self.assertIsInstance(seen, sample.Unsampled)
        return seen.problem

    def test_whole(self):
        """All places are read, and the compressor is the real one."""
        seen = self.look()

        self.assertIsInstance(seen, sample.MemorySample)
        self.assertEqual(32, len(set(self.guest.read)))
        self.assertEqual(32 * 8, seen.pages)
        self.assertEqual(0, seen.zero_pages)

    def test_random_places(self):
        """Two looks are at different places."""
        self.look()
        other = Guest()
        peek.look(other, limit_s=LONG_S)
        self.assertNotEqual(self.guest.read, other.read)

    def test_time_over(self):
        """What was read until then is enough; no more is read."""
        gone = threading.Event()
        self.addCleanup(gone.set)
        whole, rest = self.guest.read_memory, threading.Event()

        def read_memory(address: int, size: int) -> bytes:
            if len(self.guest.read) == 4:
                gone.wait(LONG_S)
                rest.set()
            return whole(address, size)

        self.guest.read_memory = read_memory
        seen = self.look(limit_s=1)

        self.assertEqual(4 * 8, seen.pages)
        gone.set()
        rest.wait(LONG_S)
        self.assertLessEqual(len(self.guest.read), 5)

    def test_deadline(self):
        """With no time at all nothing is read."""
        self.assertIsInstance(self.look(limit_s=0), sample.Unsampled)

    def test_libvirt_fails(self):
        """Its sentence is the reason."""
        for name in ('definition', 'read_memory'):
            self.guest = Guest()
            with mock.patch.object(
                self.guest,
                name,
                autospec=True,
                side_effect=fakes.libvirt_failed('gone'),
            ):
                self.assertIn('gone', self.refused())

    def test_breaks(self):
        """Not even an error of our own stops a migration."""
        with mock.patch.object(
            self.guest,
            'read_memory',
            autospec=True,
            side_effect=ZeroDivisionError,
        ):
            self.assertIn('ZeroDivisionError', self.refused())

    def test_unusable_compressor(self):
        """Nor does one of the library's."""
        with mock.patch.object(
            compressors.Zstd,
            'timed',
            autospec=True,
            side_effect=compressors.CompressorUnusable(
                name='libzstd', problem='no memory'
            ),
        ):
            self.assertIn('no memory', self.refused())
        self.assertTrue(
            issubclass(
                compressors.CompressorUnusable, exception.NativeTLSError
            )
        )

    def test_no_library(self):
        """Without libzstd nothing is read."""
        with mock.patch.object(
            compressors, 'zstd', autospec=True, return_value=None
        ):
            self.assertIn('libzstd.so.1', self.refused())
        self.assertEqual([], self.guest.read)

    def test_apparmor(self):
        """A guest whose confinement would change is left alone."""
        for label, left_alone in (
            ("type='dynamic' model='apparmor' relabel='yes'", True),
            ("type='dynamic' model='apparmor'", True),
            ("type='static' model='apparmor' relabel='no'", False),
            ("type='dynamic' model='selinux' relabel='yes'", False),
        ):
            self.guest = Guest(f'<seclabel {label}/>')
            seen = self.look()
            self.assertEqual(left_alone, isinstance(seen, sample.Unsampled))
            self.assertEqual(left_alone, not self.guest.read)

    def test_other_machine(self):
        """Where RAM cannot be known nothing is read."""
        self.guest.definition_text = self.guest.definition_text.replace(
            "'pc'", "'virt'"
        )
        self.assertIn('RAM', self.refused())
        self.assertEqual([], self.guest.read)
