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

"""python -m tests.functional.fidelity --sets 200 --seed 1 --tree trixie"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import random
import sys
import time

from nova_native_tls.migration import versions
from nova_native_tls.pki.gnutls import library
from tests import debian_tree
from tests.functional.fidelity import comparison
from tests.functional.fidelity import defect
from tests.functional.fidelity import qemu
from tests.functional.fidelity import report

#: What the comparison needs in a tree. python3-cffi-backend is behind a
#: virtual package that python3-cryptography wants.
CONTENT = debian_tree.Content(
    name='fidelity',
    packages=(
        'python3-cffi-backend',
        'python3-cryptography',
        'python3-fixtures',
        'python3-oslo.i18n',
        'qemu-utils',
    ),
)

#: How often a long run says how far it is.
_TOLD_EVERY_S = 60


def main() -> int:
    """Compare, print a table, and give 1 if anything disagreed."""
    options = _options()
    if options.tree is not None:
        return _compare_in_tree(options.tree, mirror=options.mirror)
    only = sorted(defect.REGISTRY) if options.each else options.only
    again = f'--seed {options.seed}'
    if only:
        again += ' --each' if options.each else f' --only {" ".join(only)}'
    found = report.Report(again=again)
    begin = time.monotonic()
    _compare(options, only, found)
    print(*found.lines(time.monotonic() - begin), sep='\n')
    print(
        f'{found.total.sets} sets, {len(found.unlike)} disagreements, '
        f'{len(found.untold)} refused in other words than predicted'
    )
    return 1 if found.unlike or found.untold or not found.total.sets else 0


def _compare(
    options: argparse.Namespace, only: Sequence[str], found: report.Report
) -> None:
    """Fill the report; say what disagrees at once, and how far this is."""
    version = options.qemu_version or qemu.version()
    numbers = (
        range(options.sets) if options.set is None else range(*options.set)
    )
    print(
        f'seed {options.seed}, {len(numbers)} sets, QEMU {version}, GnuTLS '
        f'{library.version()}',
        flush=True,
    )
    begin = told = time.monotonic()
    for one in comparison.compare(
        numbers, seed=options.seed, version=version, only=only
    ):
        found.add(one)
        if not one.agrees or options.verbose:
            print(*found.describe(one), sep='\n', flush=True)
        if time.monotonic() - told > _TOLD_EVERY_S:
            told = time.monotonic()
            print(
                f'after {told - begin:.0f} s: {found.total.sets} sets, '
                f'{len(found.unlike)} disagreements',
                flush=True,
            )


def _compare_in_tree(suite: str, *, mirror: str | None) -> int:
    try:
        tree = debian_tree.make(suite, CONTENT, mirror=mirror)
    except debian_tree.TreeError as err:
        print(err, file=sys.stderr)
        return 2
    _where, others = _tree_options().parse_known_args()
    command = ['python3', '-m', 'tests.functional.fidelity', *others]
    return debian_tree.enter(tree, command)


def _tree_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument(
        '--tree',
        metavar='SUITE',
        help="ask QEMU and GnuTLS of another Debian, such as trixie, in "
        "this machine's place: needs root, and a mirror the first time",
    )
    parser.add_argument(
        '--mirror',
        metavar='URL',
        help="where its packages come from; by default this machine's own",
    )
    return parser


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='fidelity',
        description=__doc__,
        parents=[_tree_options()],
        allow_abbrev=False,
    )
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
