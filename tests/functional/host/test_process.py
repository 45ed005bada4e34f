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

"""What is known of other processes, against processes of our own."""

from __future__ import annotations

import os
import pathlib
import subprocess

from nova_native_tls.host import listening
from nova_native_tls.host import process
from tests.functional.host import started
from tests.functional.host import trees


class ProcessTest(trees.NeedsRoot):
    """A process that sleeps."""

    def start(self, *prefix: str) -> int:
        """Start one that has told that it runs."""
        argv = (*prefix, 'sh', '-c', 'echo; exec sleep 1000')
        return self.useFixture(started.Started(*argv)).pid

    def test_identity(self) -> None:
        """As whom it uses files: what the kernel says."""
        pid = self.start(
            *('setpriv', '--reuid', '64101', '--regid', '64201'),
            *('--groups', '64201,64202'),
        )
        found = process.identity(pid)
        self.assertEqual((64101, 64201), (found.uid, found.gid))
        self.assertEqual(frozenset({64201, 64202}), found.groups)

    def test_started_at(self) -> None:
        """A later process started later, and neither in the future."""
        first, second = self.start(), self.start()
        self.assertLess(
            process.started_at(os.getpid()), process.started_at(first) + 0.1
        )
        self.assertLess(
            process.started_at(first), process.started_at(second) + 0.1
        )
        # Written after it started, by the clock of files.
        stamp = self.root / 'stamp'
        stamp.touch()
        self.assertLess(
            process.started_at(second) - 0.1, stamp.stat().st_mtime
        )
        self.assertGreater(
            process.started_at(second) + 3600, stamp.stat().st_mtime
        )

    def test_root(self) -> None:
        """The same for a process like this one, /proc for another."""
        self.assertEqual('', process.root(self.start()))
        # Namespaces of their own do not matter, what is mounted there does.
        self.assertEqual('', process.root(self.start('unshare', '--mount')))
        mount = 'mount -t tmpfs none /etc && exec "$0" "$@"'
        other = self.start('unshare', '--mount', 'sh', '-c', mount)
        self.assertEqual(f'/proc/{other}/root', process.root(other))

    def test_network(self) -> None:
        """Listeners are those of the network that the process has."""
        here, there = self.start(), self.start('unshare', '--net')
        self.assertTrue(process.same_network(here))
        self.assertFalse(process.same_network(there))
        self.assertEqual(frozenset(), listening.read(there))

    def test_executable(self) -> None:
        """It is told when the program was replaced."""
        program = self.root / 'program'
        program.write_bytes(pathlib.Path('/bin/sleep').read_bytes())
        program.chmod(0o755)
        with subprocess.Popen([program, '1000']) as child:
            self.addCleanup(child.kill)
            self.assertEqual(str(program), process.executable(child.pid))
            program.unlink()
            self.assertEqual(
                f'{program} (deleted)', process.executable(child.pid)
            )
            child.kill()

    def test_gone(self) -> None:
        """There is nothing to tell of what is not there."""
        gone = subprocess.Popen(['true'])
        gone.wait()
        self.assertIsNone(process.name(gone.pid))
        self.assertRaises(OSError, process.identity, gone.pid)
        self.assertRaises(OSError, process.started_at, gone.pid)
