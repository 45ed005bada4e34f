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

"""What the journal adds up to."""

from __future__ import annotations

import dataclasses

import testtools

from nova_native_tls.ca import ledger
from nova_native_tls.ca import record
from tests.unit.ca import authorities

NOW = authorities.NOW
DAY = authorities.DAY
FIRST = record.Generation(at=NOW, generation=1, sha256='a1', subject='CN=1')
SECOND = dataclasses.replace(FIRST, generation=2, sha256='a2')
SIGNED = record.Signed(
    at=NOW,
    serial=5,
    generation=1,
    names=('host1', 'host1.example.org'),
    key_sha256='k1',
    sha256='c5',
    not_before=NOW,
    not_after=NOW + 9 * DAY,
)
SWITCHED = record.Switched(at=NOW, generation=2)
FINISHED = record.Finished(at=NOW, generation=2)


def renewed(**changes) -> record.Signed:
    return dataclasses.replace(
        SIGNED, **{'serial': 6, 'sha256': 'c6', **changes}
    )


class TestLedger(testtools.TestCase):
    def test_steps(self):
        """The three steps of a rotation follow one another."""
        state = ledger.Ledger([FIRST])
        seen = [(state.step, state.signing, list(state.trusted))]
        for one in (SECOND, SWITCHED, FINISHED):
            state.add(one)
            seen.append((state.step, state.signing, list(state.trusted)))

        self.assertEqual(
            [
                (ledger.Step.STEADY, 1, [1]),
                (ledger.Step.STARTED, 1, [1, 2]),
                (ledger.Step.SWITCHED, 2, [1, 2]),
                (ledger.Step.STEADY, 2, [2]),
            ],
            seen,
        )

    def test_order(self):
        """A record that cannot follow from those before it is refused."""
        third = dataclasses.replace(FIRST, generation=3)
        for records in (
            [SECOND],
            [SIGNED],
            [FIRST, FIRST],
            [FIRST, SECOND, third],
            [FIRST, SWITCHED],
            [FIRST, SECOND, FINISHED],
            [FIRST, SECOND, SWITCHED, SWITCHED],
            [FIRST, SIGNED, SIGNED],
            [FIRST, renewed(generation=2)],
            [FIRST, renewed(names=())],
            [FIRST, record.Revoked(at=NOW, serial=5)],
            [FIRST, SECOND, SWITCHED, FINISHED, SIGNED],
        ):
            self.assertRaises(ValueError, ledger.Ledger, records)

    def test_valid(self):
        """Valid is what has not expired, nor been revoked, nor given up."""
        state = ledger.Ledger([FIRST, SIGNED, renewed()])

        self.assertEqual([SIGNED, renewed()], list(state.valid(NOW)))
        self.assertEqual([], list(state.valid(NOW + 10 * DAY)))

        state.add(record.Revoked(at=NOW, serial=5))
        self.assertEqual([renewed()], state.valid_for('host1', NOW))
        self.assertEqual([], state.valid_for('host2', NOW))

        for one in (SECOND, SWITCHED, FINISHED):
            state.add(one)
        self.assertEqual([], state.valid_for('host1', NOW))

    def test_serials_are_remembered(self):
        """A serial number stays used, also of what was revoked or expired."""
        state = ledger.Ledger([FIRST, SIGNED])
        state.add(record.Revoked(at=NOW, serial=5))

        self.assertTrue(state.is_used(5))
        self.assertFalse(state.is_used(6))

    def test_revoked(self):
        """Each generation lists its own, until lists are made."""
        state = ledger.Ledger([FIRST, SIGNED, SECOND])
        revoked = record.Revoked(at=NOW, serial=5)

        state.add(revoked)
        state.add(dataclasses.replace(revoked, at=NOW + DAY))

        self.assertEqual([revoked], list(state.revoked(1)))
        self.assertEqual([], list(state.revoked(2)))
        self.assertTrue(state.unlisted)
        state.add(record.Listed(at=NOW, number=4))
        self.assertFalse(state.unlisted)
        self.assertEqual(4, state.crl_number)

    def test_reports(self):
        """What a host saw last counts, in whatever order it came."""
        new = record.Reported(
            at=NOW,
            host='host1',
            seen_at=NOW,
            certificate_sha256='c5',
            trusted_sha256=(),
        )
        old = dataclasses.replace(new, seen_at=NOW - DAY)

        for records in ([new, old], [old, new]):
            self.assertEqual(
                {'host1': new},
                ledger.Ledger([FIRST, SIGNED, *records]).reports,
            )

    def test_reports_of_two(self):
        """Two hosts that call themselves the same are two hosts."""
        other = renewed(names=('host2',))
        reports = [
            record.Reported(
                at=NOW,
                host='localhost',
                seen_at=NOW,
                certificate_sha256=sha256,
                trusted_sha256=(),
            )
            for sha256 in ('c5', 'c6')
        ]

        found = ledger.Ledger([FIRST, SIGNED, other, *reports]).reports

        self.assertEqual({'host1', 'host2'}, set(found))
