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

"""Compressors, where a library may be missing."""

from __future__ import annotations

import os

import testtools

from nova_native_tls.speed import compressors


class ZstdTest(testtools.TestCase):
    """A host need not have the library."""

    def test_missing(self) -> None:
        """Then there is no such compressor, and no error."""
        self.assertIsNone(compressors.zstd('libnothing.so.1'))

    def test_another_library(self) -> None:
        """One without its functions counts as missing."""
        self.assertIsNone(compressors.zstd('libc.so.6'))


class PackingTest(testtools.TestCase):
    """One stream, as of one connection."""

    def test_packets(self) -> None:
        """Each comes out whole, and nothing is compressed."""
        packing = compressors.Packing()
        for _number in range(3):
            pages = os.urandom(4096)
            packed = packing.pack(pages)
            self.assertGreaterEqual(len(packed), len(pages))
            self.assertEqual(pages, packing.unpack(packed))
