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

"""Tests of where the root directory of a host of another Debian comes from."""

from __future__ import annotations

import pathlib
import unittest
from unittest import mock

from tests import debian_tree
from tests.lab.harness import errors
from tests.lab.harness.lab import debian

TREE = pathlib.Path('/trees/trixie-lab')


class RootsTestCase(unittest.TestCase):
    """The machine runs Debian 12."""

    def setUp(self) -> None:
        super().setUp()
        patcher = mock.patch.object(
            debian_tree, 'own_suite', autospec=True, return_value='bookworm'
        )
        patcher.start()
        self.addCleanup(patcher.stop)
        patcher = mock.patch.object(
            debian_tree, 'make', autospec=True, return_value=TREE
        )
        self.make = patcher.start()
        self.addCleanup(patcher.stop)

    def roots(self) -> dict[str, pathlib.Path]:
        return debian.roots(
            {'host1': 'bookworm', 'host2': 'trixie', 'host3': 'trixie'},
            progress=print,
        )

    def test_roots(self) -> None:
        """Hosts share a tree, and those of this Debian have none."""
        self.assertEqual({'host2': TREE, 'host3': TREE}, self.roots())

    def test_failure(self) -> None:
        """It is the lab's failure, in the same words."""
        self.make.side_effect = debian_tree.TreeError('No mirror.')
        with self.assertRaisesRegex(errors.LabError, r'^No mirror\.$'):
            self.roots()
