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

"""Records as people read them."""

from __future__ import annotations

import testtools

from nova_native_tls.evidence import chain
from nova_native_tls.evidence import record
from nova_native_tls.evidence import summary
from nova_native_tls import policy
from tests.unit.evidence import records

ANCHOR = chain.Anchor(number=17, hash='0f3a' * 16)
LENGTH = 255


class FullTest(testtools.TestCase):
    """For the log."""

    def test_everything(self) -> None:
        """All of a record that an operator looks for."""
        one = records.full()
        self.assertEqual(
            'Live migration to host2: completed; libvirt was asked for TLS '
            '(required, as flavor m1.small says); verified name '
            'host2.example.org; source certificate: serial 0A, SHA-256 '
            f'{one.source_identity.certificate.sha256}, until 2027-02-01; '
            "source's CA: serial 01, SHA-256 "
            f'{one.source_identity.ca.sha256}, until 2027-02-01; destination '
            'certificate: serial 0A, SHA-256 '
            f'{one.destination_identity.certificate.sha256}, until '
            "2027-02-01; destination's CA: serial 01, SHA-256 "
            f'{one.destination_identity.ca.sha256}, until 2027-02-01; '
            'connections for memory: 2; disks copied: yes; memory sent: '
            '12345 bytes; duration: 1.2 s; downtime: 12 ms; evidence '
            f'17:{ANCHOR.hash}',
            summary.full(one, ANCHOR),
        )

    def test_hardly_anything(self) -> None:
        """What is not known is not said."""
        self.assertEqual(
            'Live migration to host2: failed; libvirt was not asked; cause: '
            'no route to host',
            summary.full(records.small(1), None),
        )


class ShortTest(testtools.TestCase):
    """For an event."""

    def short(self, one: record.Record) -> str:
        """Say it, within the limit."""
        said = summary.short(one, ANCHOR, LENGTH)
        self.assertLessEqual(len(said), LENGTH)
        self.assertTrue(said.endswith('; evidence 17:0f3a0f3a0f3a0f3a'), said)
        return said

    def test_ordinary(self) -> None:
        """Rule, name, both fingerprints and the anchor find room."""
        one = records.full(rule='[libvirt] live_migration_with_native_tls')
        said = self.short(one)
        for text in (
            'asked for TLS (required, as [libvirt] live_migration_with_native',
            'verified name host2.example.org',
            one.source_identity.certificate.sha256[:16],
            one.destination_identity.certificate.sha256[:16],
        ):
            self.assertIn(text, said)

    def test_clear_text(self) -> None:
        """It says so first, and of no certificate."""
        said = self.short(
            records.full(
                mode='plaintext',
                encryption=policy.Encryption.DISABLED,
                verified_name=None,
                source_identity=record.Identity(),
                destination_identity=record.Identity(),
            )
        )
        self.assertTrue(
            said.startswith('libvirt was asked for clear text (disabled, as '),
            said,
        )
        self.assertNotIn('SHA-256', said)
        self.assertIn('downtime', said)

    def test_long_names(self) -> None:
        """They are cut, not what matters."""
        said = self.short(
            records.full(rule='flavor ' + 'x' * 300, verified_name='y' * 255)
        )
        self.assertIn('asked for TLS (required, as flavor xxx', said)
        self.assertIn('... says)', said)

    def test_without_a_file(self) -> None:
        """There is no anchor then."""
        self.assertNotIn(
            'evidence', summary.short(records.full(), None, LENGTH)
        )
