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

"""How does a node begin and end?

A node is what its init holds alive. The record of the process that makes
the init is written by that process itself before it makes anything, so
whatever happens to the one that asked for the node, the record is there.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import time

from tests.lab.harness import errors
from tests.lab.harness.node import environment
from tests.lab.harness.node import process

RECORD = 'record'
INIT_SCRIPT = 'init.sh'
INIT_LOG = 'init.log'

START_TIMEOUT_S = 30
END_TIMEOUT_S = 10

_UNSHARE = ('unshare', '--net', '--mount', '--uts', '--pid', '--ipc')
#: The init script sees to propagation and /proc: unshare's own options for
#: them do not work in a chroot.
_UNSHARE_OPTIONS = ('--fork', '--kill-child', '--propagation', 'unchanged')

#: Standard input is the lock of the lab, see the module ``state``.
_RECORD_AND_BECOME = """\
set -eu
record=$1
shift
cat /proc/sys/kernel/random/boot_id "/proc/$$/stat" > "$record.new"
mv "$record.new" "$record"
exec "$@" < /dev/null
"""


def start(directory: pathlib.Path, *, lock_fd: int) -> process.ProcessIdentity:
    """Start the node of a directory that holds its init script.

    :param lock_fd: the lock of the lab.
    :returns: the init of the node, seen from outside.
    :raises LabError: the node did not come up.
    """
    argv = ['setsid', '--fork', 'sh', '-c', _RECORD_AND_BECOME, 'lab-node']
    argv += [str(directory / RECORD), *_UNSHARE, *_UNSHARE_OPTIONS, '--']
    argv += ['sh', str(directory / INIT_SCRIPT)]
    with open(directory / INIT_LOG, 'ab') as log:
        subprocess.run(
            argv,
            stdin=lock_fd,
            stdout=log,
            stderr=log,
            cwd='/',
            env=environment.inside_lab(),
            check=True,
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        starter = read_record(directory)
        if starter is not None:
            for init in starter.children():
                if init.arguments()[:1] == ['tini']:
                    return init
            if not starter.is_alive():
                break
        time.sleep(0.01)
    log_text = (directory / INIT_LOG).read_text(errors='replace').strip()
    raise errors.LabError(
        f'the node {directory.name} did not start: '
        f'{log_text or "its init said nothing"}'
    )


def read_record(directory: pathlib.Path) -> process.ProcessIdentity | None:
    """Return who makes, or made, the init of a node.

    :raises LabError: there is a record, and it cannot be understood.
    """
    path = directory / RECORD
    try:
        text = path.read_text()
    except FileNotFoundError:
        return None
    boot_id, _, line = text.partition('\n')
    try:
        stat = process.parse_stat(line)
    except ValueError as err:
        raise errors.LabError(f'{path} cannot be understood.') from err
    return process.ProcessIdentity(
        pid=stat.pid, start_ticks=stat.start_ticks, boot_id=boot_id
    )


def end(directory: pathlib.Path) -> None:
    """End every process of a node and wait until its namespaces are free.

    Only a process that is the recorded one, and whose command line names
    the directory, is touched.

    :raises LabError: something of the node still lives.
    """
    starter = read_record(directory)
    if starter is None or not _names(starter, directory):
        return
    # Frozen first, so that no init appears after its children were read.
    process.freeze(starter, timeout_s=END_TIMEOUT_S)
    inits = starter.children()
    used = set().union(*(_namespaces(init.pid) for init in inits))
    for identity in (*inits, starter):
        if not process.kill(identity, timeout_s=END_TIMEOUT_S):
            raise errors.LabError(
                f'process {identity.pid} of {directory.name} survived SIGKILL.'
            )
    _wait_until_free(used, name=directory.name)


def _names(starter: process.ProcessIdentity, path: pathlib.Path) -> bool:
    return any(
        argument.startswith(f'{path}/') for argument in starter.arguments()
    )


def _namespaces(pid: int | str) -> set[str]:
    """Return the network and mount namespace of a process, if not ours."""
    found = set()
    for kind in ('net', 'mnt'):
        try:
            link = os.readlink(f'/proc/{pid}/ns/{kind}')
        except OSError:
            continue
        if link != os.readlink(f'/proc/self/ns/{kind}'):
            found.add(link)
    return found


def _wait_until_free(namespaces: set[str], *, name: str) -> None:
    """Wait for those who entered the node from outside to leave."""
    deadline = time.monotonic() + END_TIMEOUT_S
    while True:
        users = [
            entry
            for entry in os.listdir('/proc')
            if entry.isdigit() and namespaces & _namespaces(entry)
        ]
        if not users:
            return
        if time.monotonic() > deadline:
            raise errors.LabError(
                f'the namespaces of {name} are still used by process '
                f'{", ".join(users)}: end it.'
            )
        time.sleep(0.02)
