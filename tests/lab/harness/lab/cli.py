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

"""The command ``tools/lab``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
import json
import os
import pathlib
import signal
import sys
from types import FrameType

from tests.lab.harness import errors
from tests.lab.harness.lab import debian
from tests.lab.harness.lab import lab
from tests.lab.harness.lab import requirements
from tests.lab.harness.lab import status as lab_status
from tests.lab.harness.node import environment

EXIT_FAILED = 1
#: argparse exits with it, too: the command could not even begin.
EXIT_UNUSABLE = 2


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code.

    0 is success, 1 a failure (``status``: the lab is not up), 2 that this
    machine or this user cannot run a lab. ``exec`` does not return: the
    exit code is that of the command.
    """
    # A terminated ``up`` takes its nodes with it, like an interrupted one.
    signal.signal(signal.SIGTERM, _interrupt)
    options = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except errors.RequirementError as err:
        print(err, file=sys.stderr)
        return EXIT_UNUSABLE
    except errors.LabError as err:
        print(err, file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print('Interrupted.', file=sys.stderr)
        return EXIT_FAILED


def _up(options: argparse.Namespace) -> int:
    suites = dict(options.debian)
    strangers = suites.keys() - {f'host{n + 1}' for n in range(options.hosts)}
    if strangers:
        raise errors.LabError(
            f'The lab has no {", ".join(sorted(strangers))}.'
        )
    requirements.check()
    trees = debian.roots(suites, progress=_say)
    lab.Lab.up(options.name, options.hosts, trees=trees, progress=_say)
    return 0


def _down(options: argparse.Namespace) -> int:
    lab.Lab.down(options.name, keep_logs=options.keep_logs, progress=_say)
    return 0


def _status(options: argparse.Namespace) -> int:
    requirements.check_root()
    status = lab.Lab.status(options.name)
    if options.format == 'json':
        print(json.dumps(dataclasses.asdict(status), indent=2))
    else:
        for line in _lines(status):
            print(line)
    return 0 if status.state == lab_status.UP else EXIT_FAILED


def _exec(options: argparse.Namespace) -> int:
    requirements.check()
    node = lab.Lab.open(options.name).node(options.node)
    if not options.argv:
        raise errors.LabError('There is no command to run after --.')
    # nsenter stays between the terminal and the command: it has to survive
    # the keys that end the command, and the command must not.
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    restored = ['env', '--default-signal=INT,QUIT', *options.argv]
    entered = node.argv(restored)
    sys.stdout.flush()
    os.execvpe(entered[0], entered, environment.inside_lab())


def _lines(status: lab_status.LabStatus) -> list[str]:
    """Return the table that ``status`` prints."""
    lines = [f'The lab {status.name} is {status.state}.']
    for node in status.nodes:
        daemon = ''
        if node.libvirtd is not None:
            daemon = 'libvirtd ' + ('runs' if node.libvirtd else 'is down')
        where = '  '.join(
            f'{network} {ipv4} {ipv6}'
            for network, (ipv4, ipv6) in node.addresses.items()
        )
        state = 'alive' if node.alive else 'ended'
        line = f'{node.name:<12}{state:<7}{daemon:<18}{where}'
        lines.append(line.rstrip())
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='lab',
        description='Real libvirt hosts, a controller and their networks '
        'on this machine, in namespaces.',
    )
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    up = _add(commands, 'up', _up, 'bring a lab up')
    up.add_argument(
        '--hosts',
        type=int,
        default=lab.DEFAULT_HOST_COUNT,
        metavar='K',
        help='number of libvirt hosts (default: %(default)s)',
    )
    up.add_argument(
        '--debian',
        type=_host_and_suite,
        action='append',
        default=[],
        metavar='HOST=SUITE',
        help='run a host from the tree of another Debian, such as '
        'host2=trixie; the tree is made when there is none',
    )
    status = _add(commands, 'status', _status, 'show what there is of a lab')
    status.add_argument(
        '-f', '--format', choices=('text', 'json'), default='text'
    )
    run = _add(commands, 'exec', _exec, 'run a command in a node')
    run.add_argument(
        'node', metavar='HOST', help='host1, host2, ..., controller or switch'
    )
    run.add_argument('argv', nargs='*', metavar='CMD', help='after a --')
    down = _add(commands, 'down', _down, 'remove a lab and all its state')
    down.add_argument(
        '--keep-logs',
        type=pathlib.Path,
        metavar='DIR',
        help='copy the logs of the nodes to this directory first',
    )
    return parser


def _host_and_suite(text: str) -> tuple[str, str]:
    host, found, suite = text.partition('=')
    if not (found and suite.isalnum()):
        raise argparse.ArgumentTypeError(f'{text!r} is not HOST=SUITE')
    return host, suite


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    command: Callable[[argparse.Namespace], int],
    description: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=description)
    parser.set_defaults(command=command)
    parser.add_argument(
        '--name',
        default=lab.DEFAULT_NAME,
        metavar='N',
        help='name of the lab (default: %(default)s)',
    )
    return parser


def _say(line: str) -> None:
    print(line, flush=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
