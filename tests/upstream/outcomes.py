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

"""What became of each test, and how two runs of the same tests differ."""

from __future__ import annotations

import collections
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses
import enum
import json


class Status(enum.Enum):
    """How a test ended."""

    PASSED = 'passed'
    FAILED = 'failed'
    SKIPPED = 'skipped'
    #: A test that is expected to fail and did; it proves nothing.
    EXPECTED_FAILURE = 'expected failure'
    UNEXPECTED_SUCCESS = 'unexpected success'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of one test; ``reason`` is a traceback or why it skipped."""

    status: Status
    reason: str = ''


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All that one class has done.

    :ivar outcomes: test id -> its end.
    :ivar instances: dotted name of a driver class -> how many objects of it
        the tests have made.
    """

    outcomes: Mapping[str, Outcome]
    instances: Mapping[str, int]

    def __str__(self) -> str:
        return (
            f'{self.count(Status.PASSED)} passed, '
            f'{self.failed} failed, {self.skipped} skipped'
        )

    def to_json(self) -> str:
        """All of it as text, for another process."""
        each = {
            test_id: (outcome.status.value, outcome.reason)
            for test_id, outcome in self.outcomes.items()
        }
        return json.dumps({'outcomes': each, 'instances': {**self.instances}})

    @classmethod
    def from_json(cls, text: str) -> Run:
        """What :meth:`to_json` has written."""
        data = json.loads(text)
        return cls(
            outcomes={
                test_id: Outcome(status=Status(status), reason=reason)
                for test_id, (status, reason) in data['outcomes'].items()
            },
            instances=data['instances'],
        )

    def count(self, status: Status) -> int:
        """How many tests ended like that."""
        return sum(each.status is status for each in self.outcomes.values())

    @property
    def failed(self) -> int:
        """How many tests did not end as their author expects."""
        return self.count(Status.FAILED) + self.count(
            Status.UNEXPECTED_SUCCESS
        )

    @property
    def skipped(self) -> int:
        """How many tests say nothing about the class."""
        return self.count(Status.SKIPPED) + self.count(Status.EXPECTED_FAILURE)


def joined(runs: Iterable[Run]) -> Run:
    """One run out of those of several processes."""
    ends: dict[str, Outcome] = {}
    instances: collections.Counter[str] = collections.Counter()
    for run in runs:
        ends.update(run.outcomes)
        instances.update(run.instances)
    return Run(outcomes=ends, instances=instances)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A test that did not end alike; None where it did not run at all."""

    test_id: str
    stock: Outcome | None
    ours: Outcome | None

    def __str__(self) -> str:
        return (
            f'{self.test_id}: {_status(self.stock)} with the stock class, '
            f'{_status(self.ours)} with ours'
        )


def _status(outcome: Outcome | None) -> str:
    return 'missing' if outcome is None else outcome.status.value


def differences(stock: Run, ours: Run) -> list[Difference]:
    """Every test whose end is not the same in both runs, sorted by id.

    Two failures are alike whatever their reasons; see :func:`both_failed`.
    """
    found = []
    for test_id in sorted({*stock.outcomes, *ours.outcomes}):
        one = stock.outcomes.get(test_id)
        other = ours.outcomes.get(test_id)
        if one is None or other is None or one.status is not other.status:
            found.append(Difference(test_id=test_id, stock=one, ours=other))
    return found


def both_failed(stock: Run, ours: Run) -> list[str]:
    """Tests that say nothing, because the stock class fails them as well."""
    return [
        test_id
        for test_id, outcome in sorted(stock.outcomes.items())
        if outcome.status is Status.FAILED
        and test_id in ours.outcomes
        and ours.outcomes[test_id].status is Status.FAILED
    ]


def objections(
    stock: Run, ours: Run, *, ours_name: str, stock_name: str, passed_min: int
) -> Iterator[str]:
    """Why the two runs prove nothing, even if they do not differ.

    :param ours_name: the dotted name of the class that took the place of
        ``stock_name``.
    :param passed_min: how many tests must have passed with the stock class.
    """
    passed = stock.count(Status.PASSED)
    if passed < passed_min:
        yield (
            f'only {passed} tests passed with the stock class, '
            f'there should be {passed_min} at least'
        )
    if not stock.instances.get(stock_name):
        yield f'the stock run made no {stock_name}'
    if not ours.instances.get(ours_name):
        yield f'the substitution did not take: no {ours_name} was made'
    if ours.instances.get(stock_name):
        yield (
            f'the substitution did not take everywhere: '
            f'a {stock_name} was made {ours.instances[stock_name]} times'
        )
