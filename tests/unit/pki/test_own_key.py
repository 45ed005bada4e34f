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


"""A private key that GnuTLS loads, and QEMU with it, but that cannot sign."""

from __future__ import annotations

import testtools

from nova_native_tls.pki import verdict

from tests.functional.fidelity import keys
from tests.functional.fidelity import world
from tests.unit.pki import pairs


def damage(host: world.Host) -> None:
    """Change one prime of an RSA key."""
    der = bytearray(host.key.pkcs8())
    prime = host.key.private.private_numbers().p
    der[der.index(prime.to_bytes(128)) + 9] ^= 1
    host.files[host.key_file] = world.pem('PRIVATE KEY', bytes(der))


class TestKeyThatCannotSign(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.pair = pairs.pair()
        for host in self.pair.hosts:
            host.key = host.leaf.key = keys.get('rsa2048', 0)

    def test_own(self):
        """A host finds out by itself, and shows nothing then."""
        pairs.write(self.pair)
        for host, endpoint in zip(
            self.pair.hosts, (pairs.CLIENT, pairs.SERVER), strict=True
        ):
            damage(host)
            found = verdict.of_host(
                pairs.files(host), endpoint, qemu_version=pairs.OLD
            )
            self.assertEqual(
                [f'{endpoint}-key.cannot-sign'],
                [each.code for each in found.findings if each.wanted],
            )
            self.assertEqual((), found.shown)

    def test_source(self):
        """It fails also where the destination does not mind who it is."""
        pairs.write(self.pair)
        damage(self.pair.source)
        found = pairs.predict(self.pair, verify=False)
        self.assertEqual(
            ['source: client-key.cannot-sign'], pairs.codes(found)
        )

    def test_unused(self):
        """It is not needed where the destination knows nobody of its CA.

        GnuTLS shows only certificates of those CAs that it was told of.
        """
        other = self.pair.root.copy()
        other.subject = [('2.5.4.3', 'another root')]
        other.key = keys.get('p256', 4)
        self.pair.source.leaf.issuer = other
        self.pair.source.bundle.append(other)
        pairs.write(self.pair)
        damage(self.pair.source)
        self.assertEqual(
            'yes', pairs.predict(self.pair, verify=False).qemu_verdict
        )
