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

"""The progress of a migration on a terminal, and nowhere else."""

from __future__ import annotations

import io

import testtools

from nova_native_tls.cmd import progress_line
from nova_native_tls.migration import progress
from tests.unit.cmd import in_process

MIB = 1 << 20


def _seen(
    *,
    remaining: int = 50 * MIB,
    total: int = 200 * MIB,
    rate: int = 25 * MIB,
    downtime_ms: int | None = 12,
) -> progress.Progress:
    return progress.Progress(
        elapsed_ms=1,
        memory_sent=100 * MIB,
        disk_sent=20 * MIB,
        remaining=remaining,
        total=total,
        rate_bytes_s=rate,
        downtime_ms=downtime_ms,
        iteration=2,
    )


class RenderTest(testtools.TestCase):
    """One look as one line."""

    def _bar(self, **values: int) -> str:
        return progress_line.render(_seen(**values)).partition(' ')[0]

    def test_everything(self) -> None:
        """Bytes, rate, what is left, the pass and the downtime."""
        self.assertEqual(
            '[##################......] 120 MiB sent, 25 MiB/s, 50 MiB left, '
            'pass 2, downtime 12 ms',
            progress_line.render(_seen()),
        )

    def test_the_bar(self) -> None:
        """From empty to full; never past either end."""
        empty, full = f'[{"." * 24}]', f'[{"#" * 24}]'
        self.assertEqual(full, self._bar(remaining=0, total=MIB))
        self.assertEqual(empty, self._bar(remaining=MIB, total=MIB))
        self.assertEqual(empty, self._bar(remaining=3 * MIB, total=MIB))
        self.assertEqual(full, self._bar(remaining=-MIB, total=MIB))

    def test_nothing_to_send_yet(self) -> None:
        """Before QEMU knows how much there is, the bar is empty."""
        self.assertEqual(f'[{"." * 24}]', self._bar(remaining=0, total=0))

    def test_an_unknown_downtime(self) -> None:
        """It is not shown as 0."""
        self.assertIn(
            'downtime ? ms', progress_line.render(_seen(downtime_ms=None))
        )
        self.assertIn(
            'downtime 0 ms', progress_line.render(_seen(downtime_ms=0))
        )


class ProgressLineTest(testtools.TestCase):
    """Where and how it is drawn."""

    def test_on_a_terminal(self) -> None:
        """One line, drawn over, left at the end."""
        stream = in_process.Terminal()
        line = progress_line.ProgressLine(stream)
        line.show(_seen(remaining=MIB))
        # A line that does not end is seen once it is flushed.
        self.assertEqual(stream.getvalue(), stream.seen)
        line.show(_seen(remaining=0))
        line.end()
        _nothing, first, second = stream.getvalue().split('\r')
        self.assertEqual(progress_line.render(_seen(remaining=MIB)), first)
        self.assertEqual(
            progress_line.render(_seen(remaining=0)) + '\n', second
        )

    def test_a_shorter_line_covers_a_longer_one(self) -> None:
        """Nothing of the line before can be seen."""
        stream = in_process.Terminal()
        line = progress_line.ProgressLine(stream)
        line.show(_seen(rate=1000 * MIB))
        line.show(_seen(rate=1 * MIB))
        _nothing, first, second = stream.getvalue().split('\r')
        self.assertEqual(len(first), len(second))
        self.assertTrue(second.endswith('   '))

    def test_elsewhere(self) -> None:
        """A file or a pipe gets nothing, not even an empty line."""
        stream = io.StringIO()
        line = progress_line.ProgressLine(stream)
        line.show(_seen())
        line.end()
        self.assertEqual('', stream.getvalue())

    def test_nothing_shown(self) -> None:
        """A line that was never drawn need not be left."""
        stream = in_process.Terminal()
        line = progress_line.ProgressLine(stream)
        line.end()
        self.assertEqual('', stream.getvalue())

    def test_ended_twice(self) -> None:
        """It is left once."""
        stream = in_process.Terminal()
        line = progress_line.ProgressLine(stream)
        line.show(_seen())
        line.end()
        line.end()
        self.assertEqual(1, stream.getvalue().count('\n'))
