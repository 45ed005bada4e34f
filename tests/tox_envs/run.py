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

"""Builds environments, and runs them in lanes."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from concurrent import futures
import threading
import time
from typing import TypeVar

from tests.tox_envs import outcome
from tests.tox_envs import program
from tests.tox_envs import report
from tests.tox_envs import screen as tox_screen

#: How many are built at the same time.
BUILDERS = 2
#: The second lane takes what the first leaves of the processors.
NICENESS = 10

_Item = TypeVar('_Item')


class Run:
    """One run of several environments.

    :ivar results: of each that has ended.
    """

    def __init__(
        self, tox: program.Tox, screen: tox_screen.Screen, *, first_step: int
    ) -> None:
        self.results: dict[str, outcome.EnvResult] = {}
        self._tox = tox
        self._screen = screen
        self._step = first_step
        self._lock = threading.Lock()

    def build(self, envs: Sequence[str], *, serial: bool) -> None:
        """Build environments; one that cannot be built has failed.

        Before anything runs: entry points are written anew meanwhile, which
        tests read.
        """
        step = self._next_step()
        start_s = time.monotonic()
        self._screen.say(f'[{step}] tox environments: {", ".join(envs)}')
        self._side_by_side(self._build, envs, 1 if serial else BUILDERS)
        taken_s = time.monotonic() - start_s
        self._screen.say(f'    built ({taken_s:.0f} s)')

    def run(self, lanes: Sequence[Sequence[str]]) -> None:
        """Run lanes beside one another."""
        numbered = list(enumerate(lanes))
        self._side_by_side(self._lane, numbered, len(numbered))

    def _side_by_side(
        self,
        function: Callable[[_Item], None],
        items: Iterable[_Item],
        workers: int,
    ) -> None:
        with futures.ThreadPoolExecutor(workers) as pool:
            try:
                running = [pool.submit(function, item) for item in items]
                for each in futures.as_completed(running):
                    each.result()
            except BaseException:
                self._tox.end()
                raise

    def _next_step(self) -> int:
        with self._lock:
            step, self._step = self._step, self._step + 1
        return step

    def _build(self, env: str) -> None:
        with self._screen.running(env):
            built = self._tox.build(env)
        if not built.counts.is_success and not self._tox.is_over:
            self._keep(built, f'    {env} could not be built')

    def _lane(self, numbered: tuple[int, Sequence[str]]) -> None:
        number, envs = numbered
        for env in envs:
            if env in self.results:
                continue
            if self._tox.is_over:
                return
            step = self._next_step()
            self._screen.say(f'[{step}] tox -e {env}')
            with self._screen.running(env):
                result = self._tox.run(
                    env, niceness=NICENESS * number, by_itself=number > 0
                )
            self._keep(result, f'[{step}] {env}')

    def _keep(self, result: outcome.EnvResult, title: str) -> None:
        self.results[result.env] = result
        lines = [f'{title}: {result.counts} ({result.duration_s:.0f} s)']
        if not result.counts.is_success:
            lines += report.failure(result)
        self._screen.say(*lines)
