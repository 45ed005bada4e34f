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

"""How is a migration cancelled so that QEMU really ends it?

Over parallel connections QEMU's migration thread waits, again and again, until
each connection has sent everything (multifd_send_sync_main in
migration/multifd.c, QEMU 7.2 and 10.0). A connection's thread that finds, in
just that moment, that the migration is over ends without a word, and then the
wait has no end either. A migration that is slow spends nearly all of its time
sleeping instead of waiting, and is cancelled without that risk.

Domains are the binding's own objects here; nothing is imported from it.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import time
from typing import Any

from oslo_log import log as logging

LOG = logging.getLogger(__name__)

#: The least that libvirt lets a migration have.
SLOW_MIB_S = 1

#: QEMU divides its time into tenths of a second, and has sent what a new
#: speed permits when the one that has begun is over.
SETTLE_S = 0.3

#: A migration that is cancelled ends within seconds. Where the other end has
#: gone without a word, TCP needs up to two minutes to find out.
TIMEOUT_S = 150

#: What libvirt gives a guest whose speed nobody has set
#: (QEMU_DOMAIN_MIG_BANDWIDTH_MAX in src/qemu/qemu_domain.h, libvirt 9.0).
UNLIMITED_MIB_S = (2**63 - 1) // 2**20


def cancel(domain: Any) -> None:
    """Cancel the migration of a libvirt domain, slowed down first.

    It returns when libvirt has taken the order, not when the job is over.

    :raises libvirtError: libvirt did not take it.
    """
    with slowed_down(domain):
        domain.abortJob()


@contextlib.contextmanager
def slowed_down(domain: Any) -> Iterator[None]:
    """Keep its migration slow meanwhile; then its speed is as it was.

    Where that is not possible it goes on as it is: to cancel matters more.

    When QEMU's part is over libvirt gives the guest back the speed from before
    that (qemuMigrationSrcRun in src/qemu/qemu_migration.c, libvirt 9.0 to
    11.3). So nothing may be set before QEMU's part begins. It is given back
    here, too, for migrations that go on and for those that had just ended.
    """
    before = _slow_down(domain)
    try:
        yield
    finally:
        if before is not None and _speed(domain) == SLOW_MIB_S:
            _set_speed(domain, before)


def _slow_down(domain: Any) -> int | None:
    """Return the speed before, in MiB/s; None: it is as it was."""
    before = _speed(domain) if _sends_memory(domain) else None
    if before is None or not _set_speed(domain, SLOW_MIB_S):
        return None
    LOG.info(
        'The migration is slowed down to %s MiB/s and then cancelled',
        SLOW_MIB_S,
    )
    time.sleep(SETTLE_S)
    # Somebody else is cancelling it too, or was stopped in the middle of it.
    return UNLIMITED_MIB_S if before == SLOW_MIB_S else before


def _sends_memory(domain: Any) -> bool:
    try:
        return bool(domain.jobStats().get('memory_processed'))
    except Exception as err:
        LOG.warning('How far a migration is is not known: %s', err)
        return False


def _speed(domain: Any) -> int | None:
    try:
        return int(domain.migrateGetMaxSpeed())
    except Exception as err:
        LOG.warning('How fast a guest may migrate is not known: %s', err)
        return None


def _set_speed(domain: Any, speed_mib_s: int) -> bool:
    try:
        domain.migrateSetMaxSpeed(speed_mib_s)
    except Exception as err:
        LOG.warning(
            'The speed of a migration cannot be set to %s MiB/s: %s',
            speed_mib_s,
            err,
        )
        return False
    return True
