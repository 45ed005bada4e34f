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

    def test_answers_late(self) -> None:
        """One that let nobody else run has failed, whatever it says."""
        checks = {'slow': contexts.Answers(contexts.finding())}
        clock = mock.patch.object(
            runner.time, 'monotonic', autospec=True, side_effect=[0.0, 11.0]
        )
        at_once = mock.patch.object(
            runner.time_limit,
            'within',
            autospec=True,
            side_effect=lambda _limit, work: work(),
        )
        with clock, at_once:
            report = runner.Runner(checks).run(contexts.context())
        self.assertEqual(
            ['slow.broken'], [each.code for each in report.findings]
        )
        self.assertIn('11.0 seconds', report.findings[0].detail)
