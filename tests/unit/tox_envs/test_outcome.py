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

import pathlib

import testtools

from tests.tox_envs import outcome

TOTALS = """\
======
Totals
======
Ran: {ran} tests in 0.1 sec.
 - Passed: {passed}
 - Skipped: {skipped}
 - Expected Fail: {expected_fail}
 - Unexpected Success: {unexpected_success}
 - Failed: {failed}
Sum of execute time for each test: 0.1 sec.
"""


def totals(**numbers: int) -> str:
    every = dict.fromkeys(
        (
            'ran',
            'passed',
            'skipped',
            'expected_fail',
            'unexpected_success',
            'failed',
        ),
        0,
    )
    return TOTALS.format(**every | numbers)


class TestCount(testtools.TestCase):
    def test_tests_are_counted_one_by_one(self):
        """The numbers are those of stestr, added up over its runs."""
        output = totals(passed=3) + totals(passed=2, failed=1, skipped=4)

        counts = outcome.count('lab', exit_status=1, output=output)

        self.assertEqual(outcome.Counts(passed=5, failed=1, skipped=4), counts)

    def test_other_env_counts_as_one(self):
        """A check passes or fails as a whole."""
        self.assertEqual(
            outcome.Counts(passed=1),
            outcome.count('pep8', exit_status=0, output=''),
        )
        self.assertEqual(
            outcome.Counts(failed=1),
            outcome.count('pep8', exit_status=1, output=''),
        )

    def test_cover_counts_as_one(self):
        """Its tests have been counted where they ran first."""
        self.assertEqual(
            outcome.Counts(passed=1),
            outcome.count('cover', exit_status=0, output=totals(passed=9)),
        )

    def test_no_test_is_a_failure(self):
        """An environment that ran no test at all has not passed."""
        for output in ('', totals()):
            counts = outcome.count('py3', exit_status=0, output=output)
            self.assertEqual(outcome.Counts(failed=1), counts)

    def test_exit_status_without_failed_test_is_a_failure(self):
        """A crash after the last test is not lost."""
        counts = outcome.count('py312', exit_status=1, output=totals(passed=7))

        self.assertEqual(outcome.Counts(passed=7, failed=1), counts)

    def test_expectations_prove_nothing(self):
        """Expected failures are skips, unexpected successes failures."""
        counts = outcome.count(
            'py3',
            exit_status=0,
            output=totals(passed=1, expected_fail=2, unexpected_success=3),
        )

        self.assertEqual(outcome.Counts(passed=1, failed=3, skipped=2), counts)


class TestCounts(testtools.TestCase):
    def test_only_passed_tests_are_success(self):
        """Nothing, a failure and a skip are each no success."""
        self.assertTrue(outcome.Counts(passed=1).is_success)
        self.assertFalse(outcome.Counts().is_success)
        self.assertFalse(outcome.Counts(passed=1, failed=1).is_success)
        self.assertFalse(outcome.Counts(passed=1, skipped=1).is_success)

    def test_last_line(self):
        """Programs read the sum in exactly this form."""
        self.assertEqual(
            '1 passed, 2 failed, 3 skipped',
            str(outcome.Counts(passed=1, failed=2, skipped=3)),
        )


class TestTotal(testtools.TestCase):
    def test_sum(self):
        """Every environment adds to each of the three numbers."""
        results = [
            outcome.EnvResult(
                env=env,
                counts=outcome.Counts(passed=1, failed=2, skipped=3),
                duration_s=0.1,
                log_path=pathlib.Path(env),
            )
            for env in ('py3', 'lab')
        ]

        self.assertEqual(
            outcome.Counts(passed=2, failed=4, skipped=6),
            outcome.total(results),
        )

    def test_nothing_ran(self):
        """A run of no environment is no success."""
        self.assertFalse(outcome.total([]).is_success)
