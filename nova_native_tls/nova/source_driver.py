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

"""What the driver does for migrations from this host."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import datetime
import functools
from typing import Any

from nova.virt.libvirt import guest as libvirt_guest
from oslo_log import log as logging

from nova_native_tls.checks import base
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import cancelling
from nova_native_tls.migration import rekey
from nova_native_tls.nova.call import call_plan
from nova_native_tls.nova.call import planned_domain
from nova_native_tls.nova.call import watched_guest
from nova_native_tls.nova import carrier
from nova_native_tls.nova import course
from nova_native_tls.nova import evidence
from nova_native_tls.nova.facts import own_facts
from nova_native_tls.nova.facts import own_guest
from nova_native_tls.nova import host_driver
from nova_native_tls.nova.policy import fallback
from nova_native_tls.nova.policy import legs
from nova_native_tls.nova import pre_checks
from nova_native_tls.nova.telling import failure
from nova_native_tls.nova.telling import reason

LOG = logging.getLogger(__name__)


class SourceDriver(host_driver.HostDriver):
    """Nova's class, with migrations that are decided, planned and watched.

    Where nobody asks for encryption it is Nova's own class to the letter.
    """

    def __init__(self, virtapi: Any, read_only: bool = False) -> None:
        super().__init__(virtapi, read_only)
        self._native_tls_reasons = failure.Reasons()
        self._native_tls_watched = watched_guest.WatchedMigrations()
        self._native_tls_legs = legs.Legs(self._native_tls_ask)
        self._native_tls_courses = course.Courses()

    def _native_tls_ask(
        self, stage: base.Stage, **asked: Any
    ) -> pre_checks.Answer:
        return pre_checks.ask(
            self._native_tls_checks, stage, host=self._host, **asked
        )

    def check_can_live_migrate_source(
        self,
        context: Any,
        instance: Any,
        dest_check_data: Any,
        block_device_info: Any = None,
    ) -> Any:
        """Check this host as a source, and decide with what both say."""
        migrate_data = super().check_can_live_migrate_source(
            context,
            instance,
            dest_check_data,
            block_device_info=block_device_info,
        )
        said = self._native_tls_legs.source(context, instance, dest_check_data)
        if said is not None:
            said.put(migrate_data)
        return migrate_data

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
        running = self._native_tls_courses.begin(
            self._native_tls_course(context, instance, dest, migrate_data)
        )
        arguments = (block_migration, migrate_data)
        try:
            if running.is_stock:
                super().live_migration(
                    context,
                    instance,
                    dest,
                    post_method,
                    recover_method,
                    *arguments,
                )
                return
            self._native_tls_watched.take(instance.uuid)
            with failure.telling(
                context, instance, self._native_tls_reasons, recover_method
            ) as running.rolled_back:
                super().live_migration(
                    context,
                    instance,
                    dest,
                    post_method,
                    running.rolled_back,
                    *arguments,
                )
                running.returned = True
        finally:
            self._native_tls_courses.end(running)
            if not running.is_stock:
                self._native_tls_ended(running)

    def live_migration_abort(self, instance: Any) -> None:
        """Abort as Nova does, once QEMU is slow enough to survive that."""
        running = self._native_tls_courses.get(instance)
        # Of those that began before this nova-compute nothing is known.
        if running is not None and running.is_stock:
            super().live_migration_abort(instance)
            return
        domain = self._host.get_guest(instance)._domain
        with self._native_tls_wish(running), cancelling.slowed_down(domain):
            super().live_migration_abort(instance)

    @contextlib.contextmanager
    def _native_tls_wish(
        self, running: course.Course | None
    ) -> Iterator[None]:
        """Let its end be no failure, unless libvirt does not take the order.

        Before libvirt is asked: Nova may see the end before this returns.
        """
        if running is None or running.rolled_back is None:
            yield
            return
        self._native_tls_watched.of(running.instance.uuid).expect_end()
        running.rolled_back.wished = True
        try:
            yield
        except Exception:
            running.rolled_back.wished = False
            raise

    def _native_tls_course(
        self, context: Any, instance: Any, dest: str, migrate_data: Any
    ) -> course.Course:
        """Find out how this migration is to be."""
        began = course.Course(
            context=context, instance=instance, destination=dest
        )
        try:
            said = self._native_tls_legs.migration(
                context, instance, migrate_data
            )
        except Exception as err:
            # Raised later, where Nova still rolls back.
            began.error = err
        else:
            if said is not None:
                began.terms, began.own = said.terms, said.own
        return began

    def _native_tls_ended(self, ended: course.Course) -> None:
        """Everything about one migration is known here."""
        ended.job_end.stop()
        watched = self._native_tls_watched.take(ended.instance.uuid)
        evidence.tell(ended, watched.seen)

    def _live_migration_monitor(
        self, context: Any, instance: Any, guest: Any, *args: Any
    ) -> None:
        """Watch the migration as Nova does, and for what QEMU would do."""
        running = self._native_tls_courses.get(instance)
        if running is not None and not running.is_stock:
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
        running = self._native_tls_courses.get(
            instance
        ) or self._native_tls_course(context, instance, dest, migrate_data)
        if running.is_stock:
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
        running.job_end.listen(domain)
        since = datetime.datetime.now(datetime.UTC)
        planned = planned_domain.PlannedDomain(
            domain,
            functools.partial(
                self._native_tls_plan, running, migrate_data, domain
            ),
            # By the name that Nova has for it.
            other_uri=self._live_migration_uri(dest),
        )
        try:
            with self._native_tls_followed(running, planned, migrate_data):
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
            running.reason = (
                reason.Reason.cancelled(rekey.CANCELLED)
                if self._native_tls_watched.of(instance.uuid).cancelled
                else reason.on_source(
                    err, domain=domain, destination=dest, since=since
                )
            )
            self._native_tls_reasons.note(instance.uuid, running.reason)
            raise
        finally:
            running.answered = datetime.datetime.now(datetime.UTC)

    def _native_tls_followed(
        self,
        running: course.Course,
        planned: planned_domain.PlannedDomain,
        migrate_data: Any,
    ) -> contextlib.AbstractContextManager[None]:
        """Let canaries take the way of guests that are encrypted."""
        if running.terms is None or not running.terms.encrypted:
            return contextlib.nullcontext()
        return self._native_tls_canaries.watch(
            running.destination, planned, migrate_data
        )

    def _native_tls_plan(
        self,
        running: course.Course,
        migrate_data: Any,
        domain: Any,
        asked: migration_call.MigrateCall,
    ) -> migration_call.MigrateCall:
        """Decide what this one migration is asked with."""
        if running.terms is None:
            assert running.error is not None
            raise running.error
        instance = running.instance
        if running.terms.encrypted:
            running.peer = carrier.get(migrate_data, carrier.Role.DESTINATION)
        plan = call_plan.plan(
            asked,
            source=own_guest.host_versions(
                own_facts.read_versions(self._host), running.own, running.terms
            ),
            peer=running.peer,
            terms=running.terms,
            guest=own_guest.of_instance(self._host, instance),
            own=running.own,
            memory=functools.partial(own_guest.memory_of, domain),
        )
        call = plan.permitted_call()
        running.plan = plan
        self._native_tls_watched.of(instance.uuid).watch = plan.watch
        for warning in plan.warnings:
            LOG.warning('%s', warning, instance=instance)
        if fallback.is_one(running.terms):
            fallback.tell(running.context, instance, running.terms)
        LOG.info(
            'Asking libvirt for a live migration with flags %s and '
            'parameters %s; %s; changed from what Nova asks: %s',
            ', '.join(sorted(call.flags)),
            dict(call.params),
            call_plan.because(running.terms),
            '; '.join(f'{a.action} {a.subject}' for a in plan.adjustments)
            or 'nothing',
            instance=instance,
        )
        return call
