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

"""Print the whole matrix: ``python -m tests.lab.fault_matrix [WORDS ...]``.

With words only the faults whose names hold one of them.
"""

from __future__ import annotations

import argparse
import sys
import time

from nova_native_tls.cmd import exit_status
from tests.lab.fault_matrix import judgement
from tests.lab.fault_matrix import report
from tests.lab.fault_matrix import scene
from tests.lab.fault_matrix import table


def main() -> int:
    """Judge every fault, and fail if anybody disagrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('words', nargs='*', metavar='WORDS')
    words = parser.parse_args().words
    found = []
    started = time.monotonic()
    for fault in table.FAULTS:
        if words and not any(each in fault.name for each in words):
            continue
        print(f'{fault.name} ...', file=sys.stderr, flush=True)
        found.append(judgement.judge(scene.get(), fault))
    print(report.table(found))
    taken_s = time.monotonic() - started
    print(f'{taken_s:.0f} s, {taken_s / max(len(found), 1):.1f} s each')
    if not found or any(each.disagreements for each in found):
        return exit_status.ExitStatus.FAILURE
    return exit_status.ExitStatus.SUCCESS


if __name__ == '__main__':
    sys.exit(main())
