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

"""How far a migration is."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One look at libvirt's job statistics; sizes in bytes.

    :ivar memory_sent: what crossed for memory, repetitions included.
    :ivar memory_remaining: what is to be sent for memory as it is now.
    :ivar disk_sent: what was copied of disks.
    :ivar total: what libvirt now expects to send; grows while the guest
        writes.
    :ivar downtime_ms: expected while it runs, measured afterwards; None where
        QEMU has not said.
    :ivar iteration: how often QEMU has gone through memory, from 1.
    """

    elapsed_ms: int
    memory_sent: int
    disk_sent: int
    remaining: int
    total: int
    rate_bytes_s: int
    downtime_ms: int | None
    iteration: int
    memory_remaining: int = 0

    @property
    def sent(self) -> int:
        """Memory and disks together."""
        return self.memory_sent + self.disk_sent


def from_job_stats(stats: Mapping[str, int]) -> Progress:
    """Read the fields of virDomainGetJobStats that QEMU fills.

    ``total`` and ``remaining`` cover memory and disks
    (qemuDomainJobDataToParams, libvirt 9.0 src/qemu/qemu_domainjob.c).
    """
    return Progress(
        elapsed_ms=stats.get('time_elapsed', 0),
        memory_sent=stats.get('memory_processed', 0),
        disk_sent=stats.get('disk_processed', 0),
        remaining=stats.get('data_remaining', 0),
        memory_remaining=stats.get('memory_remaining', 0),
        total=stats.get('data_total', 0),
        rate_bytes_s=stats.get('memory_bps', 0) + stats.get('disk_bps', 0),
        downtime_ms=stats.get('downtime'),
        iteration=stats.get('memory_iteration', 0),
    )
