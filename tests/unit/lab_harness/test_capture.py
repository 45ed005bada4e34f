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

"""Tests of reading tcpdump's account of a capture."""

from __future__ import annotations

import pathlib
import signal
import tempfile
from typing import IO
import unittest
from unittest import mock

from tests.lab.harness.wire import capture

PATH = pathlib.Path('some.pcap')
SUMMARY = """\
tcpdump: listening on any, link-type LINUX_SLL2 (Linux cooked v2)
{captured} packets captured
{received} packets received by filter
{dropped} packets dropped by kernel
"""


class ParseSummaryTestCase(unittest.TestCase):
    """Nothing that is not in the file may go uncounted."""

    def parse(
        self, captured: int, received: int, dropped: int
    ) -> capture.CaptureResult:
        return capture.parse_summary(
            SUMMARY.format(
                captured=captured, received=received, dropped=dropped
            ),
            PATH,
        )

    def test_all_captured(self) -> None:
        """All that was received is in the file."""
        self.assertEqual(
            capture.CaptureResult(
                path=PATH, captured_packets=7, dropped_packets=0
            ),
            self.parse(7, 7, 0),
        )

    def test_dropped(self) -> None:
        """Drops of the kernel are passed on."""
        self.assertEqual(3, self.parse(7, 10, 3).dropped_packets)
        self.assertEqual(3, self.parse(7, 7, 3).dropped_packets)

    def test_dropped_by_interface(self) -> None:
        """Drops of the interface are drops too."""
        text = SUMMARY.format(captured=7, received=7, dropped=0)
        result = capture.parse_summary(
            f'{text}2 packets dropped by interface\n', PATH
        )
        self.assertEqual(2, result.dropped_packets)

    def test_unread(self) -> None:
        """What the kernel had and tcpdump did not read is lost as well."""
        self.assertEqual(4, self.parse(6, 10, 1).dropped_packets)

    def test_singular(self) -> None:
        """One packet is a packet."""
        result = capture.parse_summary(
            '1 packet captured\n1 packet received by filter\n'
            '1 packet dropped by kernel\n',
            PATH,
        )
        self.assertEqual(
            (1, 1), (result.captured_packets, result.dropped_packets)
        )

    def test_no_summary(self) -> None:
        """Without an account there is no result."""
        for said in (
            '',
            'tcpdump: any: permission denied\n',
            '7 packets captured\n7 packets received by filter\n',
        ):
            with (
                self.subTest(said),
                self.assertRaisesRegex(capture.CaptureError, 'summary'),
            ):
                capture.parse_summary(said, PATH)

    def test_result_too_early(self) -> None:
        """There is no result before the capture has ended."""
        running = capture.Capture(mock.Mock(), PATH)
        with self.assertRaisesRegex(capture.CaptureError, 'has not ended'):
            self.assertIsNotNone(running.result)


class _Tcpdump:
    """Writes what tcpdump does, of which the kernel counted too many.

    ``seen`` is what it says when it is asked, one pair after the other, and
    the last one at its end.
    """

    def __init__(self, log: IO[str], seen: list[tuple[int, int]]) -> None:
        self._log = log
        self._seen = iter(seen)
        self._last = seen[-1]
        self._write('tcpdump: listening on any, link-type LINUX_SLL2\n')

    def _write(self, text: str) -> None:
        with pathlib.Path(self._log.name).open('a') as log:
            log.write(text)

    def poll(self) -> int | None:
        return None

    def signal(self, number: int) -> None:
        if number == signal.SIGUSR1:
            captured, received = next(self._seen)
            self._write(
                f'tcpdump: {captured} packets captured, {received} packets '
                'received by filter, 0 packets dropped by kernel\n'
            )
        else:
            captured, received = self._last
            self._write(
                f'{captured} packets captured\n'
                f'{received} packets received by filter\n'
                '0 packets dropped by kernel\n'
            )

    def wait(self, timeout_s: float) -> int:
        return 0

    def kill(self) -> None:
        pass


class UnwantedTestCase(unittest.TestCase):
    """What came before the kernel had the filter was not lost."""

    def capture(self, *seen: tuple[int, int]) -> capture.CaptureResult:
        """Return the account of a capture that is asked and says this."""
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        node = mock.Mock()
        node.popen.side_effect = lambda argv, *, stdout, stderr: _Tcpdump(
            stderr, list(seen)
        )
        with (
            mock.patch.object(capture, 'QUIET_S', 0),
            mock.patch.object(capture, 'DRAIN_TIMEOUT_S', 0.2),
            capture.Capture(node, pathlib.Path(directory.name, 'x')) as made,
        ):
            pass
        return made.result

    def test_before_the_filter(self) -> None:
        """They are counted, never read, and not called dropped."""
        result = self.capture((0, 10), (0, 10), (7, 17))
        self.assertEqual(
            (7, 0), (result.captured_packets, result.dropped_packets)
        )

    def test_still_in_the_ring(self) -> None:
        """What is read late is not taken for unwanted."""
        result = self.capture((0, 10), (4, 14), (4, 14), (7, 17))
        self.assertEqual(0, result.dropped_packets)

    def test_lost_as_well(self) -> None:
        """A packet that is lost later is dropped all the same."""
        self.assertEqual(
            1, self.capture((0, 10), (0, 10), *[(6, 17)] * 30).dropped_packets
        )

    def test_nothing_unwanted(self) -> None:
        """It asks once, and what is missing at the end was lost."""
        self.assertEqual(
            2, self.capture((0, 0), *[(5, 7)] * 30).dropped_packets
        )
