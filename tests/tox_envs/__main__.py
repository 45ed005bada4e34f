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

"""Build tox environments, run them, and add up what they say.

Those that wait for guests and services most of the time run one after
another; beside them, with what they leave of the processors, all others do.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import sys

from tests.tox_envs import lanes
from tests.tox_envs import outcome
from tests.tox_envs import program
from tests.tox_envs import report
from tests.tox_envs import run as tox_run
from tests.tox_envs import screen as tox_screen


def parser() -> argparse.ArgumentParser:
    """What can be asked for."""
    result = argparse.ArgumentParser(prog='tools/test', description=__doc__)
    result.add_argument('--tox', required=True, help=argparse.SUPPRESS)
    result.add_argument(
        '--log-dir', type=pathlib.Path, required=True, help=argparse.SUPPRESS
    )
    result.add_argument(
        '--first-step', type=int, default=1, help=argparse.SUPPRESS
    )
    result.add_argument(
        '--serial',
        action='store_true',
        default=(os.cpu_count() or 1) < 2,
        help='one environment after another, as always on one processor',
    )
    result.add_argument('envs', nargs='*', metavar='ENV')
    return result


def main() -> int:
    """Run the environments that are named, by default all; 0 is success."""
    arguments = parser().parse_args()
    arguments.log_dir.mkdir(parents=True, exist_ok=True)
    # What this program runs in is none of tox's business.
    os.environ.pop('VIRTUAL_ENV', None)
    envs = list(dict.fromkeys(arguments.envs or lanes.ENVS))
    serial = arguments.serial
    tox = program.Tox(arguments.tox, arguments.log_dir)
    status = 1
    with tox_screen.Screen() as screen:
        run = tox_run.Run(tox, screen, first_step=arguments.first_step)
        try:
            run.build(envs, serial=serial)
            run.run(lanes.lanes(envs, serial=serial))
            if outcome.total(run.results.values()).is_success:
                status = 0
        except KeyboardInterrupt:
            screen.say('', 'Interrupted: what follows is not the whole.')
            status = 130
        results = [run.results[env] for env in envs if env in run.results]
        screen.say(*report.total(results))
    return status


if __name__ == '__main__':
    sys.exit(main())
