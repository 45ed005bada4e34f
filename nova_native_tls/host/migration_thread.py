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

"""Has a guest's QEMU a migration that stands still?

libvirt does not tell: for it the migration failed and is over, while in QEMU
the thread that led it still waits (``parallel-hang`` of the known issues).
"""

from __future__ import annotations

from collections.abc import Iterable
import contextlib
import os
import time

from nova_native_tls.host import process

#: As QEMU calls the thread that leads: migration/migration.c of 7.2,
#: MIGRATION_THREAD_SRC_MAIN in migration/migration.h from 9.0 on. libvirt
#: has QEMU name its threads (debug-threads=on).
LEADERS = frozenset({'live_migration', 'mig/src/main'})

#: One that moves wakes up ten times a second at least, to keep its rate.
PATIENCE_S = 1.0


def standing(pids: Iterable[int]) -> frozenset[int]:
    """Tell which QEMUs have a migration that did not move for a second.

    Takes this second only if one of them is in a migration at all. It does
    not say why: the destination may have stopped reading.

    :param pids: of QEMUs; one that ends meanwhile has no migration.
    """
    before = {pid: found for pid in pids if (found := _wakeups(pid))}
    if not before:
        return frozenset()
    time.sleep(PATIENCE_S)
    return frozenset(
        pid for pid, found in before.items() if _wakeups(pid) == found
    )


def _wakeups(pid: int) -> tuple[str, str] | None:
    """Give the leader's number, and how often it was switched to."""
    try:
        threads = os.listdir(f'/proc/{pid}/task')
    except OSError:
        return None
    for thread in threads:
        # One that has ended says nothing of the others.
        with contextlib.suppress(OSError):
            if process.read(pid, f'task/{thread}/comm').strip() in LEADERS:
                # Time on a processor, time in a queue, time slices.
                return thread, process.read(pid, f'task/{thread}/schedstat')
    return None
