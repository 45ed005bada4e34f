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

"""Renew every certificate many times, and replace the CA, under a guest."""

from __future__ import annotations

import argparse
import statistics
import sys
import time

from tests.lab.certificates import rotation_run
from tests.lab.certificates import stand


def main() -> int:
    """Run it once, and print what came of it; 0 is success."""
    parser = argparse.ArgumentParser(prog='rotation', description=__doc__)
    parser.add_argument(
        '--renewals',
        type=int,
        default=50,
        help='of the certificate of each host, 3 or more (default: 50)',
    )
    arguments = parser.parse_args()
    began = time.monotonic()

    def progress(line: str) -> None:
        print(f'{time.monotonic() - began:5.0f} s  {line}', flush=True)

    one = stand.get()
    one.restore()
    progress('two hosts have certificates, by the commands of the first page')
    done = rotation_run.run(
        one, renewals=arguments.renewals, progress=progress
    )
    for leg in done.wrong:
        print(f'migration {leg.number} to {leg.destination}: {leg.wrong}')
    failures = _report(done, arguments.renewals)
    for failure in failures:
        print(f'FAILED: {failure}')
    print('FAILED' if failures else 'OK')
    return 1 if failures else 0


def _report(done: rotation_run.Outcome, renewals: int) -> list[str]:
    before, after = done.authorities
    durations = [leg.duration_s for leg in done.legs]
    pauses = [leg.pause_s for leg in done.legs]
    print(f'{done.duration_s:.0f} s, {len(done.legs)} migrations')
    print(f'  {len(done.wrong)} failed, in clear text, or after a restart')
    print(
        f'  {statistics.median(durations):.1f} s each (median), '
        f'{statistics.median(pauses):.1f} s between two (median), '
        f'{max(pauses):.1f} s at most'
    )
    failures = [f'{len(done.wrong)} migrations'] if done.wrong else []
    for name, serials in done.serials.items():
        print(f'  {name}: {len(set(serials))} certificates')
        if len(set(serials)) != renewals:
            failures.append(f'{name} was not renewed {renewals} times')
    sets = {sets for leg in done.legs for sets in leg.sets}
    print(f'  {len(sets)} combinations of sets were migrated with')
    print(f'  CA: {len(before & after)} of {len(before)} kept')
    if before & after or len(after) != 1:
        failures.append('the CA was not replaced')
    return failures


if __name__ == '__main__':
    sys.exit(main())
