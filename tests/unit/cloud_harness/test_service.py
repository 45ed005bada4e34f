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

"""A daemon is started, found again, and ended with all of its children."""

from __future__ import annotations

from collections.abc import Callable
import pathlib
import signal
import time

import fixtures
import testtools

from tests.cloud.harness.services import service
from tests.unit.cloud_harness import fake_node

#: A daemon with a child that does not end with it.
PARENT = 'sleep 60 & echo "child $!"; wait'


class ServiceTest(testtools.TestCase):
    """Real processes, and no namespaces."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.useFixture(
            fixtures.MonkeyPatch(
                'tests.cloud.harness.services.service.PID_DIRECTORY',
                str(self.directory / 'run'),
            )
        )
        self.node = fake_node.FakeNode(self.directory)

    def daemon(self, script: str, **env: str) -> service.Service:
        """Return a shell script as a daemon; it ends with the test."""
        made = service.Service(
            node=self.node,  # type: ignore[arg-type]
            name='daemon',
            argv=['sh', '-c', script],
            env=env,
        )
        self.addCleanup(made.kill)
        return made

    def wait_for_log(self, made: service.Service, text: str) -> None:
        """Wait until the daemon has said something."""
        deadline = time.monotonic() + 20
        while text not in made.log():
            self.assertLess(time.monotonic(), deadline, made.log())
            time.sleep(0.01)

    def wait_until(self, enough: Callable[[], bool]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + 20
        while not enough():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_start(self) -> None:
        """It runs, with its environment, and its words are in the log."""
        made = self.daemon('echo "said $WORD"; sleep 60', WORD='this')
        self.assertFalse(made.is_running)
        made.start()
        self.assertTrue(made.is_running)
        self.wait_for_log(made, 'said this')
        made.require_running()

    def test_found_again(self) -> None:
        """Another object of the same name asks the same daemon."""
        self.daemon('sleep 60').start()
        self.assertTrue(self.daemon('something else').is_running)

    def test_command_line(self) -> None:
        """What runs is told, and not what another object would start."""
        made = self.daemon('sleep 60')
        self.assertEqual([], made.command_line)
        made.start()
        # Before that it is setsid and env, with the same words at the end.
        self.wait_until(lambda: made.command_line == ['sh', '-c', 'sleep 60'])
        other = self.daemon('something else')
        self.assertEqual(made.command_line, other.command_line)

    def test_two_starts(self) -> None:
        """It is not started twice."""
        made = self.daemon('sleep 60')
        made.start()
        self.assertRaises(service.ServiceError, made.start)

    def test_ended(self) -> None:
        """A daemon that has ended is told, with its last words."""
        made = self.daemon('echo last words')
        made.start()
        self.wait_for_log(made, 'last words')
        deadline = time.monotonic() + 20
        while made.is_running and time.monotonic() < deadline:
            time.sleep(0.01)
        error = self.assertRaises(service.ServiceError, made.require_running)
        self.assertIn('last words', str(error))
        self.assertIn('daemon of node1', str(error))

    def test_kill_takes_children(self) -> None:
        """A child does not survive the SIGKILL of its parent."""
        made = self.daemon(PARENT)
        made.start()
        self.wait_for_log(made, 'child ')
        child = made.log().split()[1]
        self.assertTrue(_runs(child))
        made.kill()
        self.assertFalse(made.is_running)
        self.assertFalse(_runs(child))

    def test_stop_tells_of_survivors(self) -> None:
        """What ignores the signal is named and not taken for ended."""
        made = self.daemon("trap '' TERM; echo ready; sleep 60 & wait; wait")
        made.start()
        self.wait_for_log(made, 'ready')
        error = self.assertRaises(
            service.ServiceError, made.stop, timeout_s=0.2
        )
        self.assertIn('signal 15', str(error))
        self.assertTrue(made.is_running)

    def test_interrupt_is_not_ignored(self) -> None:
        """SIGINT ends it, although it was started in the background."""
        made = self.daemon('echo ready; exec sleep 60')
        made.start()
        self.wait_for_log(made, 'ready')
        made.kill(signal.SIGINT)
        self.assertFalse(made.is_running)

    def test_restart(self) -> None:
        """It is another process afterwards."""
        made = self.daemon('exec sleep 60')
        made.start()
        first = made.pid
        made.restart()
        self.assertIsNotNone(made.pid)
        self.assertNotEqual(first, made.pid)

    def test_same_id_other_process(self) -> None:
        """A recorded id that another process has now is not the daemon."""
        made = self.daemon('exec sleep 60')
        made.start()
        record = self.directory / 'run' / 'daemon.stat'
        kept = record.read_text()
        head, _, tail = kept.rpartition(')')
        fields = tail.split()
        fields[19] = str(int(fields[19]) + 1)
        record.write_text(f'{head}) {" ".join(fields)}')
        self.assertFalse(made.is_running)
        record.write_text(kept)
        self.assertTrue(made.is_running)


def _runs(pid: str) -> bool:
    try:
        line = pathlib.Path(f'/proc/{pid}/stat').read_text()
    except FileNotFoundError:
        return False
    return line.rpartition(')')[2].split()[0] not in 'ZX'
