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

"""Tests of reading what the guest says."""

from __future__ import annotations

import unittest

from tests.lab.harness.guest import console as guest_console

READY = b'ready memory_mib=128 static_pages=30000 working_set_pages=2048\n'
BEATS = (
    b'beat=1 dirtied_pages=5 checked_pages=6 bad_pages=0 passes=0\n'
    b'beat=2 dirtied_pages=7 checked_pages=8 bad_pages=1 passes=3\n'
)


class ParseTestCase(unittest.TestCase):
    """Whole lines count, pieces of lines never."""

    def test_all_lines(self) -> None:
        """Ready and beats come with their numbers."""
        console = guest_console.parse(b'BIOS\r\n' + READY + BEATS)
        self.assertEqual(
            guest_console.Ready(
                memory_mib=128, static_pages=30000, working_set_pages=2048
            ),
            console.ready,
        )
        self.assertEqual(
            guest_console.Beat(
                number=2,
                dirtied_pages=7,
                checked_pages=8,
                bad_pages=1,
                passes=3,
            ),
            console.beats[-1],
        )
        self.assertIsNone(console.error)

    def test_every_cut(self) -> None:
        """A line cut by a migration gives no beat on either host."""
        for cut in range(len(BEATS) + 1):
            with self.subTest(cut):
                there = guest_console.parse(BEATS[:cut])
                here = guest_console.parse(BEATS[cut:])
                lines_before = BEATS[:cut].count(b'\n')
                whole = cut == 0 or BEATS[cut - 1 : cut] == b'\n'
                self.assertEqual(
                    (lines_before, 2 - lines_before - (not whole)),
                    (len(there.beats), len(here.beats)),
                )

    def test_error(self) -> None:
        """What stopped the kernel is passed on."""
        self.assertEqual(
            'unknown parameter',
            guest_console.parse(b'error unknown parameter\n').error,
        )

    def test_nothing(self) -> None:
        """An empty file is a guest that said nothing yet."""
        self.assertEqual(
            guest_console.Console(ready=None, beats=(), error=None),
            guest_console.parse(b''),
        )
