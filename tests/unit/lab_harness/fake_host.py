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

"""A host of the lab that is a directory and what it was asked for."""

from __future__ import annotations

import pathlib
import subprocess

from tests.lab.harness import errors

LIST_HEADER = ' Id   Name   State\n---------------------\n'


class FakeHost:
    """Answers ``virsh list`` from ``states`` and records all the rest."""

    def __init__(self, directory: pathlib.Path, name: str = 'host1') -> None:
        self.name = name
        self.states: dict[str, str] = {}
        self.virsh_calls: list[tuple[str, ...]] = []
        self.runs: list[list[str]] = []
        self._directory = directory

    def path(self, inside: str) -> pathlib.Path:
        """Return where a file of this host is."""
        return self._directory / inside.lstrip('/')

    def virsh(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Behave as libvirt does to definitions and states."""
        if args[0] == 'list':
            lines = [
                f' -    {name}   {state}\n'
                for name, state in self.states.items()
            ]
            return subprocess.CompletedProcess(
                args, 0, stdout=LIST_HEADER + ''.join(lines) + '\n'
            )
        self.virsh_calls.append(args)
        if args[0] == 'define' and not self.path(args[1]).exists():
            raise errors.LabError(f'no file {args[1]}')
        if args[0] == 'destroy':
            self.states[args[1]] = 'shut off'
        if args[0] == 'undefine':
            del self.states[args[1]]
        return subprocess.CompletedProcess(args, 0, stdout='')

    def run(self, argv: list[str]) -> subprocess.CompletedProcess[str]:
        """Record a command and do nothing."""
        self.runs.append(argv)
        return subprocess.CompletedProcess(argv, 0, stdout='')

    def write_console(self, name: str, *lines: str) -> None:
        """Let the guest of this name have said ``lines`` here."""
        path = self.path(f'/var/log/libvirt/qemu/{name}-serial.log')
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(''.join(f'{line}\n' for line in lines))
