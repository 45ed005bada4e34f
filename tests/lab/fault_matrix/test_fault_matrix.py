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

"""One test for each fault: checks, QEMU, explanation and remedy agree."""

from __future__ import annotations

from collections.abc import Callable

import testtools

from tests.lab.fault_matrix import fault as matrix_fault
from tests.lab.fault_matrix import judgement
from tests.lab.fault_matrix import report
from tests.lab.fault_matrix import scene
from tests.lab.fault_matrix import table


class FaultMatrixTest(testtools.TestCase):
    """Two hosts and one guest for all of them."""


def _test(fault: matrix_fault.Fault) -> Callable[[FaultMatrixTest], None]:
    def test(self: FaultMatrixTest) -> None:
        found = judgement.judge(scene.get(), fault)
        self.assertEqual((), found.disagreements)

    test.__doc__ = f'{fault.name}.'
    return test


for _name, _fault in zip(report.ids(table.FAULTS), table.FAULTS, strict=True):
    setattr(FaultMatrixTest, f'test_{_name}', _test(_fault))
