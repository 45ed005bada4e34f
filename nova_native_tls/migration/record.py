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

"""What is known of a migration that has happened."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses

from nova_native_tls.migration import adjustments
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import versions


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MigrationRecord:
    """One finished migration; None where nobody could say.

    :ivar mode: ``tls``, ``tunnelled`` or ``plaintext``.
    :ivar verified_name: what the source looked for in the destination's
        certificate; None without TLS.
    :ivar memory_bytes: sent for memory, repetitions included.
    :ivar disk_bytes: copied of disks.
    :ivar downtime_ms: how long the guest stood still.
    """

    name: str
    uuid: str
    source: str
    destination: str
    call: migration_call.MigrateCall
    adjustments: tuple[adjustments.Adjustment, ...]
    verified_name: str | None
    memory_bytes: int | None
    disk_bytes: int | None
    duration_s: float
    downtime_ms: int | None
    context: versions.Context

    def as_columns(self) -> Mapping[str, object]:
        """Flatten to what a command line shows; plain types only."""
        return {
            'guest': self.name,
            'uuid': self.uuid,
            'source': self.source,
            'destination': self.destination,
            'mode': self.call.mode,
            'verified_name': self.verified_name,
            'memory_bytes': self.memory_bytes,
            'disk_bytes': self.disk_bytes,
            'duration_s': round(self.duration_s, 2),
            'downtime_ms': self.downtime_ms,
            'source_libvirt': _text(self.context.source.libvirt),
            'source_qemu': _text(self.context.source.qemu),
            'destination_libvirt': _text(self.context.destination.libvirt),
            'destination_qemu': _text(self.context.destination.qemu),
        }


def _text(version: versions.Version | None) -> str | None:
    return None if version is None else str(version)
