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

"""python -m tests.functional.fidelity --sets 200 --seed 1"""

from __future__ import annotations

import argparse
import random
import sys

from nova_native_tls.migration import versions
from nova_native_tls.pki.gnutls import library
from tests.functional.fidelity import comparison
from tests.functional.fidelity import defect
from tests.functional.fidelity import qemu
from tests.functional.fidelity import report


def main() -> int:
    """Compare, print a table, and give 1 if anything disagreed."""
    options = _options()
    version = options.qemu_version or qemu.version()
    numbers = (
        range(options.sets) if options.set is None else range(*options.set)
    )
    print(
        f'seed {options.seed}, {len(numbers)} sets, QEMU {version}, GnuTLS '
        f'{library.version()}',
        flush=True,
    )
    only = sorted(defect.REGISTRY) if options.each else options.only
    found = report.Report()
    for one in comparison.compare(
        numbers, seed=options.seed, version=version, only=only
    ):
        found.add(one)
        if not one.agrees or options.verbose:
            print(*report.describe(one, seed=options.seed), sep='\n')
            sys.stdout.flush()
    print(*found.lines(), sep='\n')
    for one in found.untold:
        print('QEMU says no in other words than predicted:')
        print(*report.describe(one, seed=options.seed), sep='\n')
    print(
        f'{found.total.sets} sets, {len(found.unlike)} disagreements, '
        f'{len(found.untold)} refused in other words than predicted'
    )
    return 1 if found.unlike or found.untold or not found.total.sets else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='fidelity', description=__doc__)
    parser.add_argument('--sets', type=int, default=200)
    parser.add_argument(
        '--seed', type=int, default=random.SystemRandom().randrange(10**6)
    )
    parser.add_argument(
        '--set',
        type=lambda text: (int(text), int(text) + 1),
        help='only the set of this number',
    )
    parser.add_argument(
        '--only', nargs='*', default=(), choices=sorted(defect.REGISTRY)
    )
    parser.add_argument(
        '--each', action='store_true', help='every defect in its turn'
    )
    parser.add_argument('--qemu-version', type=versions.Version.parse)
    parser.add_argument('--verbose', action='store_true')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
