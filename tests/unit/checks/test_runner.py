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

"""All checks are asked, and one that breaks has failed."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import fixtures
import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from tests.unit.checks import contexts

Stage = base.Stage
Status = result.Status


class Breaks(base.PreCheck):
    """Answers by whatever function it was made with."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer

    def run(self, context: base.CheckContext) -> Any:
        """Answer, or not."""
        return self.answer()


def _run(
    context: base.CheckContext | None = None, **checks: base.PreCheck
) -> result.CheckReport:
    return runner.Runner(checks).run(context or contexts.context())


class RunnerTest(testtools.TestCase):
    """Checks that work."""

    def test_all_findings_by_name_of_the_check(self) -> None:
        """In the order of the names, each check's own order kept."""
        report = _run(
            b=contexts.Answers(contexts.finding(code='b.1')),
            a=contexts.Answers(
                contexts.finding(code='a.2'), contexts.finding(code='a.1')
            ),
        )
        self.assertEqual(
            ['a.2', 'a.1', 'b.1'], [f.code for f in report.findings]
        )
        self.assertIs(Status.SUCCESS, report.status)

    def test_only_those_of_the_stage(self) -> None:
        """Each stage asks its own checks, with the context as it is."""
        for stage in Stage:
            checks = {
                other.name: contexts.Answers(
                    contexts.finding(code=other.name), stages=[other]
                )
                for other in Stage
            }
            context = contexts.context(stage)
            report = runner.Runner(checks).run(context)
            self.assertEqual([stage.name], [f.code for f in report.findings])
            for other, check in checks.items():
                self.assertEqual(
                    [context] if other == stage.name else [], check.asked
                )

    def test_all_stages_by_default(self) -> None:
        """A check that names no stage is asked at each."""
        for stage in Stage:
            self.assertIn(stage, base.PreCheck.stages)

    def test_a_failure_stops_nothing(self) -> None:
        """An operator sees all that is wrong at once."""
        last = contexts.Answers(contexts.finding())
        report = _run(
            a=contexts.Answers(contexts.finding(Status.FAILURE)), z=last
        )
        self.assertIs(Status.FAILURE, report.status)
        self.assertEqual(1, len(last.asked))

    def test_no_check(self) -> None:
        """Nothing asked is a failure, at whatever stage."""
        for stage in Stage:
            others = [other for other in Stage if other is not stage]
            context = contexts.context(stage)
            for checks in (
                {},
                {'a': contexts.Answers(contexts.finding(), stages=others)},
            ):
                self.assertIs(
                    Status.FAILURE, runner.Runner(checks).run(context).status
                )


class BrokenTest(testtools.TestCase):
    """Checks that do not work."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger('nova_native_tls'))

    def _assert_broken(
        self, answer: Callable[[], Any], *expected: str
    ) -> None:
        good = contexts.Answers(contexts.finding())
        report = _run(bad=Breaks(answer), good=good)
        broken, other = report.findings
        self.assertEqual('bad.broken', broken.code)
        self.assertIs(Status.FAILURE, broken.status)
        self.assertIn('bad', broken.subject)
        self.assertNotEqual('', broken.remedy)
        for text in expected:
            self.assertIn(text, broken.detail)
        self.assertEqual(contexts.finding(), other)
        self.assertIs(Status.FAILURE, report.status)
        # The one that works is not blamed.
        self.assertNotIn('good', self.log.output)

    def test_it_raises(self) -> None:
        """The error is named."""
        for error in (
            ValueError('no such thing'),
            AssertionError('no such thing'),
            RecursionError('no such thing'),
            StopIteration('no such thing'),
            SystemExit('no such thing'),
        ):

            def answer(error: BaseException = error) -> None:
                raise error

            self._assert_broken(answer, type(error).__name__, 'no such thing')
            self.assertIn('The pre-check bad broke', self.log.output)
            self.assertIn('Traceback', self.log.output)

    def test_it_raises_half_way(self) -> None:
        """What it had said before does not count."""

        def answer() -> Iterator[result.Finding]:
            yield contexts.finding(code='half.way')
            raise OSError('it went away')

        self._assert_broken(answer, 'OSError', 'it went away')

    def test_it_says_nothing(self) -> None:
        """An empty answer is none."""
        for nothing in (tuple, list, dict, lambda: iter(())):
            self._assert_broken(nothing, 'no answer')

    def test_it_returns_nothing(self) -> None:
        """Neither is what cannot be listed."""
        for nothing in (
            lambda: None,
            lambda: 5,
            lambda: True,
            contexts.finding,
        ):
            self._assert_broken(nothing, 'TypeError')


class Misbehaves(base.PreCheck):
    """Answers whatever it is told to."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def run(self, context: base.CheckContext) -> Any:
        """Answer."""
        return self.answer


class MisbehavingTest(testtools.TestCase):
    """A plug-in that is wrong in other ways than by raising in run."""

    def _run(self, check: base.PreCheck) -> result.CheckReport:
        return runner.Runner({'bad': check}).run(contexts.context())

    def test_status_as_a_number(self) -> None:
        """A plain 2 is a failure as the name is."""
        finding = result.Finding(code='a.b', status=2, subject='x', detail='y')
        report = self._run(Misbehaves([finding]))
        self.assertIs(result.Status.FAILURE, report.status)
        self.assertNotEqual('', report.sentences(result.Status.FAILURE))

    def test_answers_that_are_no_findings(self) -> None:
        """What cannot be read is a failure that names the plug-in."""
        for answer in ('text', [None], [('a', 2)], {'a': 1}):
            report = self._run(Misbehaves(answer))
            self.assertIs(result.Status.FAILURE, report.status)
            self.assertIn('bad', report.sentences(result.Status.FAILURE))

    def test_stages_that_are_none(self) -> None:
        """A plug-in that cannot say when to ask it is a failure."""
        for stages in (None, 'source', base.Stage.SOURCE):
            check = Misbehaves([contexts.finding()])
            check.stages = stages
            self.assertIs(result.Status.FAILURE, self._run(check).status)

    def test_nothing_asked_says_so(self) -> None:
        """A report without checks is a failure with a sentence."""
        report = runner.Runner({}).run(contexts.context())
        self.assertNotEqual('', report.sentences(result.Status.FAILURE))
