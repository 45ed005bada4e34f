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

"""Why a migration failed, as each of the two hosts knows it."""

from __future__ import annotations

import datetime
import json
from typing import Any
from unittest import mock

import libvirt

from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api
from nova_native_tls.nova.telling import reason
from tests.functional.nova_adapter import adapter

GUEST = 'instance-00000001'
LOG = f'/var/log/libvirt/qemu/{GUEST}.log'
SINCE = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
BEFORE = '2026-11-21T11:59:59.000000Z'
AFTER = '2026-11-21T12:00:01.000000Z'
# What libvirt 9.0 raises on the source, whatever the reason.
CLOSED = (
    'internal error: qemu unexpectedly closed the monitor: '
    f'{AFTER} qemu-system-x86_64: load of migration failed: Input/output error'
)
MISMATCH = 'Certificate does not match the hostname 203.0.113.2'
REFUSED = (
    'qemu-system-x86_64: The certificate is not trusted. The certificate '
    "hasn't got a known issuer."
)


def _on_destination() -> reason.Reason | None:
    return reason.on_destination(GUEST, source='compute1', since=SINCE)


class ReasonTestCase(adapter.AdapterTestCase):
    """A host whose QEMU has a log and a monitor."""

    def setUp(self) -> None:
        super().setUp()
        self.domain = mock.Mock()
        self.domain.name.return_value = GUEST
        self.domain.UUIDString.return_value = adapter.UUID
        self.monitor = mock.Mock(return_value=json.dumps({'return': {}}))
        self.exchange(
            libvirt_api,
            libvirt_qemu=mock.Mock(qemuMonitorCommand=self.monitor),
        )

    def write_log(self, *lines: str) -> None:
        """Let QEMU have said something."""
        self.files.write(LOG, ''.join(f'{line}\n' for line in lines).encode())


class OnSourceTest(ReasonTestCase):
    """libvirt's error, and what this host's QEMU adds to it."""

    def _ask(self, error: Exception) -> reason.Reason:
        return reason.on_source(
            error, domain=self.domain, destination='compute1', since=SINCE
        )

    def _failed(self, sentence: str) -> Any:
        return self._ask(libvirt.libvirtError(sentence))

    def test_libvirt_knows(self) -> None:
        """Its reason is explained; nobody else is asked."""
        found = self._failed(
            f'operation failed: migration out job: {MISMATCH}'
        )
        self.assertIn('destination compute1', found.details)
        self.assertIn('203.0.113.2', found.details)
        self.assertIn('tls_destination', found.details)
        self.assertIn(MISMATCH, found.full)
        self.monitor.assert_not_called()

    def test_the_log_knows(self) -> None:
        """libvirt's error is the consequence, QEMU's log has the reason."""
        self.write_log(f'{AFTER} qemu-system-x86_64: {MISMATCH}')
        found = self._failed(CLOSED)
        self.assertIn('203.0.113.2', found.details)
        self.assertIn(CLOSED, found.full)
        self.monitor.assert_not_called()

    def test_an_older_line_of_the_log(self) -> None:
        """What an earlier migration left there is not this one's reason."""
        self.write_log(f'{BEFORE} qemu-system-x86_64: {MISMATCH}')
        found = self._failed(CLOSED)
        self.assertNotIn('203.0.113.2', found.full)

    def test_the_monitor_knows(self) -> None:
        """Where nothing else tells a reason, QEMU is asked."""
        self.write_log()
        self.monitor.return_value = json.dumps(
            {'return': {'status': 'failed', 'error-desc': MISMATCH}}
        )
        found = self._failed(CLOSED)
        self.assertEqual(1, self.monitor.call_count)
        self.assertIn('203.0.113.2', found.details)
        self.assertIn("query-migrate", self.monitor.call_args.args[1])

    def test_the_monitor_says_something_unknown(self) -> None:
        """It is told, in its own words."""
        self.monitor.return_value = json.dumps(
            {'return': {'error-desc': 'the moon is full'}}
        )
        found = self._failed('something else')
        self.assertEqual('the moon is full (something else)', found.details)

    def test_nothing_is_known(self) -> None:
        """libvirt's words are all there is."""
        found = self._failed('something else')
        self.assertEqual('something else', found.details)
        self.assertEqual('something else', found.full)

    def test_length(self) -> None:
        """Details fit into an event, the rest is kept in full."""
        found = self._failed('x' * 1000)
        self.assertEqual('x' * 255, found.details)
        self.assertEqual('x' * 1000, found.full)
        found = self._failed(f'{CLOSED} {MISMATCH}{"x" * 1000}')
        self.assertLessEqual(len(found.details), 255)

    def test_our_own_refusal(self) -> None:
        """It says what to do; QEMU knows nothing of it."""
        found = self._ask(exception.MigrationRefused(reasons='too old'))
        self.assertIn('too old', found.details)
        self.monitor.assert_not_called()
        self.assertEqual('', self.log.output)

    def test_a_guest_that_is_gone(self) -> None:
        """The error is told as it is, and nothing is raised."""
        self.domain.name.side_effect = libvirt.libvirtError('no domain')
        found = self._failed(f'operation failed: {MISMATCH}')
        self.assertEqual(f'operation failed: {MISMATCH}', found.details)
        self.assertIn('cannot be explained', self.log.output)


class OnDestinationTest(ReasonTestCase):
    """What only the destination's QEMU knows."""

    def test_reason(self) -> None:
        """The certificate that was refused, and whose."""
        self.write_log(f'{AFTER} {REFUSED}')
        found = _on_destination()
        assert found is not None
        self.assertIn('source compute1', found.details)
        self.assertIn('compute2', found.details)
        self.assertIn("hasn't got a known issuer", found.full)
        self.assertNotIn('libvirt reported', found.full)

    def test_consequence(self) -> None:
        """That the stream broke is no news."""
        self.write_log(
            f'{AFTER} qemu-system-x86_64: load of migration failed: '
            'Input/output error'
        )
        self.assertIsNone(_on_destination())

    def test_within_one_second(self) -> None:
        """A guest may be expected, and refused, in the same second."""
        since = SINCE.replace(microsecond=300_000)
        self.write_log(f'2026-11-21T12:00:00.400000Z {REFUSED}')
        found = reason.on_destination(GUEST, source='compute1', since=since)
        self.assertIsNotNone(found)
        self.write_log(f'2026-11-21T12:00:00.200000Z {REFUSED}')
        found = reason.on_destination(GUEST, source='compute1', since=since)
        self.assertIsNone(found)

    def test_older(self) -> None:
        """What was said before this guest was expected."""
        self.write_log(f'{BEFORE} {REFUSED}')
        self.assertIsNone(_on_destination())

    def test_no_log(self) -> None:
        """QEMU was never started here."""
        self.assertIsNone(_on_destination())

    def test_the_end_of_a_long_log(self) -> None:
        """Only the end is read, and the newest reason is there."""
        self.write_log(
            'x' * (2 * reason.LOG_BYTES), '\xff\0', f'{AFTER} {REFUSED}'
        )
        self.assertIsNotNone(_on_destination())
        self.write_log(f'{AFTER} {REFUSED}', 'x' * (2 * reason.LOG_BYTES))
        self.assertIsNone(_on_destination())

    def test_what_cannot_be_explained(self) -> None:
        """Nothing is raised into Nova's clean-up."""
        self.exchange(reason, log_end=mock.Mock(side_effect=RuntimeError))
        self.assertIsNone(_on_destination())
        self.assertIn('cannot be explained', self.log.output)
