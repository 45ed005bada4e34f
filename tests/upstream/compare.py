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

"""Run Nova's tests with its own driver and with another; what differs?"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import pathlib
import time

from tests.upstream import outcomes
from tests.upstream import process
from tests.upstream import release
from tests.upstream import substitution
from tests.upstream import worker

#: A driver that the comparison must find wanting.
BROKEN = 'tests.upstream.broken:WithoutTLS'
TRACEBACK_LINES = 12


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two runs of the same tests: with the stock class and with ours."""

    stock: outcomes.Run
    ours: outcomes.Run

    def summary(self, *, title: str, driver: str) -> str:
        """The line that tells how the two compare."""
        return (
            f'{title}: stock {self.stock}; {driver.rpartition(":")[2]} '
            f'{self.ours}; different: {len(self.differences())}'
        )

    def differences(self) -> list[outcomes.Difference]:
        """See :func:`outcomes.differences`."""
        return outcomes.differences(self.stock, self.ours)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs suites in processes of their own, and says so.

    :ivar folder: where they leave logs and results.
    :ivar only: a regular expression; only tests whose id it finds.
    :ivar timeout_s: for one suite with one class.
    """

    folder: pathlib.Path
    cores: int
    only: str
    timeout_s: float

    def pair(self, suite: release.Suite, driver: str) -> Pair:
        """Run a suite with the stock class, and with ``MODULE:CLASS``.

        :raises process.ProcessError: there is no complete result.
        :raises release.NovaError: this Nova lacks the tests.
        """
        return Pair(
            stock=self._run(suite, None), ours=self._run(suite, driver)
        )

    def _run(self, suite: release.Suite, driver: str | None) -> outcomes.Run:
        say(f'{suite.name}: {driver or "the stock class"}')
        label = (driver or 'stock').replace(':', '.')
        start_s = time.monotonic()
        result = process.run(
            worker.Job(
                packages=(suite.package, 'nova.test'),
                selections=tuple(
                    (selection.module, selection.pattern)
                    for selection in release.present(suite)
                ),
                driver=driver,
                only=self.only,
            ),
            concurrency=self.cores * suite.processes_per_core,
            environment=release.environment(suite),
            folder=self.folder / suite.name / label,
            timeout_s=self.timeout_s,
        )
        made = [f'{n} {name}' for name, n in sorted(result.instances.items())]
        say(f'    {result} ({time.monotonic() - start_s:.0f} s)')
        say(f'    made: {", ".join(made) or "no driver"}')
        return result


def say(line: str) -> None:
    """Print a line at once, whatever standard output is."""
    print(line, flush=True)


def show(pair: Pair) -> None:
    """Print what is not as it should be, and where it broke."""
    for test_id in outcomes.both_failed(pair.stock, pair.ours):
        say(f'fails with both, so it says nothing: {test_id}')
    for difference in pair.differences():
        say(f'different: {difference}')
        for outcome in (difference.stock, difference.ours):
            if outcome is not None:
                for line in outcome.reason.splitlines()[-TRACEBACK_LINES:]:
                    say(f'    | {line}')


def joined(pairs: Iterable[Pair]) -> Pair:
    """One pair out of those of several suites."""
    every = list(pairs)
    return Pair(
        stock=outcomes.joined(pair.stock for pair in every),
        ours=outcomes.joined(pair.ours for pair in every),
    )


def objections(pair: Pair, *, driver: str, passed_min: int) -> Iterator[str]:
    """Why two runs prove nothing, even if they do not differ."""
    place = substitution.LIBVIRT_DRIVER
    return outcomes.objections(
        pair.stock,
        pair.ours,
        stock_name=f'{place.module}.{place.name}',
        ours_name=driver.replace(':', '.'),
        passed_min=passed_min,
    )


def control(runner: Runner) -> Iterator[str]:
    """What speaks against the comparison itself: it must find a fault."""
    suite = release.CONTROL
    alone = dataclasses.replace(runner, cores=1, only='')
    pair = alone.pair(suite, BROKEN)
    yield from objections(pair, driver=BROKEN, passed_min=suite.passed_min)
    if not pair.differences():
        yield f'the comparison does not see what is wrong with {BROKEN}'
