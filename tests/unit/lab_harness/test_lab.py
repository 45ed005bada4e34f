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

"""Tests of what a lab is before, and after, it comes up."""

from __future__ import annotations

import os
import pathlib
import tempfile
import unittest
from unittest import mock

from tests.lab.harness import errors
from tests.lab.harness.lab import lab
from tests.lab.harness.lab import requirements
from tests.lab.harness.lab import state
from tests.lab.harness.lab import status as lab_status
from tests.lab.harness.node import process


class LabTestCase(unittest.TestCase):
    """The nodes of the labs here are this process itself."""

    def setUp(self) -> None:
        super().setUp()
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = state.of_lab(
            'x', root=pathlib.Path(temporary.name) / 'labs'
        )
        for patcher in (
            mock.patch.object(
                state, 'of_lab', autospec=True, return_value=self.directory
            ),
            mock.patch.object(requirements, 'check', autospec=True),
            mock.patch.object(requirements, 'check_root', autospec=True),
        ):
            patcher.start()
            self.addCleanup(patcher.stop)
        self.said: list[str] = []

    def finish(self, *names: str) -> None:
        """Leave the state of a lab of these hosts that is up."""
        me = process.identify(os.getpid())
        assert me is not None
        inits = dict.fromkeys(('switch', 'controller', *names), me)
        with state.locked(self.directory) as held:
            held.write_summary(
                state.Summary(host_count=len(names), inits=inits)
            )

    def test_open_no_lab(self) -> None:
        """The error says how to bring it up."""
        with self.assertRaises(errors.LabError) as raised:
            lab.Lab.open('x')
        self.assertEqual(
            'The lab x is not up: run "lab up --name x".',
            str(raised.exception),
        )

    def test_down_no_lab(self) -> None:
        """There is nothing to do, and nothing is made."""
        lab.Lab.down('x', progress=self.said.append)
        self.assertEqual(['The lab x is not up.'], self.said)
        self.assertFalse(self.directory.path.parent.exists())

    def test_status(self) -> None:
        """A lab without a summary is unfinished, not down and not up."""
        self.assertEqual(lab_status.DOWN, lab.Lab.status('x').state)
        with state.locked(self.directory):
            pass
        self.assertEqual(lab_status.UNFINISHED, lab.Lab.status('x').state)
        with self.assertRaises(errors.LabError):
            lab.Lab.open('x')

    def test_open(self) -> None:
        """The hosts are in the order of their numbers."""
        names = [f'host{n}' for n in range(1, 12)]
        self.finish(*names)
        opened = lab.Lab.open('x')
        self.assertEqual(names, [host.name for host in opened.hosts])
        self.assertEqual('203.0.113.12', opened.host('host2').migration_ipv4)
        for name in ('host12', 'switch'):
            with self.assertRaises(errors.LabError):
                opened.host(name)

    def test_open_with_an_ended_node(self) -> None:
        """A lab of which a part has ended is not handed out."""
        self.finish('host1')
        with (
            mock.patch.object(
                process.ProcessIdentity,
                'is_alive',
                autospec=True,
                return_value=False,
            ),
            self.assertRaisesRegex(errors.LabError, 'host1 of the lab x end'),
        ):
            lab.Lab.open('x')

    def test_up_twice(self) -> None:
        """The second time says so and returns the same lab."""
        self.finish('host1', 'host2')
        found = lab.Lab.up('x', progress=self.said.append)
        self.assertEqual(['The lab x is up already.'], self.said)
        self.assertEqual(2, len(found.hosts))

    def test_up_with_another_count(self) -> None:
        """A lab that is up is not changed."""
        self.finish('host1', 'host2')
        with self.assertRaisesRegex(errors.LabError, 'with 2 hosts, not 3'):
            lab.Lab.up('x', 3)

    def test_up_with_other_trees(self) -> None:
        """Nobody gets another Debian than was asked for."""
        self.finish('host1', 'host2')
        with self.assertRaisesRegex(errors.LabError, 'other root director'):
            lab.Lab.up('x', trees={'host2': pathlib.Path('/tree')})

    def test_up_without_hosts(self) -> None:
        """A lab of no host, or of too many, is refused."""
        for count in (0, -1, 201):
            with (
                self.subTest(count=count),
                self.assertRaisesRegex(errors.LabError, '1 to 200 hosts'),
            ):
                lab.Lab.up('x', count)
