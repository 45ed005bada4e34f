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

"""One guest moved, watched, cancelled, lost: how each ends."""

from __future__ import annotations

import threading
from typing import Any

import fixtures
import testtools

from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import cancelling
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import progress
from nova_native_tls.migration import rekey
from nova_native_tls.migration import run
from tests.unit.migration import fakes

GuestState = libvirt_api.GuestState


class MigrateTest(testtools.TestCase):
    """run.migrate against a guest whose migration is written down."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MockPatchObject(run, 'POLL_INTERVAL_S', 0.001)
        )
        self.source = fakes.Connection(fakes.SOURCE_URI, 'host1')
        self.destination = fakes.Connection(fakes.DESTINATION_URI, 'host2')
        self.cancel = threading.Event()
        self.shown: list[progress.Progress] = []

    def _migrate(
        self,
        domain: fakes.Domain,
        *flags: str,
        on_progress: Any = None,
        watch: rekey.Watch | None = None,
    ) -> progress.Progress | None:
        call = migration_call.MigrateCall(
            flags=frozenset({'LIVE', *flags}), params={}
        )
        stand_ins: Any = (domain, self.source, self.destination)
        guest, source, destination = stand_ins
        return run.migrate(
            guest,
            source=source,
            destination=destination,
            call=call,
            cancel=self.cancel,
            on_progress=on_progress or self.shown.append,
            watch=watch,
        )

    def _wish(self, _seen: progress.Progress) -> None:
        """Want to cancel as soon as anything was seen."""
        self.cancel.set()

    def test_success(self) -> None:
        """Every look is shown, and the last one returned."""
        looks = [fakes.look(1), fakes.look(2)]
        domain = fakes.Domain(looks=looks)
        self.assertEqual(fakes.look(2), self._migrate(domain))
        self.assertEqual(looks, self.shown)
        ((uri, call),) = domain.migrated
        self.assertEqual(fakes.DESTINATION_URI, uri)
        self.assertEqual(frozenset({'LIVE'}), call.flags)
        self.assertNotIn('cancel_job', domain.calls)

    def test_success_before_the_first_look(self) -> None:
        """Without a look there is nothing to show or return."""
        self.assertIsNone(self._migrate(fakes.Domain()))
        self.assertEqual([], self.shown)

    def test_no_job_yet(self) -> None:
        """A look that finds no job is no progress, and no end either."""
        domain = fakes.Domain(looks=[None, fakes.look(), None])
        self.assertEqual(fakes.look(), self._migrate(domain))
        self.assertEqual([fakes.look()], self.shown)

    def test_a_look_that_fails_is_no_failure(self) -> None:
        """The job may have ended in between; the call itself decides."""
        domain = fakes.Domain(
            looks=[
                fakes.look(1),
                fakes.libvirt_failed('domain is not running'),
                fakes.look(2),
            ]
        )
        self.assertEqual(fakes.look(2), self._migrate(domain))

    def test_failure_with_the_guest_alive(self) -> None:
        """The guest's state is asked for, and libvirt's sentence kept."""
        for state in (GuestState.RUNNING, GuestState.PAUSED):
            error = fakes.libvirt_failed('Certificate does not match')
            domain = fakes.Domain(
                looks=[fakes.look()], error=error, state_afterwards=state
            )
            err = self.assertRaises(
                exception.MigrationFailed, self._migrate, domain
            )
            self.assertEqual(
                f'The migration of vm failed, the guest is {state} on '
                f'{fakes.SOURCE_URI}: libvirt: Certificate does not match',
                str(err),
            )
            self.assertIs(error, err.__cause__)

    def test_qemus_own_reason_comes_first(self) -> None:
        """libvirt may have kept the consequence instead of the reason."""
        domain = fakes.Domain(
            error=fakes.libvirt_failed('operation failed: job failed'),
            state_afterwards=GuestState.RUNNING,
        )
        domain.qemu_error = 'Certificate does not match the hostname host2'
        err = self.assertRaises(
            exception.MigrationFailed, self._migrate, domain
        )
        self.assertEqual(
            'Certificate does not match the hostname host2 (libvirt: '
            'operation failed: job failed)',
            err.problem,
        )

    def test_one_reason_is_not_said_twice(self) -> None:
        """libvirt's sentence often contains QEMU's already."""
        domain = fakes.Domain(
            error=fakes.libvirt_failed('internal error: QEMU: no route'),
            state_afterwards=GuestState.RUNNING,
        )
        domain.qemu_error = 'no route'
        err = self.assertRaises(
            exception.MigrationFailed, self._migrate, domain
        )
        self.assertEqual(
            'libvirt: internal error: QEMU: no route', err.problem
        )

    def test_qemu_is_asked_after_failures_only(self) -> None:
        """libvirt notes the question in the guest's log."""
        moved = fakes.Domain(looks=[fakes.look()])
        self._migrate(moved)
        lost = fakes.Domain(
            error=fakes.libvirt_failed('broken pipe'),
            state_afterwards=GuestState.SHUT_OFF,
        )
        self.assertRaises(exception.MigrationStateUnknown, self._migrate, lost)
        cancelled = fakes.Domain(looks=[fakes.look()] * 9)
        self.assertRaises(
            exception.MigrationCancelled,
            self._migrate,
            cancelled,
            on_progress=self._wish,
        )
        for domain in (moved, lost, cancelled):
            self.assertNotIn('qemu_migration_error', domain.calls)

    def test_a_refusal_of_the_door_is_a_failure(self) -> None:
        """A flag that the binding lacks ends like any other failure."""
        domain = fakes.Domain(
            error=exception.UnsupportedFlag(flag='TLS', version='3.1.0'),
            state_afterwards=GuestState.RUNNING,
        )
        err = self.assertRaises(
            exception.MigrationFailed, self._migrate, domain
        )
        self.assertIn('no migration flag TLS', str(err))

    def test_an_error_that_nobody_foresaw(self) -> None:
        """No result is not success."""
        domain = fakes.Domain(
            error=TypeError('an integer is required'),
            state_afterwards=GuestState.RUNNING,
        )
        err = self.assertRaises(
            exception.MigrationFailed, self._migrate, domain
        )
        self.assertIn('TypeError: an integer is required', str(err))

    def test_failure_with_the_guest_elsewhere(self) -> None:
        """A guest that is not active on the source may be anywhere."""
        for state in (
            GuestState.SHUT_OFF,
            GuestState.CRASHED,
            GuestState.POST_COPY,
            GuestState.OTHER,
            GuestState.ABSENT,
        ):
            domain = fakes.Domain(
                error=fakes.libvirt_failed('broken pipe'),
                state_afterwards=state,
            )
            err = self.assertRaises(
                exception.MigrationStateUnknown, self._migrate, domain
            )
            self.assertIn('broken pipe', str(err))
            self.assertIn(f'on the source it is {state}', str(err))
            self.assertEqual(fakes.SOURCE_URI, err.source)
            self.assertEqual(fakes.DESTINATION_URI, err.destination)

    def test_connection_lost(self) -> None:
        """When nobody can say where the guest is, that is what is said."""
        domain = fakes.Domain(
            looks=[fakes.look()],
            error=fakes.libvirt_failed('end of file'),
            state_afterwards=fakes.libvirt_failed('connection is closed'),
        )
        err = self.assertRaises(
            exception.MigrationStateUnknown, self._migrate, domain
        )
        self.assertIn('end of file', str(err))
        self.assertIn('connection is closed', str(err))
        self.assertIn(fakes.SOURCE_URI, str(err))
        self.assertIn(fakes.DESTINATION_URI, str(err))

    def test_cancelled(self) -> None:
        """The job is cancelled once wished, and the guest stays."""
        domain = fakes.Domain(looks=[fakes.look(n) for n in range(1, 100)])

        def wish(seen: progress.Progress) -> None:
            if seen.iteration == 3:
                self.cancel.set()

        err = self.assertRaises(
            exception.MigrationCancelled,
            self._migrate,
            domain,
            on_progress=wish,
        )
        self.assertIn('cancel_job', domain.calls)
        self.assertNotIn('cancel_job', domain.calls[:3])
        self.assertEqual(
            'The migration of vm was cancelled, the guest is running on '
            f'{fakes.SOURCE_URI}',
            str(err),
        )

    def test_cancelled_before_it_began(self) -> None:
        """Nothing is begun that nobody wants any more."""
        self.cancel.set()
        domain = fakes.Domain()
        err = self.assertRaises(
            exception.MigrationCancelled, self._migrate, domain
        )
        self.assertEqual([], domain.migrated)
        self.assertIn(f'the guest is running on {fakes.SOURCE_URI}', str(err))

    def test_progress_that_cannot_be_shown(self) -> None:
        """A terminal that goes away does not end the watch."""

        def broken(_seen: progress.Progress) -> None:
            raise BrokenPipeError

        domain = fakes.Domain(looks=[fakes.look(1), fakes.look(2)])
        self.assertEqual(
            fakes.look(2), self._migrate(domain, on_progress=broken)
        )

    def test_cancelled_and_the_guest_is_not_there(self) -> None:
        """A wish to cancel does not hide that the guest is gone."""
        domain = fakes.Domain(
            looks=[fakes.look()] * 9, state_afterwards=GuestState.SHUT_OFF
        )
        self.assertRaises(
            exception.MigrationStateUnknown,
            self._migrate,
            domain,
            on_progress=self._wish,
        )

    def test_cancelled_too_late(self) -> None:
        """A guest that has moved has moved."""
        domain = fakes.Domain(looks=[fakes.look()] * 2, cancellable=False)
        self.assertEqual(
            fakes.look(), self._migrate(domain, on_progress=self._wish)
        )
        self.assertIn('cancel_job', domain.calls)

    def test_post_copy_begins_once(self) -> None:
        """After the second iteration, and only then, and only once."""
        looks = [fakes.look(n) for n in (0, 1, 1, 2, 3, 4)]
        domain = fakes.Domain(looks=[None, *looks])
        self._migrate(domain, 'POSTCOPY')
        self.assertEqual(1, domain.calls.count('start_post_copy'))
        before = domain.calls[: domain.calls.index('start_post_copy')]
        self.assertEqual(1 + 4, before.count('running_job'))

    def test_post_copy_not_permitted(self) -> None:
        """Without the flag nobody switches, however long it takes."""
        domain = fakes.Domain(looks=[fakes.look(n) for n in range(9)])
        self._migrate(domain)
        self.assertNotIn('start_post_copy', domain.calls)

    def test_post_copy_that_could_not_begin(self) -> None:
        """A switch that libvirt refused is tried again at the next look."""
        domain = fakes.Domain(looks=[fakes.look(n) for n in (2, 2, 3)])
        domain.post_copy_error = fakes.libvirt_failed('too early')
        self._migrate(domain, 'POSTCOPY')
        self.assertEqual(2, domain.calls.count('start_post_copy'))

    def test_a_cancelled_migration_does_not_switch(self) -> None:
        """Who wants to cancel does not want post-copy, which cannot be."""
        domain = fakes.Domain(looks=[fakes.look(5)] * 9)
        self.assertRaises(
            exception.MigrationCancelled,
            self._migrate,
            domain,
            'POSTCOPY',
            on_progress=self._wish,
        )
        self.assertNotIn('start_post_copy', domain.calls)

    def test_cancelled_and_not_ended(self) -> None:
        """After a while nobody waits for QEMU any more."""
        self.useFixture(
            fixtures.MockPatchObject(cancelling, 'TIMEOUT_S', 0.001)
        )
        for state, expected, told in (
            (GuestState.RUNNING, exception.MigrationStuck, 'is running on'),
            (
                GuestState.CRASHED,
                exception.MigrationStateUnknown,
                'has not ended; on the source it is crashed',
            ),
        ):
            domain = fakes.Domain(looks=[fakes.look()] * 99, state=state)
            domain.cancellable = False
            self.cancel.clear()
            err = self.assertRaises(
                expected, self._migrate, domain, on_progress=self._wish
            )
            self.assertIn(told, str(err))
            self.assertIn('cancel_job', domain.calls)

    def test_cancelled_before_qemu_loses_the_guest(self) -> None:
        """What is watched is cancelled at its limit, with the reason."""
        looks = [fakes.look(memory_sent=sent) for sent in (1, 9, 10)]
        domain = fakes.Domain(
            looks=[*looks, *[fakes.look()] * 5],
            error=fakes.libvirt_failed('operation aborted'),
        )
        err = self.assertRaises(
            exception.MigrationFailed,
            self._migrate,
            domain,
            watch=rekey.Watch(limit_bytes=10),
        )
        self.assertIn(rekey.CANCELLED, str(err))
        before = domain.calls[: domain.calls.index('cancel_job')]
        self.assertEqual(3, before.count('running_job'))

    def test_post_copy_that_would_lose_the_guest(self) -> None:
        """It does not begin while too much is left."""
        looks = [
            fakes.look(3, memory_sent=1, memory_remaining=left)
            for left in (20, 9, 8)
        ]
        domain = fakes.Domain(looks=looks)
        self._migrate(domain, 'POSTCOPY', watch=rekey.Watch(limit_bytes=10))
        self.assertEqual(1, domain.calls.count('start_post_copy'))
        before = domain.calls[: domain.calls.index('start_post_copy')]
        self.assertEqual(3, before.count('running_job'))
