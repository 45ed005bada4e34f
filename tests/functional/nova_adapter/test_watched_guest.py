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


"""Nova's own Guest on a domain whose statistics are looked at."""

from __future__ import annotations

import logging
from typing import Any

import fixtures
import libvirt
from nova.virt.libvirt import guest as nova_guest
from nova.virt.libvirt import migration as nova_migration
import testtools

from nova_native_tls.migration import cancelling
from nova_native_tls.migration import libvirt_abi
from nova_native_tls.migration import rekey
from nova_native_tls.nova.call import watched_guest

LIMIT = 1000

#: What libvirt is asked when QEMU is slow enough.
ABORT = 'abort at 1 MiB/s'


class Domain:
    """libvirt's object of a guest that migrates."""

    def __init__(self, sent: int = 0, left: int = 0) -> None:
        self.stats = {
            'type': libvirt.VIR_DOMAIN_JOB_UNBOUNDED,
            'memory_processed': sent,
            'memory_remaining': left,
        }
        self.asked: list[str] = []
        self.speed_mib_s = 700
        self.abort_error: Exception | None = None

    def jobStats(self, flags: int = 0) -> dict[str, int]:
        """Give what was prepared."""
        return self.stats

    def abortJob(self) -> None:
        """Note it, or fail as prepared."""
        self.asked.append(f'abort at {self.speed_mib_s} MiB/s')
        if self.abort_error is not None:
            raise self.abort_error

    def migrateGetMaxSpeed(self, flags: int = 0) -> int:
        """Give what was set."""
        return self.speed_mib_s

    def migrateSetMaxSpeed(self, bandwidth: int, flags: int = 0) -> None:
        """Set it."""
        self.speed_mib_s = bandwidth

    def migrateStartPostCopy(self, flags: int = 0) -> None:
        """Note it."""
        self.asked.append('post-copy')

    def name(self) -> str:
        """Any other method."""
        return 'instance-00000001'


class Migration:
    """Nova's record of the migration."""

    status = 'running'

    def save(self) -> None:
        """Nova saves it when it has switched."""


class WatchedTest(testtools.TestCase):
    """One migration, as Nova's monitor looks at it."""

    def _watched(
        self, domain: Domain, *, parallel: bool = False
    ) -> tuple[watched_guest.Watched, Any]:
        watched = watched_guest.Watched()
        watched.watch = rekey.Watch(limit_bytes=LIMIT, parallel=parallel)
        return watched, watched.guest(nova_guest.Guest(domain))

    def test_running_types_are_libvirts(self) -> None:
        """Numbers of the ABI."""
        self.assertEqual(
            {libvirt.VIR_DOMAIN_JOB_BOUNDED, libvirt.VIR_DOMAIN_JOB_UNBOUNDED},
            libvirt_abi.RUNNING_JOBS,
        )

    def test_below_the_limit(self) -> None:
        """Nova sees what libvirt says, and nothing else happens."""
        domain = Domain(LIMIT - 1)
        watched, guest = self._watched(domain)
        self.assertEqual(LIMIT - 1, guest.get_job_info().memory_processed)
        self.assertEqual([], domain.asked)
        self.assertFalse(watched.cancelled)

    def test_at_the_limit(self) -> None:
        """It is cancelled; Nova hears of it at its next look."""
        domain = Domain(LIMIT)
        watched, guest = self._watched(domain)
        guest.get_job_info()
        self.assertEqual([ABORT], domain.asked)
        self.assertTrue(watched.cancelled)

    def test_has_ended(self) -> None:
        """What is over is not cancelled any more."""
        domain = Domain(LIMIT)
        domain.stats['type'] = libvirt.VIR_DOMAIN_JOB_COMPLETED
        watched, guest = self._watched(domain)
        guest.get_job_info()
        self.assertEqual([], domain.asked)
        self.assertFalse(watched.cancelled)

    def test_cannot_be_cancelled(self) -> None:
        """It is tried at each look, and Nova's monitor goes on."""
        domain = Domain(LIMIT)
        domain.abort_error = libvirt.libvirtError('busy')
        _watched, guest = self._watched(domain)
        guest.get_job_info()
        guest.get_job_info()
        self.assertEqual([ABORT, ABORT], domain.asked)

    def test_nova_aborts(self) -> None:
        """It is as careful when Nova decides to."""
        domain = Domain(1)
        watched, guest = self._watched(domain)
        guest.abort_job()
        self.assertEqual([ABORT], domain.asked)
        self.assertEqual(700, domain.speed_mib_s)
        self.assertFalse(watched.cancelled)

    def test_aborted_and_not_ended(self) -> None:
        """Nova waits without a word; the log says once what it waits for."""
        self.useFixture(fixtures.MockPatchObject(cancelling, 'TIMEOUT_S', -1))
        log = self.useFixture(fixtures.FakeLogger())
        _watched, guest = self._watched(Domain())
        guest.get_job_info()
        self.assertEqual('', log.output)
        guest.abort_job()
        guest.get_job_info()
        guest.get_job_info()
        self.assertEqual(1, log.output.count('QEMU has not ended it'))

    def test_aborted_and_about_to_end(self) -> None:
        """Until then there is nothing to say."""
        log = self.useFixture(fixtures.FakeLogger(level=logging.WARNING))
        _watched, guest = self._watched(Domain())
        guest.abort_job()
        guest.get_job_info()
        self.assertEqual('', log.output)

    def test_nothing_to_watch(self) -> None:
        """Not known yet, or not needed."""
        domain = Domain(LIMIT)
        watched = watched_guest.Watched()
        guest = watched.guest(nova_guest.Guest(domain))
        guest.get_job_info()
        guest.migrate_start_postcopy()
        self.assertEqual(['post-copy'], domain.asked)

    def test_post_copy(self) -> None:
        """Nova goes on in pre-copy where libvirt seems to refuse."""
        for sent, left, parallel, asked in (
            (400, 500, False, ['post-copy']),
            (500, 500, False, []),
            (5000, 900, True, ['post-copy']),
            (0, 1000, True, []),
        ):
            domain, migration = Domain(sent, left), Migration()
            _watched, guest = self._watched(domain, parallel=parallel)
            nova_migration.trigger_postcopy_switch(
                guest, instance=None, migration=migration
            )
            self.assertEqual(asked, domain.asked)
            self.assertEqual(
                'running (post-copy)' if asked else 'running', migration.status
            )

    def test_everything_else_of_the_domain(self) -> None:
        """It is the domain's."""
        _watched, guest = self._watched(Domain())
        self.assertEqual('instance-00000001', guest._domain.name())


class WatchedMigrationsTest(testtools.TestCase):
    """Each instance's own."""

    def test_two_migrations(self) -> None:
        """Whoever asks first gets the one that the others get."""
        running = watched_guest.WatchedMigrations()
        first, second = running.of('1'), running.of('2')
        self.assertIsNot(first, second)
        self.assertIs(first, running.of('1'))
        self.assertIs(first, running.take('1'))
        self.assertIsNot(first, running.take('1'))
        self.assertIs(second, running.of('2'))
