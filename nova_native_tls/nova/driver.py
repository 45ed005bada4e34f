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

With ``[libvirt] live_migration_with_native_tls`` off it is Nova's own class
to the letter.
"""

from __future__ import annotations

import datetime
import functools
from typing import Any

from nova.virt import event as virt_event
from nova.virt.libvirt import guest as libvirt_guest
from oslo_log import log as logging

from nova_native_tls.checks import base
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import rekey
from nova_native_tls.nova import arrivals
from nova_native_tls.nova import call_plan
from nova_native_tls.nova import carrier
from nova_native_tls.nova import failure
from nova_native_tls.nova import host_driver
from nova_native_tls.nova import own_facts
from nova_native_tls.nova import planned_domain
from nova_native_tls.nova import pre_checks
from nova_native_tls.nova import reason
from nova_native_tls.nova import watched_guest

LOG = logging.getLogger(__name__)


class NativeTLSDriver(host_driver.HostDriver):
    """Loaded as ``compute_driver = native_tls.NativeTLSDriver``."""

    def __init__(self, virtapi: Any, read_only: bool = False) -> None:
        super().__init__(virtapi, read_only)
        self._native_tls_reasons = failure.Reasons()
        self._native_tls_watched = watched_guest.WatchedMigrations()
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
        own = (
            pre_checks.of_migration(
                self._native_tls_checks,
                base.Stage.DESTINATION,
                host=self._host,
                instance=instance,
            )
            if self._native_tls
            else None
        )
        migrate_data = super().check_can_live_migrate_destination(
            context,
            instance,
            src_compute_info,
            dst_compute_info,
            block_migration,
            disk_over_commit,
        )
        if own is not None:
            carrier.put(migrate_data, carrier.Role.DESTINATION, own)
        return migrate_data

    def check_can_live_migrate_source(
        self,
        context: Any,
        instance: Any,
        dest_check_data: Any,
        block_device_info: Any = None,
    ) -> Any:
        """Check this host as a source, with what the destination said."""
        migrate_data = super().check_can_live_migrate_source(
            context,
            instance,
            dest_check_data,
            block_device_info=block_device_info,
        )
        if self._native_tls:
            own = pre_checks.of_migration(
                self._native_tls_checks,
                base.Stage.SOURCE,
                host=self._host,
                instance=instance,
                migrate_data=migrate_data,
                peer=carrier.Role.DESTINATION,
            )
            carrier.put(migrate_data, carrier.Role.SOURCE, own)
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
        if self._native_tls:
            pre_checks.of_migration(
                self._native_tls_checks,
                base.Stage.DESTINATION_AGAIN,
                host=self._host,
                instance=instance,
                migrate_data=migrate_data,
                peer=carrier.Role.SOURCE,
            )
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
        if self._native_tls:
            self._native_tls_arrivals.expect(context, instance)
        migrate_data = super().pre_live_migration(
            context,
            instance,
            block_device_info,
            network_info,
            disk_info,
            migrate_data,
        )
        if self._native_tls:
            carrier.put(
                migrate_data,
                carrier.Role.DESTINATION,
                own_facts.collect(self._host),
            )
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
        if self._native_tls:
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
        if self._native_tls:
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
        if self._native_tls and isinstance(event, virt_event.LifecycleEvent):
            if event.transition == virt_event.EVENT_LIFECYCLE_RESUMED:
                self._native_tls_arrivals.arrived(event.uuid)
            elif event.transition == virt_event.EVENT_LIFECYCLE_STOPPED:
                self._native_tls_arrivals.not_arrived(event.uuid)
        super().emit_event(event)

    def live_migration(
        self,
        context: Any,
        instance: Any,
        dest: str,
        post_method: Any,
        recover_method: Any,
        block_migration: bool = False,
        migrate_data: Any = None,
    ) -> None:
        """Migrate; a failure that Nova rolled back leaves the VM active."""
        if not self._native_tls:
            super().live_migration(
                context,
                instance,
                dest,
                post_method,
                recover_method,
                block_migration,
                migrate_data,
            )
            return
        self._native_tls_watched.take(instance.uuid)
        with failure.telling(
            context, instance, self._native_tls_reasons, recover_method
        ) as rolled_back:
            super().live_migration(
                context,
                instance,
                dest,
                post_method,
                rolled_back,
                block_migration,
                migrate_data,
            )

    def _live_migration_monitor(
        self, context: Any, instance: Any, guest: Any, *args: Any
    ) -> None:
        """Watch the migration as Nova does, and for what QEMU would do."""
        if self._native_tls:
            guest = self._native_tls_watched.of(instance.uuid).guest(guest)
        super()._live_migration_monitor(context, instance, guest, *args)

    def _live_migration_operation(
        self,
        context: Any,
        instance: Any,
        dest: str,
        block_migration: bool,
        migrate_data: Any,
        guest: Any,
        device_names: list[str],
    ) -> None:
        """Run Nova's operation on a domain that plans the call."""
        if not self._native_tls:
            super()._live_migration_operation(
                context,
                instance,
                dest,
                block_migration,
                migrate_data,
                guest,
                device_names,
            )
            return
        domain = guest._domain
        since = datetime.datetime.now(datetime.UTC)
        planned = planned_domain.PlannedDomain(
            domain,
            functools.partial(self._native_tls_plan, instance, migrate_data),
            # By the name that Nova has for it.
            other_uri=self._live_migration_uri(dest),
        )
        try:
            with self._native_tls_canaries.watch(dest, planned, migrate_data):
                super()._live_migration_operation(
                    context,
                    instance,
                    dest,
                    block_migration,
                    migrate_data,
                    libvirt_guest.Guest(planned),
                    device_names,
                )
        except Exception as err:
            # At once: Nova up to 31 goes on as soon as this thread ends.
            self._native_tls_reasons.note(
                instance.uuid,
                reason.Reason.cancelled(rekey.CANCELLED)
                if self._native_tls_watched.of(instance.uuid).cancelled
                else reason.on_source(
                    err, domain=domain, destination=dest, since=since
                ),
            )
            raise

    def _native_tls_plan(
        self,
        instance: Any,
        migrate_data: Any,
        asked: migration_call.MigrateCall,
    ) -> migration_call.MigrateCall:
        """Decide what this one migration is asked with."""
        plan = call_plan.plan(
            asked,
            source=own_facts.read_versions(self._host),
            peer=carrier.get(migrate_data, carrier.Role.DESTINATION),
        )
        call = plan.permitted_call()
        self._native_tls_watched.of(instance.uuid).watch = plan.watch
        for warning in plan.warnings:
            LOG.warning('%s', warning, instance=instance)
        LOG.info(
            'Asking libvirt for a live migration with flags %s and '
            'parameters %s; changed from what Nova asks: %s',
            ', '.join(sorted(call.flags)),
            dict(call.params),
            '; '.join(f'{a.action} {a.subject}' for a in plan.adjustments)
            or 'nothing',
            instance=instance,
        )
        return call
