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

"""What does a tox environment come to?

One that runs tests counts each test, any other counts as one. No result is
not success: an environment without a test has failed, and a skipped test
makes the whole run fail.
"""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
import pathlib
import re

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


def as_one(exit_status: int) -> Counts:
    """Count something as a whole."""
    return Counts(passed=1) if exit_status == 0 else Counts(failed=1)


def count(env: str, *, exit_status: int, output: str) -> Counts:
    """Read what happened out of the output of an environment.

    :param output: all that tox wrote; the totals are those of stestr, of
        which there may be several.
    """
    if not runs_tests(env):
        return as_one(exit_status)
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
