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

"""nova-native-tls migrate, in this process and without libvirt."""

from __future__ import annotations

import signal
import threading
from typing import Any

import fixtures
import testtools

from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import controller
from nova_native_tls.migration import settings as migration_settings
from tests.unit.cmd import in_process
from tests.unit.migration import fakes
from tests.unit.migration import test_record
from tests.unit.migration import test_tuning

DESTINATION = 'qemu+tls://host2.example.org/system'


class MigrateTestCase(testtools.TestCase):
    """Takes the place of the controller and keeps what it was asked."""

    def setUp(self) -> None:
        super().setUp()
        self.line = self.useFixture(in_process.CommandLine())
        self.jobs: list[controller.Job] = []
        self.error: Exception | None = None
        self.warnings: tuple[str, ...] = ()
        self.speed: Any = None
        for name, replacement in (
            ('migration.controller.migrate', self._migrate),
            ('speed.own_speed.measure', self._measure),
        ):
            self.useFixture(
                fixtures.MonkeyPatch(f'nova_native_tls.{name}', replacement)
            )

    def _measure(self) -> Any:
        if isinstance(self.speed, Exception):
            raise self.speed
        return self.speed

    def _migrate(
        self, job: controller.Job, *, cancel: Any, on_progress: Any
    ) -> Any:
        self.jobs.append(job)
        on_progress(fakes.look())
        if self.error is not None:
            raise self.error
        return test_record.RECORD, self.warnings

    def _run(self, *options: str) -> in_process.Result:
        return self.line.run(
            'migrate', '-f', 'json', *options, 'vm', DESTINATION
        )

    def _job(self, *options: str) -> controller.Job:
        self.jobs.clear()
        done = self._run(*options)
        self.assertEqual((0, ''), (done.status, done.err))
        (job,) = self.jobs
        return job


class JobTest(MigrateTestCase):
    """What the options ask of the controller."""

    SETTINGS = migration_settings.MigrationSettings(
        native_tls=True, scheme='tls'
    )

    def test_nothing_but_guest_and_destination(self) -> None:
        """From this host, peer-to-peer, encrypted."""
        self.assertEqual(
            controller.Job(
                source_uri='qemu:///system',
                destination_uri=DESTINATION,
                domain='vm',
                settings=self.SETTINGS,
                request=migration_call.MigrationRequest(disks=()),
            ),
            self._job(),
        )

    def test_every_option(self) -> None:
        """Each reaches its place."""
        job = self._job(
            *('--connect', 'qemu+ssh://root@host1/system'),
            *('--migrate-uri', 'tcp://203.0.113.12'),
            *('--tls-destination', 'name.example.org'),
            *('--copy-storage', 'vda', '--copy-storage', 'vdb'),
            *('--parallel', '4', '--postcopy', '--direct'),
        )
        self.assertEqual(
            controller.Job(
                source_uri='qemu+ssh://root@host1/system',
                destination_uri=DESTINATION,
                domain='vm',
                settings=migration_settings.MigrationSettings(
                    native_tls=True,
                    scheme='tls',
                    parallel_connections=4,
                    auto_parallel=False,
                    permit_post_copy=True,
                ),
                request=migration_call.MigrationRequest(
                    block=True,
                    disks=('vda', 'vdb'),
                    migrate_uri='tcp://203.0.113.12',
                    tls_name='name.example.org',
                    peer_to_peer=False,
                ),
            ),
            job,
        )

    def test_speed(self) -> None:
        """It is measured on the source alone, and for TLS."""
        self.speed = test_tuning.SPEED
        for options, expected in (
            ((), self.speed),
            (('--connect', 'qemu:///system'), self.speed),
            (('--connect', 'qemu+ssh://host1/system'), None),
            (('--plaintext',), None),
        ):
            self.assertIs(expected, self._job(*options).source_speed, options)

    def test_speed_that_cannot_be_measured(self) -> None:
        """The guest migrates without."""
        self.speed = FileNotFoundError('/proc/stat')

        self.assertIsNone(self._job().source_speed)

    def test_the_scheme_is_the_uris(self) -> None:
        """How the daemons talk is said on the command line."""
        for uri, scheme in (
            ('qemu+ssh://host2/system', 'ssh'),
            ('qemu+tcp://host2/system', 'tcp'),
            # Without a transport libvirt takes TLS.
            ('qemu://host2/system', 'tls'),
        ):
            self.jobs.clear()
            self.line.run('migrate', 'vm', uri)
            self.assertEqual(scheme, self.jobs[0].settings.scheme)

    def test_a_file(self) -> None:
        """Its options count; the URI and scheme in it do not."""
        path = self.line.config_file(
            with_native_tls=True,
            permit_auto_converge=True,
            bandwidth=10,
            parallel_connections=3,
            scheme='ssh',
            uri='qemu+ssh://%s/system',
        )
        self.assertEqual(
            migration_settings.MigrationSettings(
                native_tls=True,
                permit_auto_converge=True,
                bandwidth_mib_s=10,
                parallel_connections=3,
                auto_parallel=False,
                scheme='tls',
                uri=None,
            ),
            self._run_with(path).settings,
        )

    def _run_with(self, path: str, *options: str) -> controller.Job:
        self.jobs.clear()
        self._run('--config-file', path, *options)
        (job,) = self.jobs
        return job

    def test_options_count_more_than_the_file(self) -> None:
        """What is typed is what is meant."""
        path = self.line.config_file(
            with_native_tls=True, parallel_connections=3
        )
        settings = self._run_with(path, '--parallel', '1').settings
        self.assertEqual(1, settings.parallel_connections)

    def test_in_clear_text(self) -> None:
        """Only --plaintext turns encryption off, wherever it came from."""
        self.assertFalse(self._job('--plaintext').settings.native_tls)
        for path in (
            self.line.config_file('tls.conf', with_native_tls=True),
            self.line.config_file('tunnel.conf', tunnelled=True),
        ):
            settings = self._run_with(path, '--plaintext').settings
            self.assertEqual(
                (False, False), (settings.native_tls, settings.tunnelled)
            )

    def test_clear_text_must_be_asked_for(self) -> None:
        """A file that says nothing of encryption is not enough."""
        done = self._run('--config-file', self.line.config_file())
        self.assertEqual((2, ''), (done.status, done.out))
        self.assertIn('--plaintext', done.err)
        self.assertEqual([], self.jobs)

    def test_a_tunnel_is_not_called_clear_text(self) -> None:
        """Whoever tunnels may do so without TLS."""
        path = self.line.config_file(tunnelled=True)
        settings = self._run_with(path).settings
        self.assertEqual(
            (False, True), (settings.native_tls, settings.tunnelled)
        )

    def test_both_exclusive_options(self) -> None:
        """The controller is not even asked."""
        path = self.line.config_file(with_native_tls=True, tunnelled=True)
        done = self._run('--config-file', path)
        self.assertEqual((2, ''), (done.status, done.out))
        self.assertEqual([], self.jobs)

    def test_number_of_connections(self) -> None:
        """1 to 255; anything else is refused, and named."""
        for count in ('1', '255'):
            job = self._job('--parallel', count)
            self.assertEqual(int(count), job.settings.parallel_connections)
        self.jobs.clear()
        for count in ('0', '-1', '256', '99999999999999999999'):
            done = self._run(f'--parallel={count}')
            self.assertEqual((2, ''), (done.status, done.out))
            self.assertEqual(1, done.err.count('\n'))
            self.assertIn('--parallel', done.err)
            self.assertIn(count, done.err)
            self.assertIn('1 to 255', done.err)
        self.assertEqual([], self.jobs)


class ResultTest(MigrateTestCase):
    """What is shown, and the status."""

    def test_the_record(self) -> None:
        """The record, the call, and what was changed in it."""
        shown = self._run().json()
        record = dict(test_record.RECORD.as_columns())
        self.assertEqual(
            [*record, 'flags', 'bitmask', 'params', 'adjustments'], list(shown)
        )
        for name, value in record.items():
            self.assertEqual(value, shown[name], name)
        self.assertEqual(['LIVE', 'TLS'], shown['flags'])
        self.assertEqual({'tls.destination': 'host2'}, shown['params'])

    def test_no_progress_but_on_a_terminal(self) -> None:
        """A pipe gets the record alone."""
        self.assertEqual('', self._run().err)

    def test_progress_on_a_terminal(self) -> None:
        """The line is drawn, and left before anything else is said."""
        self.warnings = ('look out',)
        done = self.line.run('migrate', 'vm', DESTINATION, terminal=True)
        line, warning, nothing = done.err.split('\n')
        self.assertTrue(line.startswith('\r['), line)
        self.assertEqual('nova-native-tls: warning: look out', warning)
        self.assertEqual('', nothing)

    def test_the_line_is_left_after_a_failure(self) -> None:
        """The error does not stand behind the bar."""
        self.error = exception.SameHost(host='host1')
        done = self.line.run('migrate', 'vm', DESTINATION, terminal=True)
        self.assertEqual(
            f'nova-native-tls: {self.error}', done.err.splitlines()[-1]
        )

    def test_warnings(self) -> None:
        """They stand beside the record, and make the status."""
        self.warnings = ('one thing', 'another thing')
        done = self._run()
        self.assertEqual(1, done.status)
        self.assertEqual('vm', done.json()['guest'])
        self.assertEqual(
            'nova-native-tls: warning: one thing\n'
            'nova-native-tls: warning: another thing\n',
            done.err,
        )

    def test_failure(self) -> None:
        """One line, no record."""
        self.error = exception.MigrationFailed(
            name='vm', state='running', source='host1', problem='no route'
        )
        done = self._run()
        self.assertEqual((2, ''), (done.status, done.out))
        self.assertEqual(f'nova-native-tls: {self.error}\n', done.err)


class SignalTest(MigrateTestCase):
    """Ctrl-C and SIGTERM."""

    def test_cancel(self) -> None:
        """Either becomes a wish to cancel, and kills nothing."""
        for number in (signal.SIGINT, signal.SIGTERM):
            wishes: list[bool] = []

            def migrate(
                _job: controller.Job,
                *,
                cancel: threading.Event,
                on_progress: Any,
                number: signal.Signals = number,
                wishes: list[bool] = wishes,
            ) -> Any:
                wishes.append(cancel.is_set())
                signal.raise_signal(number)
                wishes.append(cancel.is_set())
                raise exception.MigrationCancelled(
                    name='vm', state='running', source='host1'
                )

            self.useFixture(
                fixtures.MonkeyPatch(
                    'nova_native_tls.migration.controller.migrate', migrate
                )
            )
            done = self._run()
            self.assertEqual([False, True], wishes)
            self.assertEqual((2, ''), (done.status, done.out))
            self.assertIn('was cancelled', done.err)

    def test_afterwards(self) -> None:
        """The process's own handlers are put back, also after a failure."""
        before = [
            signal.getsignal(number)
            for number in (signal.SIGINT, signal.SIGTERM)
        ]
        self._run()
        self.error = exception.SameHost(host='host1')
        self._run()
        self.assertEqual(
            before,
            [
                signal.getsignal(number)
                for number in (signal.SIGINT, signal.SIGTERM)
            ],
        )
