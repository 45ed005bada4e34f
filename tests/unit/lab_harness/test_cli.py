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

"""Tests of the command ``tools/lab``."""

from __future__ import annotations

import contextlib
import io
import json
import pathlib
import signal
import unittest
from unittest import mock

from tests import debian_tree
from tests.lab.harness import errors
from tests.lab.harness.lab import cli
from tests.lab.harness.lab import debian
from tests.lab.harness.lab import lab
from tests.lab.harness.lab import requirements
from tests.lab.harness.lab import status as lab_status


class MainTestCase(unittest.TestCase):
    """Exit codes and what is printed."""

    def setUp(self) -> None:
        super().setUp()
        handler = signal.getsignal(signal.SIGTERM)
        self.addCleanup(signal.signal, signal.SIGTERM, handler)
        patcher = mock.patch.object(requirements, 'check_root', autospec=True)
        patcher.start()
        self.addCleanup(patcher.stop)

    def run_cli(self, *argv: str) -> tuple[int, str, str]:
        stdout = io.StringIO()
        stderr = io.StringIO()
        with (
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
        ):
            code = cli.main(argv)
        return code, stdout.getvalue(), stderr.getvalue()

    def test_up(self) -> None:
        """Name and number of hosts are passed on."""
        with (
            mock.patch.object(requirements, 'check', autospec=True),
            mock.patch.object(lab.Lab, 'up', autospec=True) as up,
        ):
            result = self.run_cli('up', '--name', 'x', '--hosts', '3')
        up.assert_called_once_with('x', 3, trees={}, progress=mock.ANY)
        self.assertEqual((0, '', ''), result)

    def test_up_with_another_debian(self) -> None:
        """Its tree is made first; this machine's own Debian needs none."""
        tree = pathlib.Path('/trees/trixie-lab')
        with (
            mock.patch.object(requirements, 'check', autospec=True),
            mock.patch.object(
                debian_tree, 'own_suite', autospec=True, return_value='sid'
            ),
            mock.patch.object(
                debian_tree, 'make', autospec=True, return_value=tree
            ) as make,
            mock.patch.object(lab.Lab, 'up', autospec=True) as up,
        ):
            suites = ('--debian', 'host1=sid', '--debian', 'host2=trixie')
            result = self.run_cli('up', *suites)
        make.assert_called_once_with('trixie', debian.CONTENT, tell=mock.ANY)
        self.assertEqual({'host2': tree}, up.call_args.kwargs['trees'])
        self.assertEqual((0, '', ''), result)

    def test_up_with_a_debian_for_nobody(self) -> None:
        """A host that is not there is no host of another Debian."""
        result = self.run_cli('up', '--debian', 'host3=trixie')
        self.assertEqual((1, '', 'The lab has no host3.\n'), result)

    def test_unusable_machine(self) -> None:
        """One sentence and exit code 2."""
        error = errors.RequirementError('The lab needs root.')
        with mock.patch.object(
            requirements, 'check', autospec=True, side_effect=error
        ):
            result = self.run_cli('up')
        self.assertEqual((2, '', 'The lab needs root.\n'), result)

    def test_failure(self) -> None:
        """One message and exit code 1."""
        error = errors.LabError('No.')
        with mock.patch.object(
            lab.Lab, 'down', autospec=True, side_effect=error
        ):
            result = self.run_cli('down')
        self.assertEqual((1, '', 'No.\n'), result)

    def test_status_of_no_lab(self) -> None:
        """A lab that is not up is no success."""
        status = lab_status.LabStatus(
            name='x', state=lab_status.DOWN, directory='/d'
        )
        with mock.patch.object(
            lab.Lab, 'status', autospec=True, return_value=status
        ):
            text = self.run_cli('status', '--name', 'x')
            code, printed, _ = self.run_cli('status', '-f', 'json')
        self.assertEqual((1, 'The lab x is down.\n', ''), text)
        self.assertEqual(1, code)
        self.assertEqual('down', json.loads(printed)['state'])

    def test_status_of_nodes(self) -> None:
        """A host whose libvirtd is down is seen at once."""
        host = lab_status.NodeStatus(
            name='host1',
            alive=True,
            init_pid=9,
            libvirtd=False,
            addresses={'management': ('198.51.100.11', '2001:db8:1::11')},
        )
        status = lab_status.LabStatus(
            name='x', state=lab_status.UP, directory='/d', nodes=(host,)
        )
        with mock.patch.object(
            lab.Lab, 'status', autospec=True, return_value=status
        ):
            code, printed, _ = self.run_cli('status')
        self.assertEqual(0, code)
        self.assertEqual(
            'host1       alive  libvirtd is down  '
            'management 198.51.100.11 2001:db8:1::11',
            printed.splitlines()[1],
        )

    def test_exec(self) -> None:
        """Options after -- are the command's, and nsenter replaces us."""
        node = mock.Mock()
        node.argv.side_effect = lambda argv: ['nsenter', *argv]
        opened = mock.Mock()
        opened.node.return_value = node
        with (
            mock.patch.object(requirements, 'check', autospec=True),
            mock.patch.object(
                lab.Lab, 'open', autospec=True, return_value=opened
            ),
            mock.patch('signal.signal', autospec=True),
            mock.patch(
                'os.execvpe', autospec=True, side_effect=KeyboardInterrupt
            ) as execvpe,
        ):
            self.run_cli('exec', 'host1', '--', 'virsh', 'list', '--all')
        opened.node.assert_called_once_with('host1')
        self.assertEqual(
            [
                'nsenter',
                'env',
                '--default-signal=INT,QUIT',
                'virsh',
                'list',
                '--all',
            ],
            execvpe.call_args.args[1],
        )
