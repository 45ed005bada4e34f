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

"""Readers beside a swap see the old set or the new one, and never a mix."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
from typing import Any

import fixtures
import testtools

from nova_native_tls.identity import candidate
from nova_native_tls.store import durable
from nova_native_tls.store import lease
from nova_native_tls.store import set_directory
from nova_native_tls.store import swap
from tests.functional.identity import reader

LEASES = 'nova_native_tls.store.lease.Leases'
SWAPS = 100
READERS = 2
OPEN = durable.Access(mode=0o644)
#: Longer than any reader of these tests pauses.
PATIENCE = swap.Patience(quiet_s=0.15, settle_s=0.02, limit_s=60.0)


class SwapTestCase(testtools.TestCase):
    """A set of files which all hold one number."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.sets = set_directory.SetDirectory(str(self.directory))
        self.number = 0
        self.replace(PATIENCE)

    def add(self) -> str:
        """Make the next set; every file of it holds its number."""
        self.number += 1
        content = str(self.number).encode()
        return self.sets.add(
            dict.fromkeys(reader.LOOKED_FOR, (content, OPEN)),
            OPEN.of_directory(),
        )

    def replace(self, patience: swap.Patience) -> swap.Swapped:
        """Put the next set in place of the present one."""
        return self.sets.activate(
            self.add(), candidate.NAMES, OPEN.of_directory(), patience
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a reader."""
        process = subprocess.Popen(
            [sys.executable, reader.__file__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def line(self, process: subprocess.Popen[str]) -> str:
        """Wait for a line of a reader."""
        assert process.stdout is not None
        return process.stdout.readline()

    def result(self, process: subprocess.Popen[str]) -> Any:
        """Wait for the end of a reader."""
        return json.loads(process.communicate()[0].splitlines()[-1])


class ReadersTest(SwapTestCase):
    """Several readers at random moments."""

    def read_beside(self, swap_once: Any) -> dict[str, int]:
        """Swap many times, and count what readers saw."""
        readers = [
            self.start(
                *('repeatedly', str(self.directory), str(seed)),
                str(PATIENCE.quiet_s * 0.9),
            )
            for seed in range(READERS)
        ]
        for _time in range(SWAPS):
            swap_once()
        results = [self.result(each) for each in readers]
        return {
            name: sum(result[name] for result in results)
            for name in results[0]
        }

    def test_no_mix(self) -> None:
        """A hundred swaps beside two readers: no mix."""
        seen = self.read_beside(lambda: self.replace(PATIENCE))
        self.assertEqual(0, seen['mixes'], str(seen))
        self.assertGreater(seen['loads'], SWAPS, str(seen))
        self.assertGreater(seen['loads'], 9 * seen['too_long'], str(seen))

    def test_mixes_otherwise(self) -> None:
        """The same with nothing but one rename: the readers above see it."""

        def rename_only() -> None:
            durable.link(str(self.directory / '.current'), self.add())
            time.sleep(0.02)

        seen = self.read_beside(rename_only)
        self.assertGreater(seen['mixes'], 0, str(seen))


class OneReaderTest(SwapTestCase):
    """A reader at the worst moment."""

    def test_between_files(self) -> None:
        """Who has read the first file reads all of that set."""
        process = self.start('slowly', str(self.directory), '0.2')
        self.line(process)
        self.replace(swap.Patience(quiet_s=1.0, settle_s=0.01))
        self.assertEqual({'first': '1', 'mixed': False}, self.result(process))

    def test_behind_the_link(self) -> None:
        """Who had followed the link before it changed gets that set whole."""
        process = self.start('late', str(self.directory))
        self.line(process)
        done = self.replace(swap.Patience(quiet_s=0.3, settle_s=5.0))
        self.assertEqual({'first': '1', 'mixed': False}, self.result(process))
        self.assertGreater(done.attempts, 1)
        self.assertEqual({b'2'}, reader.load(self.directory, 0)[0])

    def test_behind_the_link_otherwise(self) -> None:
        """That reader sees a mix if nobody looks after the link."""
        process = self.start('late', str(self.directory))
        self.line(process)
        durable.link(str(self.directory / '.current'), self.add())
        self.assertEqual({'first': '1', 'mixed': True}, self.result(process))

    def test_file_that_stays_open(self) -> None:
        """Who keeps a file open keeps the set; there is an end to waiting."""
        patience = swap.Patience(quiet_s=0.01, settle_s=0.01, limit_s=0.3)
        with open(self.directory / 'server-key.pem', 'rb'):
            self.assertRaises(swap.NeverQuiet, self.replace, patience)
        self.assertEqual({b'1'}, reader.load(self.directory, 0)[0])
        self.assert_nothing_left()

    def test_never_quiet(self) -> None:
        """Readers without a pause keep the set."""
        end = threading.Event()

        def read_always() -> None:
            while not end.wait(0.01):
                reader.load(self.directory, 0)

        thread = threading.Thread(target=read_always)
        thread.start()
        with contextlib.ExitStack() as stack:
            stack.callback(thread.join)
            stack.callback(end.set)
            told: list[str] = []
            patience = swap.Patience(
                quiet_s=1.0, settle_s=0.01, limit_s=0.5, waiting=told.append
            )
            self.assertRaises(swap.NeverQuiet, self.replace, patience)
        self.assertEqual(1, len(told))
        self.assert_nothing_left()

    def test_cancelled(self) -> None:
        """A wish to cancel leaves the set."""
        patience = swap.Patience(quiet_s=60.0)
        patience.cancel.set()
        self.assertRaises(swap.Cancelled, self.replace, patience)
        self.assertEqual({b'1'}, reader.load(self.directory, 0)[0])
        self.assert_nothing_left()

    def test_without_leases(self) -> None:
        """Where there are none, a quiet moment is all there is."""

        def refuse(_leases: lease.Leases) -> bool:
            raise lease.Impossible('none here')

        self.useFixture(fixtures.MonkeyPatch(f'{LEASES}.take', refuse))
        done = self.replace(PATIENCE)
        self.assertFalse(done.leased)
        self.assertEqual({b'2'}, reader.load(self.directory, 0)[0])

    def assert_nothing_left(self) -> None:
        """No link or half a set is left."""
        self.assertEqual(
            [],
            [
                name
                for name in os.listdir(self.directory)
                if name.startswith(durable.UNFINISHED)
            ],
        )
