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

"""Runs tox, and ends it when nobody waits any more."""

from __future__ import annotations

from collections.abc import Sequence
import os
import pathlib
import subprocess
import threading
import time

from tests.tox_envs import outcome

#: In which tox has ended what it runs, once it was interrupted.
INTERRUPTED_S = 30

#: What looks for a daemon must not find one of a lab that runs beside it:
#: "host enroll" read the qemu.conf that the lab had just broken.
_BY_ITSELF = ('unshare', '--pid', '--fork', '--mount-proc', '--kill-child')


class Tox:
    """A tox for each environment, its output in a log of its own.

    :ivar is_over: nothing more runs.
    """

    def __init__(self, program: str, log_dir: pathlib.Path) -> None:
        self.is_over = False
        self._program = program
        self._log_dir = log_dir
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def build(self, env: str) -> outcome.EnvResult:
        """Install what an environment needs; it counts as a whole."""
        self._log(env).unlink(missing_ok=True)
        start_s = time.monotonic()
        status, _output = self._run(env, '--notest')
        return self._result(env, outcome.as_one(status), start_s)

    def run(
        self, env: str, *, niceness: int = 0, by_itself: bool = False
    ) -> outcome.EnvResult:
        """Run what an environment is for; it must have been built.

        :param by_itself: it sees no processes but its own, if that can be
            had: only root can.
        """
        start_s = time.monotonic()
        status, output = self._run(
            env,
            '--skip-pkg-install',
            prefix=(
                *('nice', '-n', str(niceness)),
                *(_BY_ITSELF if by_itself and os.geteuid() == 0 else ()),
            ),
        )
        counts = outcome.count(env, exit_status=status, output=output)
        return self._result(env, counts, start_s)

    def end(self) -> None:
        """Run nothing more; whoever pressed Control-C has interrupted all."""
        with self._lock:
            self.is_over = True
            running = list(self._running)
        until_s = time.monotonic() + INTERRUPTED_S
        for process in running:
            try:
                process.wait(max(0, until_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.terminate()

    def _log(self, env: str) -> pathlib.Path:
        return self._log_dir / f'tox-{env}.log'

    def _result(
        self, env: str, counts: outcome.Counts, start_s: float
    ) -> outcome.EnvResult:
        return outcome.EnvResult(
            env=env,
            counts=counts,
            duration_s=time.monotonic() - start_s,
            log_path=self._log(env),
        )

    def _run(
        self, env: str, option: str, *, prefix: Sequence[str] = ()
    ) -> tuple[int, str]:
        """Give the exit status, and what it printed."""
        command = [*prefix, self._program, 'run']
        command += ['--colored', 'no', '-e', env, option]
        command += ['--skip-missing-interpreters', 'false']
        with self._log(env).open('ab+') as log:
            before = log.tell()
            status = self._wait(command, log.fileno())
            log.seek(before)
            return status, log.read().decode(errors='replace')

    def _wait(self, command: list[str], log: int) -> int:
        with self._lock:
            if self.is_over:
                return 1
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            self._running.add(process)
        try:
            return process.wait()
        finally:
            with self._lock:
                self._running.discard(process)
