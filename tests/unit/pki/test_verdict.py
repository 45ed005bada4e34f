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

"""Verdicts on two hosts whose files are known."""

from __future__ import annotations

import datetime

import testtools

from nova_native_tls.pki import advice
from nova_native_tls.pki import beyond_qemu
from nova_native_tls.pki import verdict
from nova_native_tls import severity

from tests.functional.fidelity import certificates
from tests.functional.fidelity import keys
from tests.functional.fidelity import world
from tests.unit.pki import pairs
from tests.unit.pki import verdict_case

DAY = datetime.timedelta(days=1)


class TestPair(verdict_case.VerdictTestCase):
    def test_good(self):
        """Every question has an answer, which is yes."""
        self.assert_yes()
        found = pairs.predict(self.pair)
        self.assertEqual(
            ['server-cert.accepted', 'client-cert.accepted', 'name.covered'],
            [one.code for one in found.findings],
        )

    def test_nothing_found(self):
        """That is never a yes."""
        empty = verdict.Verdict(findings=())
        self.assertEqual('no', empty.qemu_verdict)
        self.assertEqual(severity.Status.FAILURE, empty.status)

    def test_name(self):
        """It has to be in the destination's certificate."""
        self.assert_no(['destination: name.mismatch'], name='other')
        self.assert_no(['destination: name.address-mismatch'], name='::1')
        self.assert_no(['source: name.unknown'], name=None)
        self.assert_yes(name=world.ADDRESS)

    def test_name_although_the_key_is_wrong(self):
        """Both are told at once."""
        self.pair.destination.key = keys.get('p256', 5)
        self.assert_no(
            [
                'destination: server-cert.key-mismatch',
                'destination: name.mismatch',
            ],
            name='other',
        )

    def test_expired(self):
        """One finding, though both hosts and GnuTLS object."""
        for side in ('source', 'destination'):
            self.pair = pairs.pair()
            host = getattr(self.pair, side)
            host.leaf.until = -certificates.DAY
            self.assert_no([f'{side}: {host.role}-cert.expired'])

    def test_client_certificate_missing(self):
        """QEMU on the destination wants one, unless it is told not to."""
        pairs.write(self.pair)
        for kind in ('cert', 'key'):
            del self.pair.source.files[f'client-{kind}.pem']
        self.assert_no(['source: client-cert.not-sent'])
        self.assert_yes(verify=False)

    def test_client_of_another_ca(self):
        """GnuTLS does not even send it."""
        other = self.pair.new_authority('another root')
        self.pair.source.leaf.issuer = other
        self.pair.source.bundle.append(other)
        self.assert_no(['source: client-cert.not-sent'])

    def test_server_of_another_ca(self):
        """The source does not know its issuer."""
        other = self.pair.new_authority('another root')
        self.pair.destination.leaf.issuer = other
        self.pair.destination.bundle.append(other)
        self.assert_no(['destination: peer.unknown-issuer'])

    def test_revoked_client(self):
        """By the destination's list."""
        self.pair.destination.crls = [
            certificates.RevocationList(
                issuer=self.pair.root, revoked=[self.pair.source.leaf]
            )
        ]
        self.assert_no(['source: client-cert.revoked'])

    def test_priority(self):
        """It decides what is too weak, and has to be one at all."""
        host = self.pair.destination
        host.key = host.leaf.key = keys.get('rsa1024', 0)
        self.assert_no(['source: priority.unusable'], priority='NONSENSE')
        self.assert_yes(priority='NORMAL')
        self.assert_no(
            ['destination: peer.weak'], priority='NORMAL:%PROFILE_MEDIUM'
        )

    def test_weak_signature(self):
        """QEMU finds it in its own certificate, before anybody connects."""
        self.pair.destination.leaf.digest = 'sha1'
        self.assert_no(['destination: server-cert.weak'])

    def test_no_subject(self):
        """QEMU wants one, whatever names there are."""
        self.pair.destination.leaf.subject = []
        self.assert_no(['destination: server-cert.no-subject'])

    def test_usage_that_does_not_sign(self):
        """It passes QEMU's rules, not the handshake; the file is named."""
        self.pair.source.leaf.usage = ('keyAgreement',), False
        found = pairs.predict(self.pair)
        (one,) = [each for each in found.findings if each.wanted]
        self.assertEqual(('source', 'client-cert.pem'), (one.side, one.file))

    def test_versions_may_differ(self):
        """Each host has its own QEMU."""
        self.pair.source.leaf.usage = ('digitalSignature',), True
        expected = ['source: client-cert.no-key-encipherment']
        self.assert_no(expected, source_qemu_version=pairs.OLDER)
        self.assert_yes(
            qemu_version=pairs.OLDER, source_qemu_version=pairs.OLD
        )

    def test_what_to_do_is_always_told(self):
        """What was wanted, and how to get there."""
        self.pair.destination.leaf.until = -certificates.DAY
        self.pair.source.leaf.basic = (True, None, True)
        for one in pairs.predict(self.pair, name='other').findings:
            self.assertTrue(one.seen and one.wanted and one.remedy, one)


class TestTime(verdict_case.VerdictTestCase):
    def test_another_time(self):
        """As if it were then, also for GnuTLS."""
        self.assert_yes(at=pairs.NOW + 6 * DAY)
        later = ['server-cert', 'ca-cert', 'client-cert', 'ca-cert']
        sides = ['destination', 'destination', 'source', 'source']
        for at, kind in (
            (pairs.NOW + 8 * DAY, 'expired'),
            (pairs.NOW - 2 * DAY, 'not-yet-valid'),
        ):
            self.assert_no(
                [
                    f'{side}: {file}.{kind}'
                    for side, file in zip(sides, later, strict=True)
                ],
                at=at,
            )
        self.assert_yes()


class TestBeyondQemu(verdict_case.VerdictTestCase):
    def assert_stricter(
        self,
        expected: list[str],
        status: severity.Status = severity.Status.WARNING,
        **arguments,
    ) -> None:
        """QEMU says yes; these are the reservations."""
        self.assert_yes(status, **arguments)
        found = pairs.predict(self.pair, **arguments)
        self.assertEqual(expected, pairs.codes(found, stricter=True))

    def revoke(self, reader: world.Host, *revoked: world.Host) -> None:
        reader.crls = [
            certificates.RevocationList(
                issuer=self.pair.root, revoked=[host.leaf for host in revoked]
            )
        ]

    def test_revoked_server(self):
        """By the list of either host; QEMU looks at neither for it."""
        for reader in ('source', 'destination'):
            self.pair = pairs.pair()
            self.revoke(getattr(self.pair, reader), self.pair.destination)
            self.assert_stricter(
                ['destination: server-cert.revoked'], severity.Status.FAILURE
            )

    def test_revoked_client(self):
        """By the source's own list."""
        self.revoke(self.pair.source, self.pair.source)
        self.assert_stricter(
            ['source: client-cert.revoked'], severity.Status.FAILURE
        )

    def test_told_once(self):
        """What QEMU says itself is not said again."""
        self.revoke(self.pair.destination, self.pair.source)
        found = pairs.predict(self.pair)
        self.assertEqual([], pairs.codes(found, stricter=True))

    def test_margin(self):
        """Every certificate must last longer than a migration may."""
        self.pair.source.leaf.until = certificates.HOUR
        self.assert_stricter(
            ['source: client-cert.expires-soon'],
            severity.Status.FAILURE,
            demands=beyond_qemu.Demands(margin_s=2 * certificates.HOUR),
        )
        self.assert_yes(
            demands=beyond_qemu.Demands(margin_s=certificates.HOUR // 2)
        )

    def test_private_key_in_bundle(self):
        """QEMU does not mind; whoever can read it has the key."""
        pairs.write(self.pair)
        host = self.pair.destination
        host.files['ca-cert.pem'] += host.files['server-key.pem']
        self.assert_stricter(['destination: ca-cert.private-key'])

    def test_too_many_authorities(self):
        """Old QEMU looks at sixteen."""
        others = [self.pair.new_authority(f'r{n}') for n in range(16)]
        self.pair.source.bundle += others
        self.assert_stricter(['source: ca-cert.too-many'])
        self.assert_yes(qemu_version=pairs.NEW)

    def test_separation(self):
        """A certificate that opens libvirtd, too."""
        control = world.pem_of(self.pair.root, pairs.NOW)
        self.assert_stricter(
            [
                'destination: server-cert.accepted-by-libvirtd',
                'source: client-cert.accepted-by-libvirtd',
            ],
            demands=beyond_qemu.Demands(control_ca=control),
        )
        other = world.pem_of(self.pair.new_authority('other'), pairs.NOW)
        self.assert_yes(demands=beyond_qemu.Demands(control_ca=other))

    def test_newer_qemu(self):
        """What the next upgrade would break."""
        self.pair = pairs.pair(intermediate=True)
        self.pair.source.bundle = [self.pair.intermediate]
        self.assert_stricter(['source: upgrade.ca-cert.incomplete'])

    def test_damaged_list_of_a_source(self):
        """QEMU never looks at it."""
        pairs.write(self.pair)
        self.pair.source.files['ca-crl.pem'] = b'nonsense'
        found = pairs.predict(self.pair)
        self.assertEqual('yes', found.qemu_verdict)


class TestAdvice(testtools.TestCase):
    def test_unknown_code(self):
        """There is something to be said of any."""
        found = advice.for_code('never-heard.of')
        self.assertTrue(found.wanted and found.remedy)
