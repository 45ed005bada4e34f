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

DAY = datetime.timedelta(days=1)


class VerdictTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.pair = pairs.pair()

    def assert_no(self, expected: list[str], **arguments) -> None:
        """QEMU refuses; these are the reasons."""
        found = pairs.predict(self.pair, **arguments)
        self.assertEqual(expected, pairs.codes(found))
        self.assertEqual('no', found.qemu_verdict)
        self.assertEqual(severity.Status.FAILURE, found.status)

    def assert_yes(
        self, status: severity.Status = severity.Status.SUCCESS, **arguments
    ) -> None:
        found = pairs.predict(self.pair, **arguments)
        self.assertEqual([], pairs.codes(found))
        self.assertEqual('yes', found.qemu_verdict)
        self.assertEqual(status, found.status)


def _late(template: certificates.Template, days: int) -> bytes:
    """Issue the same again, so many days later."""
    again = template.copy()
    again.cached = None
    return again.der(pairs.NOW + days * DAY)


class TestPair(VerdictTestCase):
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


class TestTime(VerdictTestCase):
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


class TestBeyondQemu(VerdictTestCase):
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


class TestApart(VerdictTestCase):
    """Two hosts that know only each other's certificates."""

    def host(self, endpoint) -> verdict.HostVerdict:
        host = (
            self.pair.source
            if endpoint is pairs.CLIENT
            else self.pair.destination
        )
        return verdict.of_host(
            pairs.files(host), endpoint, qemu_version=pairs.OLD
        )

    def peer(self, endpoint, **arguments) -> verdict.Verdict:
        ends = {
            pairs.CLIENT: self.pair.source,
            pairs.SERVER: self.pair.destination,
        }
        own = ends.pop(endpoint)
        (other,) = ends
        arguments = {
            'name': pairs.NAME,
            'qemu_version': pairs.OLD,
            'chain': self.host(other).shown,
            **arguments,
        }
        return verdict.of_peer(pairs.files(own), endpoint, **arguments)

    def test_good(self):
        """For every kind of key, whose private part is not known."""
        for kind in ('p256', 'p384', 'p521', 'ed25519', 'rsa2048'):
            self.pair = pairs.pair()
            for host in self.pair.hosts:
                host.key = host.leaf.key = keys.get(kind, 0)
            for endpoint in (pairs.CLIENT, pairs.SERVER):
                self.assertEqual([], pairs.codes(self.peer(endpoint)), kind)
                self.assertEqual('yes', self.peer(endpoint).qemu_verdict)
                self.assertEqual('yes', self.host(endpoint).qemu_verdict)

    def test_shown(self):
        """The public part of what is sent: the whole chain, no key."""
        self.pair = pairs.pair(intermediate=True)
        self.pair.source.chain = [self.pair.intermediate]
        self.assertEqual(
            (
                self.pair.source.leaf.der(pairs.NOW),
                self.pair.intermediate.der(pairs.NOW),
            ),
            self.host(pairs.CLIENT).shown,
        )

    def test_name(self):
        """Looked for by the source only."""
        found = self.peer(pairs.CLIENT, name='other')
        self.assertEqual(['destination: name.mismatch'], pairs.codes(found))
        found = self.peer(pairs.SERVER, name='other')
        self.assertEqual([], pairs.codes(found))

    def test_foreign(self):
        """Its CA is unknown here."""
        other = self.pair.new_authority('another root')
        for host in self.pair.hosts:
            host.leaf.issuer = other
        found = self.peer(
            pairs.CLIENT, chain=(self.pair.destination.leaf.der(pairs.NOW),)
        )
        self.assertIn('destination: peer.unknown-issuer', pairs.codes(found))

    def test_expired(self):
        """One finding: what has expired, until when, and what QEMU says."""
        for endpoint, host in (
            (pairs.CLIENT, self.pair.destination),
            (pairs.SERVER, self.pair.source),
        ):
            shown = (_late(host.leaf, -30),)
            found = self.peer(endpoint, chain=shown)
            (one,) = found.findings
            self.assertEqual(f'{host.role}-cert.expired', one.code)
            self.assertIn(' until ', one.seen)
            self.assertIn('issue a new one', one.remedy)
            self.assertEqual('The certificate is not trusted', one.sentence)

    def test_not_yet_valid(self):
        """The same of one from the future."""
        shown = (_late(self.pair.destination.leaf, 30),)
        found = self.peer(pairs.CLIENT, chain=shown)
        (one,) = found.findings
        self.assertEqual('server-cert.not-yet-valid', one.code)
        self.assertEqual('The certificate is not trusted', one.sentence)

    def test_expired_intermediate(self):
        """It is named, not the certificate that it issued."""
        self.pair = pairs.pair(intermediate=True)
        shown = (
            self.pair.destination.leaf.der(pairs.NOW),
            _late(self.pair.intermediate, -30),
        )
        self.pair.source.bundle = [self.pair.root]
        self.pair.source.leaf.issuer = self.pair.root
        found = self.peer(pairs.CLIENT, chain=shown)
        (one,) = found.findings
        self.assertEqual('peer.chain-expired', one.code)
        self.assertIn('an issuer', one.seen)
        self.assertEqual('The certificate is not trusted', one.sentence)

    def test_expired_stranger(self):
        """What else is wrong is told as well."""
        other = self.pair.new_authority('another root')
        self.pair.destination.leaf.issuer = other
        shown = (_late(self.pair.destination.leaf, -30),)
        found = self.peer(pairs.CLIENT, chain=shown)
        self.assertEqual(
            [
                'destination: peer.unknown-issuer',
                'destination: server-cert.expired',
            ],
            pairs.codes(found),
        )

    def test_nothing_shown(self):
        """A destination wants something, unless it is told not to."""
        found = self.peer(pairs.SERVER, chain=())
        self.assertEqual(['source: client-cert.not-sent'], pairs.codes(found))
        found = self.peer(pairs.SERVER, chain=(), verify=False)
        self.assertEqual('yes', found.qemu_verdict)

    def test_nonsense_shown(self):
        """A peer may send anything."""
        for chain in ((b'',), (b'nonsense',), (b'\x30\x03abc',)):
            found = self.peer(pairs.CLIENT, chain=chain)
            self.assertEqual(
                ['destination: peer.unusable'], pairs.codes(found)
            )
            self.assertNotIn('key', found.findings[0].wanted)

    def test_revoked(self):
        """QEMU on a destination looks, QEMU on a source does not."""
        crl = certificates.RevocationList(
            issuer=self.pair.root,
            revoked=[self.pair.source.leaf, self.pair.destination.leaf],
        )
        for host in self.pair.hosts:
            host.crls = [crl]
        found = self.peer(pairs.SERVER)
        self.assertEqual('no', found.qemu_verdict)
        found = self.peer(pairs.CLIENT)
        self.assertEqual('yes', found.qemu_verdict)
        self.assertEqual(severity.Status.FAILURE, found.status)

    def test_own_files_are_broken(self):
        """Then nobody is accepted."""
        pairs.write(self.pair)
        self.pair.source.files['ca-cert.pem'] = b'nonsense'
        chain = (self.pair.destination.leaf.der(pairs.NOW),)
        found = self.peer(pairs.CLIENT, chain=chain)
        self.assertEqual('no', found.qemu_verdict)


class TestAdvice(testtools.TestCase):
    def test_unknown_code(self):
        """There is something to be said of any."""
        found = advice.for_code('never-heard.of')
        self.assertTrue(found.wanted and found.remedy)
