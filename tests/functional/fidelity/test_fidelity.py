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

"""A short run of the comparison, and what it makes of a disagreement."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import io
import os
import sys
from typing import Any
from unittest import mock

import testtools

from nova_native_tls.pki import verdict
from tests.functional.fidelity import __main__ as fidelity
from tests.functional.fidelity import comparison
from tests.functional.fidelity import defect
from tests.functional.fidelity import qemu

#: For a longer run: python -m tests.functional.fidelity --sets 20000
SETS = int(os.environ.get('FIDELITY_SETS', len(defect.REGISTRY)))
#: A set with which nothing is wrong.
GOOD = ('--only', 'leaf.no-key-ids', '--seed', '1', '--set', '0')


def run(*arguments: str) -> tuple[int, str]:
    """Run the command in this process; its status and what it printed."""
    printed = io.StringIO()
    with (
        mock.patch.object(sys, 'argv', ['fidelity', *arguments]),
        contextlib.redirect_stdout(printed),
    ):
        status = fidelity.main()
    return status, printed.getvalue()


class FidelityTest(testtools.TestCase):
    def test_every_defect(self):
        """QEMU does what is predicted, with each defect at least once."""
        status, printed = run('--each', '--seed', '1', '--sets', str(SETS))
        self.assertEqual(0, status, printed)
        self.assertIn(f'{SETS} sets, 0 disagreements, 0 refused', printed)

    def _with(self, **wrong: Any) -> tuple[int, str]:
        """Run one good set, of which something else is predicted."""
        predict = comparison.predict

        def wrongly(*arguments) -> verdict.PairVerdict:
            return dataclasses.replace(predict(*arguments), **wrong)

        with mock.patch.object(comparison, 'predict', wrongly):
            # In this process, where the prediction is wrong.
            with mock.patch.object(
                concurrent.futures,
                'ProcessPoolExecutor',
                concurrent.futures.ThreadPoolExecutor,
            ):
                return run(*GOOD)

    def test_false_no_is_found(self):
        """It is told with what shows it again, and fails the run."""
        status, printed = self._with(findings=())
        self.assertEqual(1, status)
        self.assertIn('they connect: predicted False, QEMU True', printed)
        self.assertIn(
            'again: --seed 1 --only leaf.no-key-ids --set 0', printed
        )

    def test_wrong_side_is_found(self):
        """Also where the verdict is right."""
        status, printed = self._with(source_loads=False)
        self.assertEqual(1, status)
        self.assertIn('the source loads: predicted False', printed)

    def test_no_answer(self):
        """A QEMU that hangs fails the run, which goes on and names the set."""
        with mock.patch.object(
            qemu, 'ask', autospec=True, side_effect=qemu.Broken('hangs')
        ):
            with mock.patch.object(
                concurrent.futures,
                'ProcessPoolExecutor',
                concurrent.futures.ThreadPoolExecutor,
            ):
                status, printed = run(*GOOD)
        self.assertEqual(1, status)
        self.assertIn('QEMU gave no answer: hangs', printed)
        self.assertIn('--set 0', printed)
        self.assertIn('1 sets, 1 disagreements', printed)

    def test_nothing_compared(self):
        """That is no agreement."""
        status, _printed = run('--sets', '0')
        self.assertEqual(1, status)
