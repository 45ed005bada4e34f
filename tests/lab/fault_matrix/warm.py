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

"""How are commands of ours run in a node, quickly?"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import select
import subprocess
import sys

from tests.lab.fault_matrix import warm_program
from tests.lab.harness import errors
from tests.lab.harness.node import node as lab_node
from tests.lab.harness.node import node_process

TIMEOUT_S = 120


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended, and what it printed."""

    status: int
    stdout: str
    stderr: str


class WarmCommand:
    """A process in a node that is one command line after another.

    Only one at a time: whoever wants two at a time needs two of these.
    """

    def __init__(self, node: lab_node.Node, number: int) -> None:
        self._node = node
        self._files = {
            name: f'/run/command-{number}.{name}'
            for name in ('stdout', 'stderr')
        }
        self._running: node_process.NodeProcess | None = None

    def start(self, *argv: str) -> None:
        """Start a command, given without the name of the program."""
        if self._running is None or self._running.poll() is not None:
            self._running = self._node.popen(
                [sys.executable, str(pathlib.Path(warm_program.__file__))],
                stdin=subprocess.PIPE,
                # What it says itself, it says because it is broken.
                stderr=subprocess.DEVNULL,
            )
        assert self._running.stdin is not None
        asked = {'argv': list(argv), **self._files}
        self._running.stdin.write(json.dumps(asked) + '\n')
        self._running.stdin.flush()

    def wait(self) -> Done:
        """Wait until the command that was started has ended.

        :raises LabError: it has not after two minutes, and was killed.
        """
        assert self._running is not None
        answer = self._running.stdout
        assert answer is not None
        ready, _writable, _broken = select.select([answer], [], [], TIMEOUT_S)
        line = answer.readline() if ready else ''
        if not line:
            self._running.kill()
            raise errors.LabError(
                f'a command on {self._node.name} did not end in {TIMEOUT_S} s'
            )
        return Done(
            status=json.loads(line)['status'],
            **{
                name: self._node.path(path).read_text(errors='replace')
                for name, path in self._files.items()
            },
        )

    def run(self, *argv: str) -> Done:
        """Run a command to its end."""
        self.start(*argv)
        return self.wait()
