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

"""Checks that take too long."""

from __future__ import annotations

from collections.abc import Iterator
import threading
import time
from unittest import mock

import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from tests.unit.checks import contexts


class Waits(base.PreCheck):
    """Answers only when it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def run(self, context: base.CheckContext) -> Iterator[result.Finding]:
        """Wait."""
        self.let_go.wait()
        yield contexts.finding()


class TimeLimitTest(testtools.TestCase):
    """The others are asked all the same."""

    def test_never_answers(self) -> None:
        """It is named, as a failure; nobody waits for it."""
        waits = Waits()
        self.addCleanup(waits.let_go.set)
        checks = {'slow': waits, 'good': contexts.Answers(contexts.finding())}
        report = runner.Runner(checks, time_limit_s=2).run(contexts.context())
        self.assertEqual(
            {
                'slow.broken': result.Status.FAILURE,
                'a.b': result.Status.SUCCESS,
            },
            {each.code: each.status for each in report.findings},
        )
        (slow,) = report.with_status(result.Status.FAILURE)
        self.assertIn('slow', slow.subject)

    def test_several_never_answer(self) -> None:
        """Each is named; what comes between and behind them is asked."""
        checks = {name: contexts.Answers(contexts.finding()) for name in 'ace'}
        for name in 'bd':
            checks[name] = Waits()
            self.addCleanup(checks[name].let_go.set)
        report = runner.Runner(checks, time_limit_s=1).run(contexts.context())
        self.assertEqual(
            ['a.b', 'b.broken', 'a.b', 'd.broken', 'a.b'],
            [each.code for each in report.findings],
        )
        self.assertIn('within 1 seconds', report.findings[1].detail)

    def test_answers_after_all(self) -> None:
        """One that was left behind is not heard, and asks no other one."""
        waits, last = Waits(), contexts.Answers(contexts.finding())
        threads = threading.enumerate()
        report = runner.Runner({'a': waits, 'b': last}, time_limit_s=1).run(
            contexts.context()
        )
        left = [each for each in threading.enumerate() if each not in threads]
        waits.let_go.set()
        for each in left:
            each.join()
        self.assertEqual(1, len(last.asked))
        self.assertEqual(2, len(report.findings))

    def test_answers_late(self) -> None:
        """One that let nobody else run has failed, whatever it says."""
        checks = {'slow': contexts.Answers(contexts.finding())}
        clock = mock.Mock(spec=time)
        clock.monotonic.side_effect = [0.0, 11.0]
        with mock.patch.object(runner, 'time', clock):
            report = runner.Runner(checks).run(contexts.context())
        self.assertEqual(
            ['slow.broken'], [each.code for each in report.findings]
        )
        self.assertIn('11.0 seconds', report.findings[0].detail)
