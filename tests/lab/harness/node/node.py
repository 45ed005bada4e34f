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

"""How is something run in a node?"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import pathlib
import pwd
import subprocess
from typing import IO

from tests.lab.harness import errors
from tests.lab.harness.node import addresses
from tests.lab.harness.node import environment
from tests.lab.harness.node import node_process
from tests.lab.harness.node import process

_WRITE = """\
set -eu
umask 077
mkdir -p -m 0755 "$(dirname "$1")"
cat > "$1.new"
chown "$3" "$1.new"
chmod "$2" "$1.new"
mv -T "$1.new" "$1"
"""


#: A node's users name the type of what ``popen`` returns.
NodeProcess = node_process.NodeProcess


class Node:
    """A set of namespaces that looks like a machine from within."""

    def __init__(
        self,
        name: str,
        *,
        directory: pathlib.Path,
        init: process.ProcessIdentity,
    ) -> None:
        self.name = name
        #: State of the node, outside of it.
        self.directory = directory
        #: First process of the node, seen from outside.
        self.init = init

    @property
    def fqdn(self) -> str:
        """The full name of the node."""
        return f'{self.name}.{addresses.DOMAIN}'

    @property
    def alive(self) -> bool:
        """Whether the node exists."""
        return self.init.is_alive()

    def path(self, inside: str) -> pathlib.Path:
        """Return where a file of the node is seen from outside.

        For files that the lab itself made: an absolute symbolic link on
        the way would lead to the *machine's* files. ``write_file`` and
        ``read_file`` have no such trap.
        """
        self._check_alive()
        return pathlib.Path(f'/proc/{self.init.pid}/root{inside}')

    def argv(
        self, argv: Sequence[str], *, user: str | None = None
    ) -> list[str]:
        """Return the command that runs a command in the node.

        :param user: run with the ids and groups of this user.
        """
        # The root is named explicitly: entering a mount namespace leads to
        # its topmost root, which is not the node's when the lab runs in a
        # chroot.
        entered = ['nsenter', '--target', str(self.init.pid), '--net']
        entered += ['--mount', '--uts', '--pid', '--ipc', '--root', '--wd']
        entered.append('--')
        if user is not None:
            group = pwd.getpwnam(user).pw_gid
            entered += ['setpriv', f'--reuid={user}', f'--regid={group}']
            entered += ['--init-groups', '--']
        return [*entered, *argv]

    def popen(
        self,
        argv: Sequence[str],
        *,
        user: str | None = None,
        env: Mapping[str, str] | None = None,
        stdin: int | IO[str] = subprocess.DEVNULL,
        stdout: int | IO[str] = subprocess.PIPE,
        stderr: int | IO[str] = subprocess.PIPE,
    ) -> NodeProcess:
        """Start a command in the node.

        :param env: variables to add to the environment.
        :raises LabError: the node is gone.
        """
        self._check_alive()
        entered = subprocess.Popen(
            self.argv(argv, user=user),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
            errors='replace',
            env=environment.inside_lab(env),
            cwd='/',
            umask=0o022,
            start_new_session=True,
        )
        return NodeProcess(entered, description=self._describe(argv))

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float = 60,
        check: bool = True,
        input: str | None = None,
        user: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the node to its end.

        :raises LabError: with ``check``, the exit code is not 0; always,
            the node is gone or the command exceeded its time (and was
            killed).
        """
        stdin = subprocess.DEVNULL if input is None else subprocess.PIPE
        with self.popen(argv, user=user, env=env, stdin=stdin) as running:
            stdout, stderr = running.communicate(input, timeout_s=timeout_s)
            code = running.poll()
        if code is None:
            raise errors.LabError(f'{self._describe(argv)} has no exit code')
        if check and code != 0:
            raise errors.LabError(
                f'{self._describe(argv)} exited with {code}: '
                f'{stderr.strip() or stdout.strip() or "no output"}'
            )
        return subprocess.CompletedProcess(
            list(argv), code, stdout=stdout, stderr=stderr
        )

    def write_file(
        self,
        path: str,
        text: str,
        *,
        mode: int = 0o644,
        owner: str = 'root:root',
    ) -> None:
        """Write a file of the node, atomically, with its directory.

        :param owner: user and group, with a colon between them.
        :raises LabError: it could not be written.
        """
        argv = ['sh', '-c', _WRITE, 'sh', path, f'{mode:04o}', owner]
        self.run(argv, input=text)

    def read_file(self, path: str) -> str:
        """Return the text of a file of the node.

        :raises LabError: it could not be read.
        """
        return self.run(['cat', '--', path]).stdout

    def _describe(self, argv: Sequence[str]) -> str:
        return f'{self.name}: {" ".join(argv[:6])!r}'

    def _check_alive(self) -> None:
        if not self.alive:
            raise errors.LabError(
                f'{self.name} is not running any more: take the lab down '
                'and up again.'
            )
