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

"""A node that is this machine, without any namespace."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import os
import pathlib
import subprocess
from typing import IO

from tests.lab.harness import errors
from tests.lab.harness.node import node_process


class FakeNode:
    """Runs commands here, with files below a directory."""

    def __init__(self, directory: pathlib.Path, name: str = 'node1') -> None:
        self.name = name
        self.directory = directory
        self.files: dict[str, str] = {}

    def path(self, inside: str) -> pathlib.Path:
        """Return a path as it is."""
        return pathlib.Path(inside)

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        done = subprocess.run(
            list(argv),
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, **(env or {})},
            timeout=30,
        )
        if check and done.returncode:
            raise errors.LabError(done.stderr)
        return done

    def popen(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: int | IO[str] = subprocess.DEVNULL,
        stderr: int | IO[str] = subprocess.PIPE,
    ) -> node_process.NodeProcess:
        """Start a command."""
        entered = subprocess.Popen(
            list(argv),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
        return node_process.NodeProcess(entered, description=argv[0])

    def write_file(self, path: str, text: str) -> None:
        """Record what would be written."""
        self.files[path] = text
