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

from __future__ import annotations

import testtools

from tests.upstream import outcomes

STOCK = 'nova.Stock'
OURS = 'plugin.Ours'
PASSED = outcomes.Outcome(status=outcomes.Status.PASSED)
FAILED = outcomes.Outcome(status=outcomes.Status.FAILED, reason='why')
SKIPPED = outcomes.Outcome(status=outcomes.Status.SKIPPED)


def a_run(made: str = STOCK, /, **ends: outcomes.Outcome) -> outcomes.Run:
    return outcomes.Run(outcomes=ends, instances={made: 1})


class TestRun(testtools.TestCase):
    def test_every_end_is_counted_once(self):
        """An expectation that held proves nothing, one that did not fails."""
        each = {
            status.name: outcomes.Outcome(status=status)
            for status in outcomes.Status
        }

        self.assertEqual('1 passed, 2 failed, 2 skipped', str(a_run(**each)))

    def test_text_form(self):
        """What one process writes, another reads."""
        run = a_run(a=PASSED, b=FAILED, c=SKIPPED)

        self.assertEqual(run, outcomes.Run.from_json(run.to_json()))

    def test_joined(self):
        """The runs of several processes add up."""
        joined = outcomes.joined([a_run(a=PASSED), a_run(b=FAILED)])

        self.assertEqual({'a': PASSED, 'b': FAILED}, joined.outcomes)
        self.assertEqual({STOCK: 2}, joined.instances)


class TestDifferences(testtools.TestCase):
    def found(self, stock: outcomes.Run, ours: outcomes.Run) -> list[str]:
        return [str(each) for each in outcomes.differences(stock, ours)]

    def test_same(self):
        """Tests that end alike are no difference, in whatever order."""
        self.assertEqual(
            [],
            self.found(a_run(a=PASSED, b=SKIPPED), a_run(b=SKIPPED, a=PASSED)),
        )

    def test_other_end(self):
        """Worse is a difference, and so is better."""
        self.assertEqual(
            [
                'a: passed with the stock class, failed with ours',
                'b: failed with the stock class, passed with ours',
                'c: passed with the stock class, skipped with ours',
            ],
            self.found(
                a_run(a=PASSED, b=FAILED, c=PASSED),
                a_run(a=FAILED, b=PASSED, c=SKIPPED),
            ),
        )

    def test_missing(self):
        """A test that ran with one class only is a difference."""
        self.assertEqual(
            [
                'a: passed with the stock class, missing with ours',
                'b: missing with the stock class, passed with ours',
            ],
            self.found(a_run(a=PASSED), a_run(b=PASSED)),
        )

    def test_both_failed(self):
        """No difference, but named, because it is no proof either."""
        stock = a_run(a=FAILED, b=FAILED, c=PASSED)
        ours = a_run(a=FAILED, b=PASSED, c=FAILED)

        self.assertEqual(['a'], outcomes.both_failed(stock, ours))


class TestObjections(testtools.TestCase):
    def found(
        self, stock: outcomes.Run, ours: outcomes.Run, passed_min: int = 1
    ) -> list[str]:
        return list(
            outcomes.objections(
                stock,
                ours,
                stock_name=STOCK,
                ours_name=OURS,
                passed_min=passed_min,
            )
        )

    def test_none(self):
        """Enough tests passed, each run with the class it is about."""
        self.assertEqual(
            [], self.found(a_run(a=PASSED), a_run(OURS, a=PASSED))
        )

    def test_too_few(self):
        """Skipped tests are no reason to believe anything."""
        found = self.found(
            a_run(a=PASSED, b=SKIPPED), a_run(OURS, a=PASSED), passed_min=2
        )

        self.assertEqual(1, len(found))
        self.assertIn('only 1 tests passed', found[0])

    def test_substitution_did_not_take(self):
        """Both runs were about the stock class."""
        found = self.found(a_run(a=PASSED), a_run(a=PASSED))

        self.assertEqual(
            [
                'the substitution did not take: no plugin.Ours was made',
                'the substitution did not take everywhere: '
                'a nova.Stock was made 1 times',
            ],
            found,
        )

    def test_stock_run_was_about_something_else(self):
        """The stock run made none of the stock class."""
        found = self.found(a_run(OURS, a=PASSED), a_run(OURS, a=PASSED))

        self.assertEqual(['the stock run made no nova.Stock'], found)
