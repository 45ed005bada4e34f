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

"""Verdicts of two hosts that know little of each other."""

from __future__ import annotations

from nova_native_tls.pki import verdict
from nova_native_tls import severity
from tests.functional.fidelity import certificates
from tests.functional.fidelity import keys
from tests.unit.pki import pairs
from tests.unit.pki import verdict_case


class TestApart(verdict_case.VerdictTestCase):
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
            shown = (verdict_case.late(host.leaf, -30),)
            found = self.peer(endpoint, chain=shown)
            (one,) = found.findings
            self.assertEqual(f'{host.role}-cert.expired', one.code)
            self.assertIn(' until ', one.seen)
            self.assertIn('issue a new one', one.remedy)
            self.assertEqual('The certificate is not trusted', one.sentence)

    def test_not_yet_valid(self):
        """The same of one from the future."""
        shown = (verdict_case.late(self.pair.destination.leaf, 30),)
        found = self.peer(pairs.CLIENT, chain=shown)
        (one,) = found.findings
        self.assertEqual('server-cert.not-yet-valid', one.code)
        self.assertEqual('The certificate is not trusted', one.sentence)

    def test_expired_intermediate(self):
        """It is named, not the certificate that it issued."""
        self.pair = pairs.pair(intermediate=True)
        shown = (
            self.pair.destination.leaf.der(pairs.NOW),
            verdict_case.late(self.pair.intermediate, -30),
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
        shown = (verdict_case.late(self.pair.destination.leaf, -30),)
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
