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

"""Compare a driver with Nova's own by running Nova's tests on both.

Exit status 0 means: the tests of the installed Nova end the same with the
driver as with LibvirtDriver, enough of them passed, and a driver that is
broken on purpose was found out. Nothing else is success.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import os
import pathlib
import shutil
import sys
import tempfile

from tests.upstream import compare
from tests.upstream import process
from tests.upstream import release

DRIVER = 'nova_native_tls.nova.driver:NativeTLSDriver'
SUITES = {
    suite.name: suite
    for suite in (release.UNIT, release.FUNCTIONAL, release.MORE)
}
DEFAULT_SUITES = (release.UNIT.name, release.FUNCTIONAL.name)


def parser() -> argparse.ArgumentParser:
    """What can be asked for on the command line."""
    result = argparse.ArgumentParser(
        prog='python -m tests.upstream', description=__doc__
    )
    result.add_argument(
        '--driver', default=DRIVER, help='MODULE:CLASS; default: %(default)s'
    )
    result.add_argument(
        '--release', type=int, help='fail unless this is the Nova installed'
    )
    result.add_argument(
        '--suite',
        choices=sorted(SUITES),
        action='append',
        help=f'may be repeated; default: {" and ".join(DEFAULT_SUITES)}',
    )
    result.add_argument(
        '--only',
        default='',
        metavar='REGEX',
        help='only tests whose id it finds; then one has to pass, no more',
    )
    result.add_argument(
        '--cores',
        type=int,
        default=min(os.cpu_count() or 1, 4),
        help='how many to use; default: %(default)s',
    )
    result.add_argument(
        '--timeout',
        type=float,
        default=1800,
        metavar='SECONDS',
        help='for one suite with one class; default: %(default)s',
    )
    result.add_argument(
        '--log-dir',
        type=pathlib.Path,
        help='keep logs and results there; default: only of a failure, '
        'below the folder for temporary files',
    )
    return result


def run(arguments: argparse.Namespace, folder: pathlib.Path) -> list[str]:
    """Do what the command line asks for; all that is wrong.

    :raises process.ProcessError: there is no complete result.
    :raises release.NovaError: this Nova cannot be used.
    """
    version = release.version()
    if arguments.release not in (None, release.major(version)):
        return [f'this is Nova {version}, not {arguments.release}']
    runner = compare.Runner(
        folder=folder,
        cores=arguments.cores,
        only=arguments.only,
        timeout_s=arguments.timeout,
    )
    driver = arguments.driver
    problems = [f'control: {text}' for text in compare.control(runner)]
    pairs = []
    for name in arguments.suite or DEFAULT_SUITES:
        suite = SUITES[name]
        pair = runner.pair(suite, driver)
        pairs.append(pair)
        passed_min = 1 if arguments.only else suite.passed_min
        found = compare.objections(pair, driver=driver, passed_min=passed_min)
        problems += [f'{name}: {text}' for text in found]
        compare.show(pair)
    total = compare.joined(pairs)
    problems += [str(difference) for difference in total.differences()]
    compare.say(total.summary(title=f'nova {version}', driver=driver))
    return problems


def main(argv: Sequence[str] | None = None) -> int:
    """Compare; 0 is success."""
    arguments = parser().parse_args(argv)
    folder = arguments.log_dir
    if folder is None:
        folder = pathlib.Path(tempfile.mkdtemp(prefix='nova-upstream-'))
    try:
        problems = run(arguments, folder)
    except (process.ProcessError, release.NovaError) as err:
        problems = [str(err)]
    for problem in problems:
        compare.say(f'FAILED {problem}')
    if problems:
        compare.say(f'Logs and results: {folder}')
        return 1
    if arguments.log_dir is None:
        shutil.rmtree(folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
