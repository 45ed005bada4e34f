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

"""Nova's libvirt driver, with migrations that are planned and checked.

Where nobody asks for encryption it is Nova's own class to the letter.
"""

from __future__ import annotations

from typing import Any

from nova.virt import event as virt_event

from nova_native_tls.checks import base
from nova_native_tls.nova import carrier
from nova_native_tls.nova.facts import own_facts
from nova_native_tls.nova.policy import legs
from nova_native_tls.nova import source_driver
from nova_native_tls.nova.telling import arrivals


class NativeTLSDriver(source_driver.SourceDriver):
    """Loaded as ``compute_driver = native_tls.NativeTLSDriver``."""

    def __init__(self, virtapi: Any, read_only: bool = False) -> None:
        super().__init__(virtapi, read_only)
        self._native_tls_arrivals = arrivals.Arrivals()

    def check_can_live_migrate_destination(
        self,
        context: Any,
        instance: Any,
        src_compute_info: Any,
        dst_compute_info: Any,
        block_migration: bool = False,
        disk_over_commit: bool = False,
    ) -> Any:
        """Check this host as a destination, and send its facts along."""
        # Before Nova's own check, which leaves a file behind that Nova removes
        # only if this method returns.
        said = self._native_tls_legs.destination(context, instance)
        migrate_data = super().check_can_live_migrate_destination(
            context,
            instance,
            src_compute_info,
            dst_compute_info,
            block_migration,
            disk_over_commit,
        )
        if said is not None:
            said.put(migrate_data)
        return migrate_data

    def check_source_migrate_data_at_dest(
        self,
        ctxt: Any,
        instance: Any,
        migrate_data: Any,
        migration: Any,
        limits: Any,
        allocs: Any,
    ) -> Any:
        """Check this destination again, now that the source has spoken."""
        self._native_tls_legs.destination_again(ctxt, instance, migrate_data)
        return super().check_source_migrate_data_at_dest(
            ctxt, instance, migrate_data, migration, limits, allocs
        )

    def pre_live_migration(
        self,
        context: Any,
        instance: Any,
        block_device_info: Any,
        network_info: Any,
        disk_info: Any,
        migrate_data: Any,
    ) -> Any:
        """Prepare as Nova does, and send this destination's facts again.

        nova-compute has emptied the dictionary that carries them.
        """
        terms = self._native_tls_legs.preparation(context, instance)
        in_clear = terms is None or terms.encrypted is False
        if not in_clear:
            self._native_tls_arrivals.expect(context, instance)
        migrate_data = super().pre_live_migration(
            context,
            instance,
            block_device_info,
            network_info,
            disk_info,
            migrate_data,
        )
        if terms is not None:
            legs.Sent(
                role=carrier.Role.DESTINATION,
                terms=terms,
                own=None
                if in_clear
                else own_facts.collect(self._host, base.Stage.DESTINATION),
            ).put(migrate_data)
        return migrate_data

    def post_live_migration_at_destination(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_migration: bool = False,
        block_device_info: Any = None,
    ) -> Any:
        """Do as Nova does: the guest has arrived."""
        if self._native_tls_arrivals.expects(instance.uuid):
            self._native_tls_arrivals.arrived(instance.uuid)
        return super().post_live_migration_at_destination(
            context, instance, network_info, block_migration, block_device_info
        )

    def rollback_live_migration_at_destination(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any,
        destroy_disks: bool = True,
        migrate_data: Any = None,
    ) -> Any:
        """Tell what this host's QEMU said, then clean up as Nova does."""
        if self._native_tls_arrivals.expects(instance.uuid):
            self._native_tls_arrivals.not_arrived(instance.uuid)
        return super().rollback_live_migration_at_destination(
            context,
            instance,
            network_info,
            block_device_info,
            destroy_disks,
            migrate_data,
        )

    def emit_event(self, event: Any) -> None:
        """Pass an event on; a guest that stops on its way has not arrived.

        Nova does not call the destination back after a failure on shared
        storage: there libvirt's event is all that it hears, some 15 seconds
        later (Host._event_emit_delayed).
        """
        if isinstance(
            event, virt_event.LifecycleEvent
        ) and self._native_tls_arrivals.expects(event.uuid):
            if event.transition == virt_event.EVENT_LIFECYCLE_RESUMED:
                self._native_tls_arrivals.arrived(event.uuid)
            elif event.transition == virt_event.EVENT_LIFECYCLE_STOPPED:
                self._native_tls_arrivals.not_arrived(event.uuid)
        super().emit_event(event)
