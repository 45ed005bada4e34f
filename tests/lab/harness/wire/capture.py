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

"""A packet capture inside a node, with its own account of what it missed."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import re
import signal
import time
from types import TracebackType
from typing import Self
from typing import TYPE_CHECKING

from tests.lab.harness import errors

if TYPE_CHECKING:
    from tests.lab.harness.node import node as lab_node
    from tests.lab.harness.node import node_process

# RAM and NBD (qemu.conf, migration_port_min and _max) and libvirt's own.
FILTER = 'tcp and (portrange 49152-49215 or port 16509 or port 16514)'
_TCPDUMP = 'tcpdump -i any -n -p -s 0 -w -'.split()
# The kernel's ring holds all of a 128 MiB guest: nothing is dropped even if
# tcpdump gets no CPU before the migration is over.
BUFFER_KIB = 256 * 1024

START_TIMEOUT_S = 20
STOP_TIMEOUT_S = 30
# libpcap hands over a block that is not full after one second.
QUIET_S = 1.5
# Then tcpdump is asked until it has read all that the kernel has for it.
DRAIN_TIMEOUT_S = 20
_POLL_S = 0.05

_LISTENING = re.compile(r'listening on ')
_CAPTURED = re.compile(r'^(\d+) packets? captured$', re.MULTILINE)
_RECEIVED = re.compile(r'^(\d+) packets? received by filter$', re.MULTILINE)
_DROPPED = re.compile(
    r'^(\d+) packets? dropped by (?:kernel|interface)$', re.MULTILINE
)
# What SIGUSR1 makes it say in between, on one line (info in tcpdump.c).
_SO_FAR = re.compile(
    r'^tcpdump: (\d+) packets? captured, (\d+) packets? received by filter,',
    re.MULTILINE,
)


class CaptureError(errors.LabError):
    """The capture did not start or end well; the text says how."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CaptureResult:
    """tcpdump's account; a proof needs ``dropped_packets`` to be 0.

    Packets that passed the filter and are not in the file count as dropped,
    whatever became of them, but for those of before the capture began.
    """

    path: pathlib.Path
    captured_packets: int
    dropped_packets: int


def parse_summary(
    text: str, path: pathlib.Path, *, unwanted_packets: int = 0
) -> CaptureResult:
    """Read what tcpdump says when it ends.

    :param unwanted_packets: that the kernel counted before it had the filter.
    :raises CaptureError: it did not say how much it captured and dropped.
    """
    captured = _CAPTURED.search(text)
    received = _RECEIVED.search(text)
    dropped = _DROPPED.findall(text)
    if captured is None or received is None or not dropped:
        raise CaptureError(
            f'tcpdump ended without a summary and said: {text.strip()!r}'
        )
    unread = int(received[1]) - int(captured[1]) - unwanted_packets
    return CaptureResult(
        path=path,
        captured_packets=int(captured[1]),
        dropped_packets=max(unread, sum(map(int, dropped))),
    )


class Capture:
    """Captures in ``node``, as long as the ``with`` block lasts.

    ``path``, outside of the node, gets the packets, and ``path`` with
    ``.log`` added what tcpdump says.  ``result`` is there after the block.

    :raises CaptureError: tcpdump did not begin to listen, or ended badly.
    """

    def __init__(
        self,
        node: lab_node.Node,
        path: pathlib.Path,
        *,
        expression: str = FILTER,
        buffer_kib: int = BUFFER_KIB,
    ) -> None:
        self._node = node
        self._path = path
        self._log = path.with_name(f'{path.name}.log')
        self._expression = expression
        self._buffer_kib = buffer_kib
        self._process: node_process.NodeProcess | None = None
        self._unwanted_packets = 0
        self._result: CaptureResult | None = None

    @property
    def result(self) -> CaptureResult:
        """tcpdump's account.

        :raises CaptureError: the capture has not ended.
        """
        if self._result is None:
            raise CaptureError(
                f'the capture into {self._path} has not '
                'ended: read the result after the with block'
            )
        return self._result

    def __enter__(self) -> Self:
        # Packets go to an inherited file: what tcpdump may write to, and
        # where that is in the node's file system, does not matter.
        with self._path.open('w') as packets, self._log.open('w') as log:
            self._process = self._node.popen(
                [*_TCPDUMP, '-B', str(self._buffer_kib), self._expression],
                stdout=packets,
                stderr=log,
            )
        try:
            self._wait_listening(self._process)
            self._unwanted_packets = self._count_unwanted(self._process)
        except BaseException:
            self._process.kill()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            if exc_type is not None:
                # The body's own failure is the one to be seen.
                with contextlib.suppress(errors.LabError):
                    self._stop(process)
            else:
                self._stop(process)
        finally:
            process.kill()

    def _wait_listening(self, process: node_process.NodeProcess) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        # tcpdump says so after the kernel has begun to fill its ring.
        while not _LISTENING.search(self._log.read_text()):
            if process.poll() is not None or time.monotonic() > deadline:
                raise CaptureError(
                    f'tcpdump did not begin to listen in {self._node.name} '
                    f'and said: {self._log.read_text().strip()!r}'
                )
            time.sleep(_POLL_S)

    def _stop(self, process: node_process.NodeProcess) -> None:
        time.sleep(QUIET_S)
        self._drain(process)
        process.signal(signal.SIGINT)
        code = process.wait(STOP_TIMEOUT_S)
        said = self._log.read_text()
        if code:
            raise CaptureError(
                f'tcpdump in {self._node.name} ended with {code} and said: '
                f'{said.strip()!r}'
            )
        self._result = parse_summary(
            said, self._path, unwanted_packets=self._unwanted_packets
        )

    def _count_unwanted(self, process: node_process.NodeProcess) -> int:
        """Count what came before the kernel had the filter.

        libpcap opens the ring first and sets the filter then; what is in the
        ring by that time is counted as received and thrown away later
        (pcap-linux.c 1.10, ``blocks_to_filter_in_userland``).

        :raises CaptureError: what passes the filter does not come to rest.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        captured, received = self._ask(process, deadline)
        while captured != received:
            # Nothing new in this time: the ring has been read to its end.
            time.sleep(QUIET_S)
            captured, again = self._ask(process, deadline)
            if again == received:
                break
            received = again
        return received - captured

    def _drain(self, process: node_process.NodeProcess) -> None:
        """Wait until nothing waits in the kernel, where it would be lost.

        What is lost all the same is in the result, as dropped.
        """
        deadline = time.monotonic() + DRAIN_TIMEOUT_S
        with contextlib.suppress(errors.LabError):
            captured, received = self._ask(process, deadline)
            while received - captured > self._unwanted_packets:
                time.sleep(_POLL_S)
                captured, received = self._ask(process, deadline)

    def _ask(
        self, process: node_process.NodeProcess, deadline: float
    ) -> tuple[int, int]:
        """Return how many packets it has captured, and the kernel received.

        :raises CaptureError: it does not answer until then.
        """
        answers = len(_SO_FAR.findall(self._log.read_text()))
        process.signal(signal.SIGUSR1)
        while process.poll() is None and time.monotonic() < deadline:
            said = _SO_FAR.findall(self._log.read_text())
            if len(said) > answers:
                return int(said[-1][0]), int(said[-1][1])
            time.sleep(_POLL_S)
        raise CaptureError(
            f'tcpdump in {self._node.name} does not say how much it has '
            f'captured: {self._log.read_text().strip()!r}'
        )
