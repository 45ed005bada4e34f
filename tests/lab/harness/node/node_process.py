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

"""How is a process in a node controlled from outside?"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from types import TracebackType
from typing import IO
from typing import Self

from tests.lab.harness import errors
from tests.lab.harness.node import process

#: How long nsenter may take to fork; far more than it needs.
ENTER_TIMEOUT_S = 10


class NodeProcess:
    """A process that was started in a node and may still run.

    As a context manager it is killed at the end when it still runs.
    """

    def __init__(
        self, entered: subprocess.Popen[str], *, description: str
    ) -> None:
        self._entered = entered
        self._description = description
        self._real: process.ProcessIdentity | None = None

    @property
    def stdin(self) -> IO[str] | None:
        """The standard input, when it was asked for as a pipe."""
        return self._entered.stdin

    @property
    def stdout(self) -> IO[str] | None:
        """The standard output, when it was asked for as a pipe."""
        return self._entered.stdout

    @property
    def stderr(self) -> IO[str] | None:
        """The standard error, when it was asked for as a pipe."""
        return self._entered.stderr

    @property
    def pid(self) -> int:
        """The id of the real process, seen from outside the node.

        :raises LabError: it has ended already.
        """
        return self._find().pid

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, None while running."""
        return self._entered.poll()

    def wait(self, timeout_s: float) -> int:
        """Wait for the end and return the exit code.

        :raises LabError: it still runs after this time.
        """
        try:
            return self._entered.wait(timeout_s)
        except subprocess.TimeoutExpired as err:
            raise errors.LabError(
                f'{self._description} still runs after {timeout_s} s'
            ) from err

    def communicate(
        self, input: str | None = None, *, timeout_s: float
    ) -> tuple[str, str]:
        """Write all input, read all output, and wait for the end.

        :raises LabError: it still ran after this time; it was killed.
        """
        try:
            stdout, stderr = self._entered.communicate(
                input, timeout=timeout_s
            )
        except subprocess.TimeoutExpired as err:
            self.kill()
            raise errors.LabError(
                f'{self._description} still ran after {timeout_s} s and was '
                'killed'
            ) from err
        return stdout or '', stderr or ''

    def signal(self, number: int) -> None:
        """Send a signal to the process in the node, not to nsenter.

        :raises LabError: it has ended already.
        """
        with self._find().pinned() as pidfd:
            if pidfd is None:
                raise errors.LabError(f'{self._description} has ended')
            signal.pidfd_send_signal(pidfd, signal.Signals(number))

    def kill(self) -> None:
        """Kill the process and what it started in its process group."""
        if self._entered.poll() is None:
            # nsenter leads the group and is not reaped yet, so the id of
            # the group cannot be another's.
            os.killpg(self._entered.pid, signal.SIGKILL)
            self._entered.wait(ENTER_TIMEOUT_S)

    def _find(self) -> process.ProcessIdentity:
        if self._real is not None:
            return self._real
        deadline = time.monotonic() + ENTER_TIMEOUT_S
        while time.monotonic() < deadline:
            entered = process.identify(self._entered.pid)
            if entered is None:
                break
            for child in entered.children():
                self._real = child
                return child
            time.sleep(0.005)
        raise errors.LabError(f'{self._description} has ended')

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()
