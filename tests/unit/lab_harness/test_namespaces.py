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

"""Tests of ending a node; what it may not end, above all."""

from __future__ import annotations

import pathlib
import subprocess
import tempfile
import time
import unittest

from tests.lab.harness import errors
from tests.lab.harness.node import namespaces
from tests.lab.harness.node import process


class EndTestCase(unittest.TestCase):
    """Only the recorded process with the right command line is ended."""

    def setUp(self) -> None:
        super().setUp()
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = pathlib.Path(temporary.name) / 'host1'
        self.directory.mkdir()

    def _start(self, argument: str) -> subprocess.Popen[bytes]:
        # Two commands, so that sh stays and has a child, like unshare.
        script = 'sleep 600; exit 0'
        started = subprocess.Popen(
            ['sh', '-c', script, argument],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(started.wait)
        self.addCleanup(started.kill)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            identity = process.identify(started.pid)
            assert identity is not None
            children = identity.children()
            if children:
                for child in children:
                    self.addCleanup(process.kill, child, timeout_s=10)
                return started
        self.fail('sh started no child')

    def _record(self, pid: int, *, boot_id: str | None = None) -> None:
        stat = pathlib.Path(f'/proc/{pid}/stat').read_text()
        text = f'{boot_id or process.boot_id()}\n{stat}'
        (self.directory / namespaces.RECORD).write_text(text)

    def test_ends_the_node(self) -> None:
        """The recorded process and its child are killed."""
        started = self._start(f'{self.directory}/init.sh')
        identity = process.identify(started.pid)
        assert identity is not None
        (child,) = identity.children()
        self._record(started.pid)
        namespaces.end(self.directory)
        self.assertFalse(identity.is_alive())
        self.assertFalse(child.is_alive())

    def test_other_command_line(self) -> None:
        """A process whose command line is not the node's lives."""
        started = self._start(f'{self.directory}0/init.sh')
        self._record(started.pid)
        namespaces.end(self.directory)
        self.assertIsNone(started.poll())

    def test_other_boot(self) -> None:
        """A record of an earlier boot names no process of this one."""
        started = self._start(f'{self.directory}/init.sh')
        self._record(started.pid, boot_id='other')
        namespaces.end(self.directory)
        self.assertIsNone(started.poll())

    def test_id_used_again(self) -> None:
        """A process that has only the id of the recorded one lives."""
        started = self._start(f'{self.directory}/init.sh')
        self._record(started.pid)
        path = self.directory / namespaces.RECORD
        fields = path.read_text().split(' ')
        fields[21] = str(int(fields[21]) - 1)
        path.write_text(' '.join(fields))
        namespaces.end(self.directory)
        self.assertIsNone(started.poll())

    def test_no_record(self) -> None:
        """A node that was never started needs no ending."""
        namespaces.end(self.directory)

    def test_broken_record(self) -> None:
        """What cannot be read is not taken for an ended node."""
        (self.directory / namespaces.RECORD).write_text('x\ny\n')
        with self.assertRaisesRegex(errors.LabError, 'understood'):
            namespaces.end(self.directory)
