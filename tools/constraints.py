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

"""Write constraints/nova34.txt: one version for every package in use.

Or, for an older Nova, one version for every package that its tests need.

pip resolves all requirements of this repository together, without
installing anything. Run it by ``tox -e constraints``, on the oldest Python
that is supported: what can be had there can be had on the newer ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib
from typing import Any

from packaging import requirements
from packaging import utils

REPO = pathlib.Path(__file__).resolve().parent.parent
NEWEST = 34
RELEASES = range(29, NEWEST + 1)
SOURCES = (
    'requirements.txt',
    'test-requirements.txt',
    'tests/upstream/requirements.txt',
)
NEWEST_SOURCES = (
    *SOURCES,
    'tests/cloud/requirements.txt',
    'doc/requirements.txt',
    'constraints/nova34.in',
)
PYTHONS = ('3.11', '3.12', '3.13')
HEADER = """\
# Every package that this repository can need, at the version it is tested
# with. Written by "tox -e constraints"; see CONTRIBUTING.rst.
"""
OLDER_HEADER = """\
# What Nova's own tests of the libvirt driver and this repository need for
# "tox -e upstream-nova{0}". Written by "tox -e constraints -- --release {0}".
"""


def target(release: int) -> pathlib.Path:
    """The file of a release of Nova."""
    return REPO / 'constraints' / f'nova{release}.txt'


def extras(pyproject: pathlib.Path, release: int) -> list[str]:
    """The requirements of all extras, for older releases of libvirt only."""
    groups = tomllib.loads(pyproject.read_text())['project'][
        'optional-dependencies'
    ]
    return [
        line
        for name, group in groups.items()
        if release == NEWEST or name == 'libvirt'
        for line in group
    ]


def pins(text: str, free: Collection[str]) -> list[str]:
    """The pins of a constraints file, without the names that are free."""
    kept = []
    for line in text.splitlines():
        line = re.sub(r'\s*#.*', '', line).strip().replace('===', '==')
        if not line:
            continue
        name = requirements.Requirement(line).name
        if utils.canonicalize_name(name) not in free:
            kept.append(line)
    return kept


def resolve(base: list[str], release: int) -> list[dict[str, Any]]:
    """Ask pip for one version of everything; the metadata of each."""
    with tempfile.TemporaryDirectory() as folder:
        constraint = pathlib.Path(folder, 'base.txt')
        constraint.write_text('\n'.join(base) + '\n')
        report = pathlib.Path(folder, 'report.json')
        command = [sys.executable, '-m', 'pip', 'install', '--quiet']
        command += ['--dry-run', '--ignore-installed']
        command += ['--report', str(report), '--constraint', str(constraint)]
        for source in NEWEST_SOURCES if release == NEWEST else SOURCES:
            command += ['--requirement', str(REPO / source)]
        command += extras(REPO / 'pyproject.toml', release)
        subprocess.run(command, check=True)
        found = json.loads(report.read_text())['install']
    return [item['metadata'] for item in found]


def missing(packages: list[dict[str, Any]]) -> list[str]:
    """What another Python needs and this one did not resolve."""
    known = {utils.canonicalize_name(item['name']) for item in packages}
    lacking = set()
    for item in packages:
        for line in item.get('requires_dist', []):
            needed = requirements.Requirement(line)
            name = utils.canonicalize_name(needed.name)
            if name in known or needed.marker is None:
                continue
            for version in PYTHONS:
                environment = {
                    'extra': '',
                    'python_version': version,
                    'python_full_version': f'{version}.0',
                }
                if needed.marker.evaluate(environment):
                    lacking.add(f'{name} (Python {version}: {item["name"]})')
    return sorted(lacking)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--release',
        type=int,
        choices=RELEASES,
        default=NEWEST,
        help='the Nova whose constraints are written; default: %(default)s',
    )
    parser.add_argument(
        '--base',
        type=pathlib.Path,
        help='constraints that stay as they are; default: the present ones',
    )
    parser.add_argument(
        '--free',
        action='append',
        default=[],
        metavar='NAME',
        help='take the newest version of this package; "all" frees all',
    )
    arguments = parser.parse_args()
    free = {utils.canonicalize_name(name) for name in arguments.free}
    release = arguments.release
    path = target(release)
    base = []
    if 'all' not in free:
        base = pins((arguments.base or path).read_text(), free)
    packages = resolve(base, release)
    # What an older release lacks on another Python is not constrained.
    lacking = missing(packages) if release == NEWEST else []
    if lacking:
        print(
            f'Add to constraints/nova34.in: {", ".join(lacking)}',
            file=sys.stderr,
        )
        return 1
    lines = sorted(
        (f'{item["name"]}=={item["version"]}' for item in packages),
        key=str.lower,
    )
    header = HEADER if release == NEWEST else OLDER_HEADER.format(release)
    path.write_text(header + '\n'.join(lines) + '\n')
    print(f'{path.relative_to(REPO)}: {len(lines)} packages')
    return 0


if __name__ == '__main__':
    sys.exit(main())
