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

import pathlib
import sys
import tempfile
import textwrap

import testtools

from tests.upstream import outcomes
from tests.upstream import worker

MODULE = 'tests_for_the_worker_to_load'
SOURCE = """
    import unittest

    class TestEnds(unittest.TestCase):
        def test_passes(self):
            pass

        def test_fails(self):
            self.assertEqual('this', 'that')

        def test_breaks(self):
            raise KeyError('broken')

        def test_skips(self):
            self.skipTest('no time')

        @unittest.expectedFailure
        def test_fails_as_expected(self):
            self.fail()

        @unittest.expectedFailure
        def test_passes_against_expectation(self):
            pass

        def test_breaks_afterwards(self):
            self.addCleanup(self.fail)
"""


class TestWorker(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(sys.modules.pop, MODULE, None)
        self.addCleanup(sys.path.remove, folder.name)
        sys.path.insert(0, folder.name)
        self.source = pathlib.Path(folder.name, f'{MODULE}.py')
        self.source.write_text(textwrap.dedent(SOURCE))

    def test_job_as_text(self):
        """What is written for a process is what it reads."""
        job = worker.Job(
            packages=('a',),
            selections=(('b', 'c'),),
            driver='d:E',
            only='f',
            share_number=1,
            share_of=2,
        )

        self.assertEqual(job, worker.Job.from_json(job.to_json()))

    def test_tests_are_sorted(self):
        """Every process counts the same tests off in the same order."""
        ids = [test.id() for test in worker.load([(MODULE, '')])]

        self.assertEqual(7, len(ids))
        self.assertEqual(sorted(ids), ids)

    def test_pattern(self):
        """Only the tests that are wanted are loaded."""
        found = worker.load([(MODULE, 'test_passes$')])

        self.assertEqual(
            [f'{MODULE}.TestEnds.test_passes'], [test.id() for test in found]
        )

    def test_no_such_test(self):
        """A pattern that finds nothing is an error, and not an empty run."""
        self.assertRaises(worker.LoadError, worker.load, [(MODULE, 'no_such')])

    def test_broken_module(self):
        """Tests that cannot be imported are an error that says why."""
        self.source.write_text('import no_such_module_at_all\n')

        error = self.assertRaises(
            worker.LoadError, worker.load, [(MODULE, '')]
        )
        self.assertIn('no_such_module_at_all', str(error))

    def test_ends(self):
        """Each way a test can end is told apart."""
        ends = worker.run(worker.load([(MODULE, '')]))

        status = outcomes.Status
        self.assertEqual(
            {
                'test_breaks': status.FAILED,
                'test_breaks_afterwards': status.FAILED,
                'test_fails': status.FAILED,
                'test_fails_as_expected': status.EXPECTED_FAILURE,
                'test_passes': status.PASSED,
                'test_passes_against_expectation': status.UNEXPECTED_SUCCESS,
                'test_skips': status.SKIPPED,
            },
            {
                test_id.rpartition('.')[2]: outcome.status
                for test_id, outcome in ends.items()
            },
        )
        failed = ends[f'{MODULE}.TestEnds.test_fails']
        self.assertIn("'this' != 'that'", failed.reason)
        self.assertIn('no time', ends[f'{MODULE}.TestEnds.test_skips'].reason)

    def test_test_without_end(self):
        """Tests whose class could not be set up have failed."""
        self.source.write_text(
            textwrap.dedent(SOURCE)
            + '\n    @classmethod\n    def setUpClass(cls):\n        1 / 0\n'
        )

        ends = worker.run(worker.load([(MODULE, 'test_passes$')]))

        failed = ends[f'{MODULE}.TestEnds.test_passes']
        self.assertEqual(outcomes.Status.FAILED, failed.status)
