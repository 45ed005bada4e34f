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

"""Many write evidence at once, and some are killed."""

from __future__ import annotations

import collections
import json
import pathlib
import random
import subprocess
import sys
import threading
import time

import fixtures
import testtools

from nova_native_tls.evidence import chain
from nova_native_tls.evidence import journal
from nova_native_tls.evidence import verification
from tests.functional.evidence import writer

KILLS = 20
EACH = 40


class WriterTestCase(testtools.TestCase):
    """A file, and processes that write to it."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.FakeLogger())
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.path = root / 'evidence'

    def start(self, name: str, count: int = 0) -> subprocess.Popen[str]:
        """Begin to write in a process of its own."""
        process = subprocess.Popen(
            [
                *(sys.executable, '-m', writer.__name__),
                *(self.path, name, str(count)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def entries(self) -> list[chain.Entry]:
        """All that is whole."""
        found = []
        for line in journal.read(str(self.path)):
            try:
                found.append(chain.from_line(line.content))
            except ValueError:
                continue
        return found


class TogetherTest(WriterTestCase):
    """Two processes and two threads, while files are put aside."""

    def test_two_processes_two_threads(self) -> None:
        """Every entry is there once, in one chain, over many files."""
        processes = [self.start(name, EACH) for name in ('p1', 'p2')]
        here = journal.Journal(
            str(self.path),
            max_bytes=writer.MAX_BYTES,
            keep_files=writer.KEEP_FILES,
        )

        def write(name: str) -> None:
            for number in range(1, EACH + 1):
                here.append(
                    chain.Kind.MIGRATION, {'by': name, 'number': number}
                )

        threads = [
            threading.Thread(target=write, args=(name,))
            for name in ('t1', 't2')
        ]
        for thread in threads:
            thread.start()
        verdicts = []
        while any(thread.is_alive() for thread in threads):
            if journal.full_files(str(self.path)):
                verdicts.append(
                    verification.verify(journal.read(str(self.path)))
                )
            time.sleep(0.05)
        for thread in threads:
            thread.join()
        anchors = []
        for process in processes:
            out, _err = process.communicate()
            self.assertEqual(0, process.returncode)
            anchors.extend(map(chain.Anchor.parse, out.split()))
        final = verification.verify(journal.read(str(self.path)), anchors)

        # Whoever reads meanwhile finds nothing wrong either.
        for verdict in (*verdicts, final):
            self.assertEqual((), verdict.problems)
            self.assertEqual((), verdict.notices)
        self.assertEqual(4 * EACH, final.entries)
        self.assertEqual(2 * EACH, len(anchors))
        self.assertGreater(len(journal.full_files(str(self.path))), 5)
        self.assertNotEqual([], verdicts)
        seen = collections.defaultdict(list)
        for entry in self.entries():
            seen[entry.content['by']].append(entry.content['number'])
        for name in ('p1', 'p2', 't1', 't2'):
            self.assertEqual(list(range(1, EACH + 1)), seen[name])


class KilledTest(WriterTestCase):
    """SIGKILL at random moments."""

    def test_killed(self) -> None:
        """What was said to be safe is there, and the chain is whole."""
        chance = random.Random(7)
        safe: list[chain.Anchor] = []
        for _time in range(KILLS):
            process = self.start('p')
            assert process.stdout is not None
            # It writes by now.
            lines = [process.stdout.readline()]
            time.sleep(chance.uniform(0, 0.03))
            process.kill()
            lines.extend(process.stdout)
            process.wait()
            # The last line may be half a line itself.
            safe.extend(
                chain.Anchor.parse(line)
                for line in lines
                if line.endswith('\n')
            )
        here = journal.Journal(
            str(self.path),
            max_bytes=writer.MAX_BYTES,
            keep_files=writer.KEEP_FILES,
        )
        safe.append(here.append(chain.Kind.MIGRATION, {'by': 'me'}))
        verdict = verification.verify(journal.read(str(self.path)), safe)
        self.assertEqual((), verdict.problems)
        self.assertGreater(len(safe), KILLS)
        self.assertGreaterEqual(verdict.entries, len(safe))

    def test_every_length(self) -> None:
        """However much of a line a crash leaves, the next one mends it."""
        here = journal.Journal(str(self.path), max_bytes=10**6, keep_files=1)
        here.append(chain.Kind.MIGRATION, {'number': 1})
        first = self.path.stat().st_size
        here.append(chain.Kind.MIGRATION, {'number': 2})
        whole = self.path.read_bytes()
        for length in range(first, len(whole)):
            self.path.write_bytes(whole[:length])
            here.append(chain.Kind.MIGRATION, {'number': 3})
            verdict = verification.verify(journal.read(str(self.path)))
            self.assertEqual((), verdict.problems, length)
            lost = length > first and length < len(whole) - 1
            self.assertEqual(int(lost), len(verdict.notices), length)
            self.assertIn(whole[first:length], self.path.read_bytes())
            last = json.loads(self.path.read_bytes().splitlines()[-1])
            self.assertEqual({'number': 3}, last['content'])
