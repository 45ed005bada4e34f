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

"""The door to libvirt: one guest."""

from __future__ import annotations

import types

import fixtures

from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import progress
from tests.unit.migration import stand_in_binding

GuestState = libvirt_api.GuestState


class StateTest(stand_in_binding.BindingTestCase):
    """A guest's state on one host."""

    def test_every_state(self) -> None:
        """libvirt's numbers in the words of virsh domstate."""
        for name, state, text in (
            ('RUNNING', GuestState.RUNNING, 'running'),
            ('BLOCKED', GuestState.RUNNING, 'running'),
            ('PAUSED', GuestState.PAUSED, 'paused'),
            ('SHUTOFF', GuestState.SHUT_OFF, 'shut off'),
            ('CRASHED', GuestState.CRASHED, 'crashed'),
            ('NOSTATE', GuestState.OTHER, 'in another state'),
            ('SHUTDOWN', GuestState.OTHER, 'in another state'),
            ('PMSUSPENDED', GuestState.OTHER, 'in another state'),
        ):
            domain, _theirs = self.make_domain(
                state=[stand_in_binding.CONSTANTS[f'VIR_DOMAIN_{name}'], 0]
            )
            self.assertIs(state, domain.state(), name)
            self.assertEqual(text, str(state))

    def test_paused_by_hand_or_by_a_migration(self) -> None:
        """Such a guest can be resumed where it is."""
        for reason in ('USER', 'MIGRATION'):
            self.assertIs(GuestState.PAUSED, self._paused(reason).state())

    def test_paused_in_post_copy(self) -> None:
        """The source keeps a stopped guest that the destination runs.

        libvirt calls that paused, too: only the reason differs.
        """
        for reason in ('POSTCOPY', 'POSTCOPY_FAILED'):
            state = self._paused(reason).state()
            self.assertIs(GuestState.POST_COPY, state, reason)
            self.assertFalse(state.is_active)

    def _paused(self, reason: str) -> libvirt_api.Domain:
        constants = stand_in_binding.CONSTANTS
        domain, _theirs = self.make_domain(
            state=[
                constants['VIR_DOMAIN_PAUSED'],
                constants[f'VIR_DOMAIN_PAUSED_{reason}'],
            ]
        )
        return domain

    def test_a_reason_belongs_to_its_state(self) -> None:
        """The same number means something else of a running guest."""
        reason = stand_in_binding.CONSTANTS['VIR_DOMAIN_PAUSED_POSTCOPY']
        domain, _theirs = self.make_domain(
            state=[stand_in_binding.CONSTANTS['VIR_DOMAIN_RUNNING'], reason]
        )
        self.assertIs(GuestState.RUNNING, domain.state())

    def test_active(self) -> None:
        """Only what runs or is paused has a QEMU process."""
        self.assertEqual(
            {GuestState.RUNNING, GuestState.PAUSED},
            {state for state in GuestState if state.is_active},
        )

    def test_absent(self) -> None:
        """A guest that is no longer defined is absent."""
        domain, _theirs = self.make_domain(
            state=stand_in_binding.Error(
                stand_in_binding.CONSTANTS['VIR_ERR_NO_DOMAIN']
            )
        )
        self.assertIs(GuestState.ABSENT, domain.state())

    def test_not_known(self) -> None:
        """Any other error is no state."""
        domain, _theirs = self.make_domain(
            state=stand_in_binding.Error(
                stand_in_binding.CONSTANTS['VIR_ERR_INTERNAL_ERROR'],
                'end of file',
            )
        )
        err = self.assertRaises(exception.LibvirtFailed, domain.state)
        self.assertIn('state of vm', str(err))
        self.assertIn('end of file', str(err))


class DiskTargetsTest(stand_in_binding.BindingTestCase):
    """The disks of a guest's definition."""

    def test_targets(self) -> None:
        """Every kind of disk, in the order of the definition."""
        domain, _theirs = self.make_domain(
            XMLDesc='<domain><name>vm</name><devices>'
            '<disk type="file"><target dev="vda" bus="virtio"/></disk>'
            '<disk device="cdrom"><target dev="hda"/></disk>'
            '<disk><target bus="virtio"/></disk>'
            '<interface><target dev="vnet0"/></interface>'
            '</devices></domain>'
        )
        self.assertEqual(('vda', 'hda'), domain.disk_targets())

    def test_none(self) -> None:
        """A guest need not have a disk."""
        domain, _theirs = self.make_domain(XMLDesc='<domain/>')
        self.assertEqual((), domain.disk_targets())


class MigrateTest(stand_in_binding.BindingTestCase):
    """The call itself."""

    CALL = migration_call.MigrateCall(
        flags=frozenset({'LIVE', 'PEER2PEER', 'TLS'}),
        params={
            'bandwidth': 10,
            'tls.destination': 'host2',
            'migrate_disks': ('vda', 'vdb'),
        },
    )
    PARAMS = {
        'bandwidth': 10,
        'tls.destination': 'host2',
        'migrate_disks': ['vda', 'vdb'],
    }

    def setUp(self) -> None:
        super().setUp()
        self.handle = object()
        self.destination = libvirt_api.Connection(
            self.handle, 'qemu+tls://host2/system'
        )

    def test_peer_to_peer(self) -> None:
        """The source is told the destination's URI."""
        domain, theirs = self.make_domain(migrateToURI3=None)
        domain.migrate(self.destination, self.CALL)
        self.assertEqual(
            [
                (
                    'migrateToURI3',
                    ('qemu+tls://host2/system',),
                    {'params': self.PARAMS, 'flags': 0x10003},
                )
            ],
            theirs.asked,
        )

    def test_led_from_here(self) -> None:
        """Otherwise the destination's own connection is used."""
        domain, theirs = self.make_domain(migrate3=object())
        domain.migrate(
            self.destination,
            migration_call.MigrateCall(
                flags=frozenset({'LIVE', 'TLS'}), params=self.CALL.params
            ),
        )
        self.assertEqual(
            [
                (
                    'migrate3',
                    (self.handle,),
                    {'params': self.PARAMS, 'flags': 0x10001},
                )
            ],
            theirs.asked,
        )

    def test_failure(self) -> None:
        """libvirt's sentence comes back."""
        domain, _theirs = self.make_domain(
            migrateToURI3=stand_in_binding.Error(
                1, 'Certificate does not match'
            )
        )
        err = self.assertRaises(
            exception.LibvirtFailed,
            domain.migrate,
            self.destination,
            self.CALL,
        )
        self.assertIn('Certificate does not match', str(err))

    def test_a_missing_flag(self) -> None:
        """libvirt is not called without a flag that was asked for."""
        self.useFixture(
            fixtures.MockPatchObject(
                libvirt_api, 'libvirt', stand_in_binding.module('TLS')
            )
        )
        domain, theirs = self.make_domain(migrateToURI3=None)
        self.assertRaises(
            exception.UnsupportedFlag,
            domain.migrate,
            self.destination,
            self.CALL,
        )
        self.assertEqual([], theirs.asked)


class JobTest(stand_in_binding.BindingTestCase):
    """The running and the finished job."""

    def test_running(self) -> None:
        """A running job is read."""
        stats = {
            'type': stand_in_binding.CONSTANTS['VIR_DOMAIN_JOB_UNBOUNDED'],
            'memory_processed': 7,
        }
        domain, theirs = self.make_domain(jobStats=stats)
        self.assertEqual(progress.from_job_stats(stats), domain.running_job())
        self.assertEqual([('jobStats', (), {})], theirs.asked)

    def test_none_running(self) -> None:
        """No job, however libvirt says it."""
        for stats in (
            {},
            {
                'type': stand_in_binding.CONSTANTS['VIR_DOMAIN_JOB_NONE'],
                'memory_processed': 7,
            },
        ):
            domain, _theirs = self.make_domain(jobStats=stats)
            self.assertIsNone(domain.running_job())

    def test_completed(self) -> None:
        """A finished job is asked for as such."""
        stats = {
            'type': stand_in_binding.CONSTANTS['VIR_DOMAIN_JOB_COMPLETED'],
            'memory_processed': 7,
        }
        domain, theirs = self.make_domain(jobStats=stats)
        self.assertEqual(
            progress.from_job_stats(stats), domain.completed_job()
        )
        kept = 2
        self.assertEqual([('jobStats', (1 | kept,), {})], theirs.asked)

    def test_none_completed(self) -> None:
        """A job that failed or still runs is not a finished one."""
        for kind in ('NONE', 'UNBOUNDED', 'FAILED'):
            domain, _theirs = self.make_domain(
                jobStats={
                    'type': stand_in_binding.CONSTANTS[
                        f'VIR_DOMAIN_JOB_{kind}'
                    ]
                }
            )
            self.assertIsNone(domain.completed_job(), kind)

    def test_statistics_that_cannot_be_had(self) -> None:
        """A question that fails is an error, not "no job"."""
        domain, _theirs = self.make_domain(
            jobStats=stand_in_binding.Error(1, 'busy')
        )
        self.assertRaises(exception.LibvirtFailed, domain.running_job)
        self.assertRaises(exception.LibvirtFailed, domain.completed_job)

    def test_cancel(self) -> None:
        """The job is slowed down and aborted; without one nothing happens."""
        for answer in (
            None,
            stand_in_binding.Error(
                stand_in_binding.CONSTANTS['VIR_ERR_OPERATION_INVALID']
            ),
        ):
            domain, theirs = self.make_domain(
                abortJob=answer,
                jobStats={'memory_processed': 1},
                migrateGetMaxSpeed=7,
                migrateSetMaxSpeed=0,
            )
            domain.cancel_job()
            self.assertEqual(
                [
                    ('jobStats', (), {}),
                    ('migrateGetMaxSpeed', (), {}),
                    ('migrateSetMaxSpeed', (1,), {}),
                    ('abortJob', (), {}),
                    ('migrateGetMaxSpeed', (), {}),
                ],
                theirs.asked,
            )

    def test_cancelling_fails(self) -> None:
        """Any other error is not hidden."""
        domain, _theirs = self.make_domain(
            abortJob=stand_in_binding.Error(1, 'connection lost')
        )
        self.assertRaises(exception.LibvirtFailed, domain.cancel_job)

    def test_post_copy(self) -> None:
        """The switch is libvirt's own call."""
        domain, theirs = self.make_domain(migrateStartPostCopy=0)
        domain.start_post_copy()
        self.assertEqual([('migrateStartPostCopy', (), {})], theirs.asked)
        domain, _theirs = self.make_domain(
            migrateStartPostCopy=stand_in_binding.Error(1)
        )
        self.assertRaises(exception.LibvirtFailed, domain.start_post_copy)


class QEMUMigrationErrorTest(stand_in_binding.BindingTestCase):
    """QEMU's own reason, asked for behind libvirt's back."""

    def _ask(self, answer: str | Exception) -> str | None:
        def command(domain: object, text: str, flags: int) -> str:
            self.asked.append((domain, text, flags))
            if isinstance(answer, Exception):
                raise answer
            return answer

        self.asked: list[tuple[object, str, int]] = []
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova_native_tls.migration.libvirt_api.libvirt_qemu',
                types.SimpleNamespace(qemuMonitorCommand=command),
            )
        )
        domain, theirs = self.make_domain()
        found = domain.qemu_migration_error()
        self.assertEqual(
            [(theirs, '{"execute": "query-migrate"}', 0)], self.asked
        )
        return found

    def test_it_has_one(self) -> None:
        """QEMU's sentence as it is."""
        self.assertEqual(
            'Certificate does not match the hostname host2',
            self._ask(
                '{"return": {"status": "failed", "error-desc": '
                '"Certificate does not match the hostname host2"}}'
            ),
        )

    def test_it_has_none(self) -> None:
        """No sentence, or an empty one, is None."""
        for answer in (
            '{"return": {"status": "completed"}}',
            '{"return": {"status": "failed", "error-desc": ""}}',
            '{"return": {}}',
            '{"error": {"class": "GenericError", "desc": "no"}}',
        ):
            self.assertIsNone(self._ask(answer), answer)

    def test_it_answers_nonsense(self) -> None:
        """What cannot be read is no sentence, and no error of its own."""
        for answer in ('', 'nonsense', '{"return": {"error-desc": '):
            self.assertIsNone(self._ask(answer), answer)

    def test_it_cannot_be_asked(self) -> None:
        """The failure that is being explained stays the one that counts."""
        self.assertIsNone(
            self._ask(stand_in_binding.Error(1, 'domain is not running'))
        )
