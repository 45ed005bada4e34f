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

"""Run a share of the tests in this process and write down what happened.

Started by :mod:`tests.upstream.process`: what was substituted cannot be put
back, so every run has processes of its own.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import importlib
import json
import pathlib
import re
import sys
import traceback
from typing import Any
import unittest

from oslo_config import cfg
import testtools

from nova_native_tls.migration import rekey
from tests.upstream import cell_lock
from tests.upstream import outcomes
from tests.upstream import substitution


class LoadError(Exception):
    """Tests could not be imported; the message says why."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one process does.

    :ivar packages: are imported first of all, in this order.
    :ivar selections: names of modules, each with a regular expression that
        finds the ids of the tests that are wanted.
    :ivar driver: ``MODULE:CLASS`` of a subclass, or None for the original.
    :ivar only: a regular expression; only tests whose id it finds.
    :ivar share_number: this process runs every ``share_of``-th test,
        beginning with that of this number, from 0.
    """

    packages: tuple[str, ...]
    selections: tuple[tuple[str, str], ...]
    driver: str | None
    only: str = ''
    share_number: int = 0
    share_of: int = 1

    def to_json(self) -> str:
        """All of it as text, for another process."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        """What :meth:`to_json` has written."""
        data = json.loads(text)
        data['packages'] = tuple(data['packages'])
        data['selections'] = tuple(map(tuple, data['selections']))
        return cls(**data)


def load(selections: Sequence[tuple[str, str]]) -> list[unittest.TestCase]:
    """Import modules of tests; their tests, sorted by id.

    :raises LoadError: a module cannot be imported, or has no such test.
    """
    loader = unittest.TestLoader()
    found: dict[str, unittest.TestCase] = {}
    for module, pattern in selections:
        loaded = loader.loadTestsFromName(module)
        if loader.errors:
            raise LoadError('\n'.join(map(str, loader.errors)))
        wanted = [
            test for test in _each(loaded) if re.search(pattern, test.id())
        ]
        if not wanted:
            raise LoadError(f'{module} has no test that {pattern!r} finds')
        found.update((test.id(), test) for test in wanted)
    return [found[test_id] for test_id in sorted(found)]


def _each(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _each(item)
        else:
            yield item


class Recorder(testtools.TestResult):
    """Keeps the outcome of each test; one that ever failed has failed."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, outcomes.Outcome] = {}

    def _record(
        self, test: Any, status: outcomes.Status, reason: str = ''
    ) -> None:
        known = self.outcomes.get(test.id())
        if known is None or known.status is not outcomes.Status.FAILED:
            self.outcomes[test.id()] = outcomes.Outcome(
                status=status, reason=reason
            )

    def addSuccess(self, test: Any, details: Any = None) -> None:
        self._record(test, outcomes.Status.PASSED)

    def addError(
        self, test: Any, err: Any = None, details: Any = None
    ) -> None:
        self._record(test, outcomes.Status.FAILED, _text(err, details))

    def addFailure(
        self, test: Any, err: Any = None, details: Any = None
    ) -> None:
        self._record(test, outcomes.Status.FAILED, _text(err, details))

    def addSkip(
        self, test: Any, reason: str | None = None, details: Any = None
    ) -> None:
        self._record(
            test, outcomes.Status.SKIPPED, reason or _text(None, details)
        )

    def addExpectedFailure(
        self, test: Any, err: Any = None, details: Any = None
    ) -> None:
        self._record(test, outcomes.Status.EXPECTED_FAILURE)

    def addUnexpectedSuccess(self, test: Any, details: Any = None) -> None:
        self._record(test, outcomes.Status.UNEXPECTED_SUCCESS)


def _text(err: Any, details: Mapping[str, Any] | None) -> str:
    """A traceback or a reason out of what testtools knows; no logs."""
    if err is not None:
        return ''.join(traceback.format_exception(*err))
    return '\n'.join(
        content.as_text()
        for name, content in sorted((details or {}).items())
        if name.startswith(('reason', 'traceback'))
    )


def work(job: Job, place: substitution.Place) -> outcomes.Run:
    """Substitute, load and run; once in the life of a process.

    :raises LoadError: the tests cannot be imported.
    :raises substitution.SubstitutionError: the class cannot be put there.
    """
    if job.driver is not None:
        substitution.expect(place)
    for package in job.packages:
        importlib.import_module(package)
    cell_lock.let_readers_pass()
    instances: collections.Counter[str] = collections.Counter()
    substitution.count_instances(
        substitution.original(place), lambda name: instances.update((name,))
    )
    if job.driver is not None:
        substitution.substitute(place, job.driver)
        _leave_calls_as_they_are()
    tests = [t for t in load(job.selections) if re.search(job.only, t.id())]
    ends = run(tests[job.share_number :: job.share_of])
    return outcomes.Run(outcomes=ends, instances=instances)


def _leave_calls_as_they_are() -> None:
    """Have our driver call libvirt as Nova's tests want to see it.

    By default it asks for parallel connections where Nova asks for TLS, which
    is no mistake: QEMU may lose the guest. And it reads host aggregates, for
    which Nova's unit tests have no database: to our driver that is a failure,
    after which a guest leaves by TLS or not at all.
    """
    options = importlib.import_module('nova_native_tls.conf.native_tls')
    cfg.set_defaults(options.OPTS, rekey_crash=rekey.Choice.WATCH.value)
    policy = importlib.import_module('nova_native_tls.conf.policy')
    cfg.set_defaults(
        policy.OPTS, aggregate_migration_encryption=policy.NOWHERE
    )


def run(tests: Sequence[unittest.TestCase]) -> dict[str, outcomes.Outcome]:
    """The outcome of each test; one without any has failed."""
    recorder = Recorder()
    unittest.TestSuite(tests).run(recorder)
    missing = outcomes.Outcome(
        status=outcomes.Status.FAILED, reason='The test did not run.'
    )
    ends = {test.id(): missing for test in tests}
    return ends | recorder.outcomes


def main() -> int:
    """Read a job from the first file, write the run to the second."""
    job_path, run_path = map(pathlib.Path, sys.argv[1:])
    job = Job.from_json(job_path.read_text())
    # Programs under test read the command line.
    sys.argv[1:] = []
    try:
        result = work(job, substitution.LIBVIRT_DRIVER)
    except (LoadError, substitution.SubstitutionError) as err:
        print(err, file=sys.stderr)
        return 1
    run_path.write_text(result.to_json())
    return 0


if __name__ == '__main__':
    sys.exit(main())
