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

"""Tests of running something in a node."""

from __future__ import annotations

import os
import pathlib
import pwd
import signal
import subprocess
import time
import unittest
from unittest import mock

from tests.lab.harness import errors
from tests.lab.harness.node import node
from tests.lab.harness.node import node_process
from tests.lab.harness.node import process


class ArgvTestCase(unittest.TestCase):
    """How a node is entered."""

    def setUp(self) -> None:
        super().setUp()
        self.node = node.Node(
            'host1',
            directory=pathlib.Path('/nonexistent'),
            init=process.ProcessIdentity(
                pid=4711, start_ticks=0, boot_id='of another boot'
            ),
        )

    def test_all_namespaces(self) -> None:
        """A command is in every namespace of the node, and at its root."""
        argv = self.node.argv(['true', '-x'])
        self.assertEqual(['nsenter', '--target', '4711'], argv[:3])
        entered = argv[3 : argv.index('--')]
        self.assertEqual(
            {'--net', '--mount', '--uts', '--pid', '--ipc', '--root', '--wd'},
            set(entered),
        )
        self.assertEqual(['true', '-x'], argv[argv.index('--') + 1 :])

    def test_user(self) -> None:
        """The groups are the user's, too."""
        nobody = pwd.getpwnam('nobody')
        argv = self.node.argv(['id'], user='nobody')
        self.assertEqual(
            [
                'setpriv',
                '--reuid=nobody',
                f'--regid={nobody.pw_gid}',
                '--init-groups',
                '--',
                'id',
            ],
            argv[-6:],
        )

    def test_dead_node(self) -> None:
        """An id that another process has now is not entered."""
        with (
            mock.patch.object(subprocess, 'Popen', autospec=True) as popen,
            self.assertRaisesRegex(errors.LabError, 'not running any more'),
        ):
            self.node.run(['true'])
        popen.assert_not_called()


class NodeProcessTestCase(unittest.TestCase):
    """The shell here plays nsenter: it waits for the real process."""

    def start(self, script: str) -> node_process.NodeProcess:
        started = subprocess.Popen(
            ['sh', '-c', script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running = node_process.NodeProcess(started, description='it')
        self.addCleanup(running.__exit__, None, None, None)
        return running

    def test_signal_reaches_the_real_process(self) -> None:
        """The one that waits for it does not get the signal."""
        running = self.start('sleep 600; echo $?')
        running.signal(signal.SIGTERM)
        stdout, _ = running.communicate(timeout_s=30)
        self.assertEqual(f'{128 + signal.SIGTERM}\n', stdout)

    def test_pid_is_the_real_process(self) -> None:
        """The id is the child's."""
        running = self.start('sleep 60; exit 0')
        comm = pathlib.Path(f'/proc/{running.pid}/comm')
        stat = process.read_stat(running.pid)
        assert stat is not None
        self.assertNotEqual(os.getpid(), stat.parent_pid)
        self.assertTrue(comm.exists())

    def test_timeout(self) -> None:
        """After its time everything in the group is killed."""
        running = self.start('sleep 60; exit 0')
        child = process.identify(running.pid)
        assert child is not None
        with self.assertRaisesRegex(errors.LabError, 'it still ran after 0'):
            running.communicate(timeout_s=0)
        self.assertEqual(-signal.SIGKILL, running.poll())
        deadline = time.monotonic() + 30
        while child.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertFalse(child.is_alive())

    def test_signal_after_the_end(self) -> None:
        """A process that has ended is an error, not another process."""
        running = self.start('exit 3')
        self.assertEqual(3, running.wait(30))
        with self.assertRaisesRegex(errors.LabError, 'has ended'):
            running.signal(signal.SIGTERM)
