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

"""Keeps Nova's functional tests from waiting for themselves for ever.

Nova's CellDatabases fixture (nova/tests/fixtures/nova.py) guards its state
with a lock of many readers and one writer, in which a writer that waits
keeps new readers out (fasteners, ReaderWriterLock). From 34.0.0 on a test
that holds it as a reader runs nova-compute's periodic tasks, and these run
in a thread of their own (ComputeManager.update_available_resource): it waits
for a thread that may not read because of a writer that waits for the test.
Seen with Nova's own class and with ours, with eventlet and on native threads.
"""

from __future__ import annotations

import sys

MODULE = 'nova.tests.fixtures.nova'


def let_readers_pass() -> bool:
    """Let a reader in while a writer waits; a writer that works counts.

    For the one lock of that fixture, in this process; False if the fixture
    is not loaded.
    """
    fixtures = sys.modules.get(MODULE)
    if fixtures is None:
        return False
    fixtures.ReaderWriterLock.has_pending_writers = False
    return True
