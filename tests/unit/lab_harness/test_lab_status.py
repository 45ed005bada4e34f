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

"""Tests of the status of a lab."""

from __future__ import annotations

import pathlib
import unittest

from tests.lab.harness.lab import status as lab_status
from tests.lab.harness.node import node
from tests.lab.harness.node import process

PATH = pathlib.Path('/nonexistent')


class OfNodesTestCase(unittest.TestCase):
    """A lab is up only when all of it is."""

    def test_no_nodes(self) -> None:
        """A lab of nothing is not up."""
        status = lab_status.of_nodes('x', path=PATH, nodes=())
        self.assertEqual(lab_status.BROKEN, status.state)

    def test_ended_node(self) -> None:
        """One node that has ended breaks the lab."""
        ended = node.Node(
            'controller',
            directory=PATH,
            init=process.ProcessIdentity(pid=1, start_ticks=0, boot_id='x'),
        )
        status = lab_status.of_nodes('x', path=PATH, nodes=(ended,))
        self.assertEqual(lab_status.BROKEN, status.state)
        self.assertEqual(
            lab_status.NodeStatus(
                name='controller',
                alive=False,
                init_pid=1,
                libvirtd=None,
                addresses={'management': ('198.51.100.10', '2001:db8:1::10')},
            ),
            status.nodes[0],
        )
