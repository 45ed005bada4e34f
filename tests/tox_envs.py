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

"""Run tox environments one after another and add up what they say.

An environment that runs tests counts each test, any other counts as one.
No result is not success: an environment without a test has failed, and a
skipped test makes the whole run fail.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

ENVS = (
    'pep8',
    'py3',
    'functional',
    'fidelity',
    'fidelity-trixie',
    'upstream-nova29',
    'upstream-nova34',
    'lab',
    'cloud',
    'docs',
    'releasenotes',
    'genconfig',
    'cover',
)
ADVICE = {
    'cloud': 'run one test alone: .tox/cloud/bin/stestr --test-path '
    './tests/cloud run --serial NAME',
    'cover': 'write tests for the lines that the report names',
    'fidelity': 'see one set again by the options behind "again:": '
    '.tox/fidelity/bin/python -m tests.functional.fidelity --seed N --set M',
    'fidelity-trixie': 'see one set again by the options behind "again:": '
    '.tox/fidelity-trixie/bin/python -m tests.functional.fidelity '
    '--tree trixie --seed N --set M',
    'lab': 'run one test alone: .tox/lab/bin/stestr --test-path ./tests/lab '
    'run --serial NAME',
    'pep8': 'repair what is named; "ruff format" does part of it',
}
LOG_TAIL_LINES = 40

_TOTAL = re.compile(
    r'^ - (Passed|Skipped|Expected Fail|Unexpected Success|Failed): (\d+)$',
    re.MULTILINE,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def is_success(self) -> bool:
        """Something passed, and nothing else happened."""
        return self.passed > 0 and self.failed == 0 and self.skipped == 0

    def __str__(self) -> str:
        return (
            f'{self.passed} passed, {self.failed} failed, '
            f'{self.skipped} skipped'
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EnvResult:
    """What came of one tox environment."""

    env: str
    counts: Counts
    duration_s: float
    log_path: pathlib.Path


def total(results: Iterable[EnvResult]) -> Counts:
    """The sum over environments; of none it is no success."""
    each = [result.counts for result in results]
    return Counts(
        passed=sum(counts.passed for counts in each),
        failed=sum(counts.failed for counts in each),
        skipped=sum(counts.skipped for counts in each),
    )


def runs_tests(env: str) -> bool:
    """Whether the tests of an environment are counted one by one.

    Not for ``cover``: it runs the tests of two other environments again.
    """
    return (
        env in ('functional', 'lab', 'cloud')
        or re.match(r'py\d', env) is not None
    )


def count(env: str, *, exit_status: int, output: str) -> Counts:
    """Read what happened out of the output of an environment.

    :param output: all that tox wrote; the totals are those of stestr, of
        which there may be several.
    """
    if not runs_tests(env):
        if exit_status == 0:
            return Counts(passed=1)
        return Counts(failed=1)
    seen = {'Passed': 0, 'Skipped': 0, 'Failed': 0}
    # A test that is expected to fail proves nothing, and one that did not
    # fail as expected is wrong.
    meaning = {'Expected Fail': 'Skipped', 'Unexpected Success': 'Failed'}
    for kind, number in _TOTAL.findall(output):
        seen[meaning.get(kind, kind)] += int(number)
    if seen['Failed'] == 0 and (exit_status != 0 or not any(seen.values())):
        seen['Failed'] = 1
    return Counts(
        passed=seen['Passed'], failed=seen['Failed'], skipped=seen['Skipped']
    )


def run(env: str, *, tox: str, log_path: pathlib.Path) -> EnvResult:
    """Run one environment, its output going to a log of its own."""
    start = time.monotonic()
    command = [tox, 'run', '--colored', 'no', '-e', env]
    command += ['--skip-missing-interpreters', 'false']
    with open(log_path, 'wb') as log, _Clock():
        status = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    output = log_path.read_text(errors='replace')
    return EnvResult(
        env=env,
        counts=count(env, exit_status=status, output=output),
        duration_s=time.monotonic() - start,
        log_path=log_path,
    )


class _Clock:
    """On a terminal, the time that has passed so far."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> None:
        if sys.stdout.isatty():
            self._thread.start()

    def __exit__(self, *unused: object) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()
            print('\r' + ' ' * 16, end='\r', flush=True)

    def _tick(self) -> None:
        start = time.monotonic()
        while not self._over.wait(1):
            print(
                f'\r    {time.monotonic() - start:.0f} s ', end='', flush=True
            )


def report_failure(result: EnvResult) -> None:
    """Show the end of the log and say what to do."""
    lines = result.log_path.read_text(errors='replace').splitlines()
    for line in lines[-LOG_TAIL_LINES:]:
        print(f'    | {line}')
    advice = ADVICE.get(result.env)
    print(f'    What to do: {advice or "read the log"}; then again: ', end='')
    print(f'tools/test {result.env}')
    print(f'    Log: {result.log_path}', flush=True)


def report_total(results: Sequence[EnvResult]) -> None:
    """A line for each environment, and the sum as the very last line."""
    print('\nThis ran:')
    for result in results:
        print(
            f'  {result.env:<17}{result.counts!s:<34}'
            f'{result.duration_s:>6.0f} s  {result.log_path}'
        )
    print(total(results), flush=True)


def main() -> int:
    """Run the environments that are named, by default all; 0 is success."""
    parser = argparse.ArgumentParser(prog='tools/test', description=__doc__)
    parser.add_argument('--tox', required=True)
    parser.add_argument('--log-dir', type=pathlib.Path, required=True)
    parser.add_argument('--first-step', type=int, default=1)
    parser.add_argument('envs', nargs='*', metavar='ENV')
    arguments = parser.parse_args()
    arguments.log_dir.mkdir(parents=True, exist_ok=True)
    # What this program runs in is none of tox's business.
    os.environ.pop('VIRTUAL_ENV', None)
    results = []
    status = 1
    try:
        for step, env in enumerate(
            arguments.envs or ENVS, arguments.first_step
        ):
            print(f'[{step}] tox -e {env}', flush=True)
            log_path = arguments.log_dir / f'tox-{env}.log'
            result = run(env, tox=arguments.tox, log_path=log_path)
            results.append(result)
            print(f'    {result.counts} ({result.duration_s:.0f} s)')
            if not result.counts.is_success:
                report_failure(result)
        status = 0 if total(results).is_success else 1
    except KeyboardInterrupt:
        print('\nInterrupted: what follows is not the whole.')
        status = 130
    report_total(results)
    return status


if __name__ == '__main__':
    sys.exit(main())
