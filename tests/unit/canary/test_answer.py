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

"""Tests of canary/answer.py."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import testtools

from nova_native_tls.canary import answer
from nova_native_tls.canary import flight
from nova_native_tls.checks import result
from nova_native_tls import exception
from tests.unit.canary import hosts

CANARY = 'nova-native-tls-canary-host1-1'
STARTED = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


def _flight(**changes: Any) -> flight.Flight:
    values = {
        'canary': CANARY,
        'source': 'host1',
        'destination': 'host2',
        'call': hosts.CALL,
        'started': STARTED.timestamp(),
        'duration_s': 0.94,
        'error': None,
        'left': (),
        'removed': (),
    }
    return flight.Flight(**values | changes)


def _failed(problem: str) -> exception.MigrationFailed:
    return exception.MigrationFailed(
        name=CANARY, state='running', source='host1', problem=problem
    )


class AnswerTest(testtools.TestCase):
    """What a flight means."""

    def test_arrived(self) -> None:
        """Success says how, and as whom the destination was verified."""
        (finding,) = answer.of_flight(_flight())
        self.assertEqual('canary.arrived', finding.code)
        self.assertIs(result.Status.SUCCESS, finding.status)
        self.assertEqual(
            'host2: a guest came from host1 in 0.9 s with TLS, verified as '
            'host2.example.org',
            finding.sentence(),
        )

    def test_arrived_in_clear_text(self) -> None:
        """Without TLS it proves nothing."""
        call = dataclasses.replace(hosts.CALL, flags=frozenset({'LIVE'}))
        (finding,) = answer.of_flight(_flight(call=call))
        self.assertEqual('canary.not-tls', finding.code)
        self.assertIs(result.Status.WARNING, finding.status)
        self.assertIn('plaintext', finding.detail)

    def test_explained(self) -> None:
        """A known sentence becomes its cause and remedy, at its host."""
        (finding,) = answer.of_flight(
            _flight(
                error=_failed('Certificate does not match the hostname host9')
            )
        )
        self.assertEqual('name.mismatch', finding.code)
        self.assertIs(result.Status.FAILURE, finding.status)
        self.assertEqual('host2', finding.subject)
        self.assertIn('host9', finding.detail)
        self.assertNotEqual('', finding.remedy)

    def test_not_explained(self) -> None:
        """An unknown one is shown, with the place to look."""
        (finding,) = answer.of_flight(_flight(error=_failed('odd')))
        self.assertEqual('canary.failed', finding.code)
        self.assertIn('odd', finding.detail)
        self.assertIn(f'/var/log/libvirt/qemu/{CANARY}.log', finding.remedy)

    def test_log(self) -> None:
        """QEMU's log on the source knows more than libvirt said."""
        (finding,) = answer.of_flight(
            _flight(error=_failed('odd')),
            source_log='2026-01-02T03:04:06.000000Z qemu-system-x86_64: '
            'Certificate does not match the hostname host9\n',
        )
        self.assertEqual('name.mismatch', finding.code)

    def test_older_log(self) -> None:
        """What an earlier canary of this name met is not of this one."""
        (finding,) = answer.of_flight(
            _flight(error=_failed('odd')),
            source_log='2026-01-02T03:04:04.000000Z qemu-system-x86_64: '
            'Certificate does not match the hostname host9\n',
        )
        self.assertEqual('canary.failed', finding.code)

    def test_too_slow(self) -> None:
        """So is one that nobody could wait for."""
        (finding,) = answer.of_flight(
            _flight(error=flight.CanaryTooSlow(timeout_s=5))
        )
        self.assertEqual('canary.too-slow', finding.code)
        self.assertIn('5 seconds', finding.detail)

    def test_cancelled(self) -> None:
        """And one that nobody wanted any more."""
        error = exception.MigrationCancelled(
            name=CANARY, state='running', source='host1'
        )
        (finding,) = answer.of_flight(_flight(error=error))
        self.assertEqual('canary.cancelled', finding.code)

    def test_refused_by_qemu(self) -> None:
        """QEMU's verdict is not what libvirt or a network did."""
        for expected, error in (
            (True, _failed('Certificate does not match the hostname host9')),
            (True, _failed('odd')),
            (False, _failed('internal error: client socket is closed')),
            (False, flight.CanaryTooSlow(timeout_s=5)),
            (False, None),
        ):
            flown = _flight(error=error)
            findings = answer.of_flight(flown)
            self.assertIs(
                expected,
                answer.refused_by_qemu(flown, findings),
                findings[0].code,
            )

    def test_left(self) -> None:
        """It is said where a canary could not be ended."""
        _arrived, finding = answer.of_flight(_flight(left=('host2: busy',)))
        self.assertEqual('canary.left-behind', finding.code)
        self.assertIs(result.Status.WARNING, finding.status)
        self.assertIn('host2: busy', finding.detail)
        self.assertIn('60 seconds', finding.remedy)

    def test_removed(self) -> None:
        """It is said what was found and ended."""
        _arrived, finding = answer.of_flight(_flight(removed=('old',)))
        self.assertEqual('canary.leftover-removed', finding.code)
        self.assertIs(result.Status.SUCCESS, finding.status)
        self.assertEqual('old', finding.subject)
