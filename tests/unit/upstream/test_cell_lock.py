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

"""Readers of one lock pass a writer that waits."""

from __future__ import annotations

import sys
import types
from unittest import mock

import testtools

from tests.upstream import cell_lock


class Lock:
    """What fasteners asks before it lets a reader in."""

    @property
    def has_pending_writers(self) -> bool:
        """One waits."""
        return True


class FixtureLock(Lock):
    """Nova's own, for its fixture only."""


class LetReadersPassTest(testtools.TestCase):
    """With Nova's fixtures, and without."""

    def test_loaded(self) -> None:
        """The lock of the fixture says that nobody waits, others do not."""
        module = types.SimpleNamespace(ReaderWriterLock=FixtureLock)
        with mock.patch.dict(sys.modules, {cell_lock.MODULE: module}):
            self.assertTrue(cell_lock.let_readers_pass())
        self.assertFalse(FixtureLock().has_pending_writers)
        self.assertTrue(Lock().has_pending_writers)

    def test_not_loaded(self) -> None:
        """There is nothing to change."""
        with mock.patch.dict(sys.modules):
            sys.modules.pop(cell_lock.MODULE, None)
            self.assertFalse(cell_lock.let_readers_pass())
