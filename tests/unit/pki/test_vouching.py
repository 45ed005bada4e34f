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


"""Which CAs vouch for a host."""

from __future__ import annotations

import dataclasses
import datetime
import functools

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import oid
import testtools

from cryptography import x509

from nova_native_tls.pki import vouching

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@dataclasses.dataclass(frozen=True)
class Holder:
    """A certificate and its key."""

    cert: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def issue(name: str, issuer: Holder | None = None, key=None) -> Holder:
    """Issue a certificate; to itself by default."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.cert.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + datetime.timedelta(days=1))
    )
    signer = issuer.key if issuer else key
    return Holder(builder.sign(signer, hashes.SHA256()), key)


@functools.cache
def root() -> Holder:
    return issue('root')


@functools.cache
def middle() -> Holder:
    return issue('middle', root())


class IdentityTest(testtools.TestCase):
    """What makes a CA the same."""

    def test_renewed(self):
        """A new certificate for the same name and key is the same CA."""
        renewed = issue('root', key=root().key)
        self.assertNotEqual(root().cert, renewed.cert)
        self.assertEqual(
            vouching.identity(root().cert), vouching.identity(renewed.cert)
        )

    def test_another_one(self):
        """Another key, or another name, is another CA."""
        for other in (issue('root'), issue('other', key=root().key)):
            self.assertNotEqual(
                vouching.identity(root().cert), vouching.identity(other.cert)
            )


class IssuersTest(testtools.TestCase):
    """By which CAs a host can be trusted."""

    def issuers(self, shown, bundle):
        found = vouching.issuers(
            [each.cert for each in shown], [each.cert for each in bundle]
        )
        return {
            each
            for each in (root(), middle())
            if vouching.identity(each.cert) in found
        }, found

    def test_root(self):
        """By the one that issued its certificate, and by no other."""
        named, found = self.issuers(
            [issue('host', root())], [root(), issue('root'), issue('other')]
        )
        self.assertEqual({root()}, named)
        self.assertEqual(1, len(found))

    def test_sent_chain(self):
        """Intermediates that are sent lead to what issued them."""
        host = issue('host', middle())
        named, _found = self.issuers([host, middle()], [root()])
        self.assertEqual({root(), middle()}, named)

    def test_order(self):
        """In whatever order they are sent."""
        lower = issue('lower', middle())
        host = issue('host', lower)
        named, found = self.issuers([host, middle(), lower], [root()])
        self.assertEqual({root(), middle()}, named)
        self.assertEqual(3, len(found))

    def test_intermediate_at_home(self):
        """One that is not sent leads nobody else any further."""
        host = issue('host', middle())
        named, _found = self.issuers([host], [middle(), root()])
        self.assertEqual({middle()}, named)

    def test_forged(self):
        """The name alone makes no issuer."""
        _named, found = self.issuers([issue('host', issue('root'))], [root()])
        self.assertEqual(frozenset(), found)

    def test_nothing(self):
        """Who shows nothing is trusted by nobody."""
        self.assertEqual(frozenset(), self.issuers([], [root()])[1])

    def test_trusted(self):
        """All of a bundle are."""
        self.assertEqual(
            {vouching.identity(root().cert), vouching.identity(middle().cert)},
            vouching.trusted([root().cert, middle().cert, root().cert]),
        )


class RootTest(testtools.TestCase):
    """Where a certificate comes from in the end."""

    def setUp(self):
        super().setUp()
        self.leaf = issue('host1', middle()).cert
        self.root, self.middle = root().cert, middle().cert

    def test_over_intermediates(self):
        """Whether they are sent or only known here."""
        for shown, bundle in (
            ([self.leaf, self.middle], [self.root]),
            ([self.leaf, self.middle, self.root], []),
            ([self.leaf], [self.root, self.middle]),
        ):
            self.assertEqual(self.root, vouching.root(shown, bundle))

    def test_part_of_the_way(self):
        """The last that is known counts."""
        other = issue('root').cert
        self.assertEqual(
            self.middle, vouching.root([self.leaf, self.middle], [other])
        )

    def test_nobody(self):
        """A name alone makes nobody the issuer."""
        other = issue('middle', root()).cert
        self.assertIsNone(vouching.root([self.leaf], [other, self.root]))
        self.assertIsNone(vouching.root([], [self.root]))

    def test_self_signed(self):
        """One that signed itself comes from nobody else."""
        self.assertIsNone(vouching.root([self.root], []))
        self.assertIsNone(vouching.root([self.root], [self.root]))

    def test_circle(self):
        """Two that signed each other are not followed for ever."""
        one = issue('one')
        two = issue('two', one)
        back = issue('one', two, key=one.key)
        self.assertIsNotNone(
            vouching.root([two.cert], [back.cert, two.cert, one.cert])
        )
