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

"""How many examples a test tries.

The same ones every time, unless FUZZ_TIMES asks for so many times as many:
then for others in each run.
"""

from __future__ import annotations

import os

import hypothesis

_TIMES = int(os.environ.get('FUZZ_TIMES', '1'))


def examples(count: int) -> hypothesis.settings:
    """The settings of a test that tries so many examples."""
    return hypothesis.settings(
        max_examples=count * _TIMES,
        derandomize=_TIMES == 1,
        # Time is measured in ``limits``, and not by the clock.
        deadline=None,
        # Nothing is kept from one run to the next.
        database=None,
        print_blob=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
