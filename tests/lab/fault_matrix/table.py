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

"""All rows of the matrix."""

from __future__ import annotations

from tests.lab.fault_matrix import attack_rows
from tests.lab.fault_matrix import certificate_faults
from tests.lab.fault_matrix import configuration_faults
from tests.lab.fault_matrix import fault
from tests.lab.fault_matrix import file_faults
from tests.lab.fault_matrix import trust_faults

FAULTS: tuple[fault.Fault, ...] = (
    *file_faults.FAULTS,
    *certificate_faults.FAULTS,
    *trust_faults.FAULTS,
    *configuration_faults.FAULTS,
    *attack_rows.FAULTS,
)
