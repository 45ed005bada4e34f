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


"""What nova-compute tells of its host, and when it cannot see it."""

from __future__ import annotations

import datetime
import pathlib
import types
from unittest import mock

from nova_native_tls.identity import expiry
from nova_native_tls.nova.facts import host_look
from nova_native_tls.nova import pre_checks
from nova_native_tls.nova.watch import host_watch
from nova_native_tls.nova.watch import watch_report
from tests.functional import credentials
from tests.functional.nova_adapter import notifier
from tests.functional.nova_adapter import trees
from tests.functional.nova_adapter import watched_host

OTHERS = watched_host.OTHERS
STARTED = 'not ready for live migrations'


class FailureTest(watched_host.WatchTestCase):
    """No look is no success, and no error of Nova's."""

    def test_nova_goes_on(self) -> None:
        """It is told once; then the host is not ready until it is seen."""
        self.assertTrue(self.published().ready)
        with self.fail_helper(side_effect=OSError('no sudo')):
            for _minute in range(3):
                stats = self.minute()
                self.assertEqual(('host.not-looked-at',), stats.problems)
                self.assertFalse(stats.ready)
                self.assertEqual(OTHERS, self.traits())
        self.assertEqual(1, self.log.output.count('OSError: no sudo'))
        self.assertTrue(self.minute().ready)
        self.assertIn('is ready for live migrations', self.log.output)

    def test_whatever_the_helper_says(self) -> None:
        """An answer that makes no sense is none."""
        for answer in (None, {}, {'stats': {}, 'findings': [], 'own': ''}):
            with self.fail_helper(return_value=answer):
                self.assertFalse(self.minute().ready)

    def test_nothing_was_checked(self) -> None:
        """No finding is not a good one."""
        answer = host_look.watch
        with self.fail_helper(
            side_effect=lambda asked: {**answer(asked), 'findings': []}
        ):
            with mock.patch.object(
                pre_checks, '_in_process', autospec=True, return_value=()
            ):
                self.assertFalse(self.minute().ready)

    def test_options(self) -> None:
        """What cannot be read at all is a reason, too."""
        self.configure('libvirt', live_migration_tunnelled=True)
        with mock.patch.object(
            pre_checks.own_facts,
            'question',
            autospec=True,
            side_effect=ValueError('broken'),
        ):
            self.assertFalse(self.minute().ready)

    def test_telling_fails(self) -> None:
        """Then nothing is ready either, and it is logged once."""
        with mock.patch.object(
            watch_report.Report,
            'tell',
            autospec=True,
            side_effect=ZeroDivisionError,
        ):
            for _minute in range(3):
                self.assertFalse(self.minute().ready)
        self.assertEqual(1, self.log.output.count('cannot be watched'))

    def test_the_look_before_hangs(self) -> None:
        """It keeps one thread of Nova's helper, not each minute another."""
        with host_look._watching:
            self.assertFalse(self.minute().ready)
        self.assertIn('has not come to an end yet', self.log.output)
        self.assertTrue(self.minute().ready)

    def test_the_helper_goes_on(self) -> None:
        """After an error it looks again."""
        with mock.patch.object(
            host_look, '_seen', autospec=True, side_effect=KeyError('broken')
        ):
            self.assertFalse(self.minute().ready)
        self.assertIn("RuntimeError: KeyError: 'broken'", self.log.output)
        self.assertTrue(self.minute().ready)

    def test_problems_are_told_once(self) -> None:
        """And again when they are others."""
        trees.change(self.files, server_cert=None)
        for _minute in range(3):
            self.minute()
        self.assertEqual(1, self.log.output.count(STARTED))
        trees.write(self.files, client_key=None)
        for _minute in range(3):
            self.minute()
        self.assertEqual(2, self.log.output.count(STARTED))
        self.assertIn('client-cert.not-sent: compute2: ', self.log.output)


class ExpiryTest(watched_host.WatchTestCase):
    """What is told of certificates."""

    def setUp(self) -> None:
        super().setUp()
        self.bus = self.useFixture(notifier.Bus())

    def test_soon_then_expired_then_renewed(self) -> None:
        """In the log and on the bus; again after a restart alone."""
        self.install(-60, 6)
        for _minute in range(3):
            self.assertTrue(self.minute().ready)
        (soon,) = self.bus.sent
        self.assertEqual('native_tls.certificate', soon.event_type)
        self.assertEqual('WARN', soon.priority)
        self.assertEqual(1, self.log.output.count('expires in 5 days'))
        self.install(-60, -1)
        for _minute in range(3):
            self.assertFalse(self.minute().ready)
        new = self.install(-1, 90)
        for _minute in range(3):
            self.assertTrue(self.minute().ready)
        self.assertEqual(
            [
                ('WARN', 'expires_soon'),
                ('ERROR', 'expired'),
                ('INFO', 'renewed'),
            ],
            [
                (sent.priority, sent.payload['nova_object.data']['reason'])
                for sent in self.bus.sent
            ],
        )
        self.assertEqual(1, self.log.output.count('has expired on'))
        self.assertEqual(
            1, self.log.output.count('renewed; "CN=a host" is valid until')
        )
        until = new.cert.not_valid_after_utc
        self.assertIn(until.isoformat(sep=' '), self.log.output)

    def test_payload(self) -> None:
        """All that a reader needs, and nothing secret."""
        until = self.install(-60, 6).cert.not_valid_after_utc
        self.minute()
        (sent,) = self.bus.sent
        payload = dict(sent.payload['nova_object.data'])
        left_s = payload.pop('seconds_left')
        self.assertAlmostEqual(6 * 86400, left_s, delta=60)
        self.assertIn('renew it', payload.pop('message'))
        self.assertEqual(64, len(payload.pop('sha256')))
        self.assertEqual(
            {
                'host': 'compute2',
                'reason': 'expires_soon',
                'kind': 'certificate',
                'files': ['server-cert.pem', 'client-cert.pem'],
                'subject': 'CN=a host',
                'not_after': until.strftime('%Y-%m-%dT%H:%M:%SZ'),
            },
            payload,
        )
        self.assertEqual(
            ('CertificatePayload', '1.0'),
            (
                sent.payload['nova_object.name'],
                sent.payload['nova_object.version'],
            ),
        )

    def test_all_files(self) -> None:
        """Each CA of the bundle, and the revocation list, too."""
        ca = credentials.authority(subject='another', days=(-60, 6))
        trees.change(
            self.files,
            ca_cert=trees.authority().cert_pem + ca.cert_pem,
            ca_crl=credentials.revocation_list(trees.authority()),
        )
        self.minute()
        (of_ca,) = self.bus.sent
        self.assertEqual(
            ['ca-cert.pem'], of_ca.payload['nova_object.data']['files']
        )
        later = datetime.datetime.now(datetime.UTC) + expiry.DAY
        clock = types.SimpleNamespace(now=lambda _zone: later)
        with mock.patch.object(
            host_watch,
            'datetime',
            types.SimpleNamespace(datetime=clock, UTC=datetime.UTC),
        ):
            self.minute()
        self.assertIn(
            'ca-crl.pem: the revocation list of "CN=an authority" was to be',
            self.log.output,
        )
        last = self.bus.sent[-1].payload['nova_object.data']
        self.assertEqual('revocation_list', last['kind'])

    def test_options(self) -> None:
        """Other days, as an operator wants them."""
        self.configure('native_tls', expiry_warning_days=[3])
        self.install(-60, 6)
        self.minute()
        self.assertEqual([], self.bus.sent)


class MetricsTest(watched_host.WatchTestCase):
    """The file for Prometheus."""

    def setUp(self) -> None:
        super().setUp()
        self.path = pathlib.Path(self.files.root) / 'metrics' / 'tls.prom'
        self.configure('native_tls', metrics_file=str(self.path))

    def values(self) -> dict[str, float]:
        """By name and labels."""
        return {
            name: float(value)
            for line in self.path.read_text().splitlines()
            if not line.startswith('#')
            for name, _space, value in [line.rpartition(' ')]
        }

    def test_content(self) -> None:
        """Readiness, what ends when, and the time; not who may read it."""
        self.path.parent.mkdir()
        began = datetime.datetime.now(datetime.UTC).timestamp()
        self.published()
        values = self.values()
        self.assertEqual(1, values['nova_native_tls_ready'])
        self.assertGreaterEqual(
            values['nova_native_tls_last_look_timestamp_seconds'], began - 1
        )
        until = trees.faultless().cert.not_valid_after_utc.timestamp()
        ends = {
            name: value
            for name, value in values.items()
            if 'certificate_expiry' in name and '"server-cert.pem"' in name
        }
        self.assertEqual([until], list(ends.values()))
        self.assertEqual(0o644, self.path.stat().st_mode & 0o777)

    def test_not_ready(self) -> None:
        """With the reason; what was last seen stays, with its time."""
        self.path.parent.mkdir()
        self.published()
        before = self.values()
        with self.fail_helper(side_effect=OSError):
            self.minute()
        after = self.values()
        self.assertEqual(0, after.pop('nova_native_tls_ready'))
        self.assertEqual(
            1, after.pop('nova_native_tls_problem{code="host.not-looked-at"}')
        )
        self.assertEqual(1, before.pop('nova_native_tls_ready'))
        self.assertEqual(before, after)

    def test_not_writable(self) -> None:
        """One warning until it works again, and the host stays ready."""
        for _minute in range(3):
            self.assertTrue(self.minute().ready)
        self.assertEqual(
            1, self.log.output.count('No metrics for Prometheus until')
        )
        self.path.parent.mkdir()
        self.minute()
        self.assertIn('are written to', self.log.output)
        self.assertTrue(self.path.exists())

    def test_not_wanted(self) -> None:
        """Without the option there is no file."""
        self.configure('native_tls', metrics_file=None)
        self.path.parent.mkdir()
        self.published()
        self.assertEqual([], list(self.path.parent.iterdir()))
