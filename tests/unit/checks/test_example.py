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

"""The pre-check that the documentation shows is one."""

from __future__ import annotations

import importlib.util
import pathlib

import fixtures
import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.checks import runner

from tests.unit.checks import contexts

EXAMPLE = pathlib.Path(__file__).parents[3] / 'doc/examples/precheck.py'


class ExampleTest(testtools.TestCase):
    """Runs it as the driver would."""

    def setUp(self) -> None:
        super().setUp()
        spec = importlib.util.spec_from_file_location('precheck', EXAMPLE)
        self.example = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.example)
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.example.FILE = folder / 'no-arrivals'

    def _report(self, stage: base.Stage) -> result.CheckReport:
        check = self.example.MaintenanceCheck()
        return runner.Runner({'maintenance': check}).run(
            contexts.context(stage=stage)
        )

    def test_answers(self) -> None:
        """Success, and a failure in one sentence that says what to do."""
        report = self._report(base.Stage.DESTINATION)
        self.assertIs(result.Status.SUCCESS, report.status)
        self.example.FILE.touch()
        report = self._report(base.Stage.DESTINATION)
        self.assertEqual(
            f'compute1: there is a file {self.example.FILE}: remove it when '
            'maintenance is over',
            report.sentences(result.Status.FAILURE),
        )
