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

"""Which keys are made, recognised and refused."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric import ed448
from cryptography.hazmat.primitives.asymmetric import rsa
import testtools

from nova_native_tls import exception
from nova_native_tls.pki import key_type


class TestKeyType(testtools.TestCase):
    def refused(self, key) -> str:
        error = self.assertRaises(
            exception.WeakKey, key_type.require_strong, key.public_key()
        )
        return str(error)

    def test_made_is_recognised_and_strong(self):
        """What is made is of the kind that was asked for, and is accepted."""
        for kind in key_type.KeyType:
            key = key_type.make(kind)
            public = key.public_key()

            self.assertEqual(kind, key_type.recognise(key))
            self.assertEqual(kind, key_type.recognise(public))
            self.assertIs(public, key_type.require_strong(public))

    def test_default(self):
        """P-256, which QEMU takes everywhere, is what is made by default."""
        self.assertIsInstance(key_type.make().curve, ec.SECP256R1)

    def test_other_good_keys(self):
        """A good key of a kind that is not made is accepted."""
        for key in (
            ec.generate_private_key(ec.SECP384R1()),
            ec.generate_private_key(ec.SECP521R1()),
            rsa.generate_private_key(65537, 2048),
        ):
            self.assertIsNone(key_type.recognise(key))
            key_type.require_strong(key.public_key())

    def test_weak(self):
        """Small keys, and kinds not known everywhere, are refused by name."""
        self.assertIn(
            'RSA 1024', self.refused(rsa.generate_private_key(65537, 1024))
        )
        self.assertIn(
            'RSA 2048 with the exponent 3',
            self.refused(rsa.generate_private_key(3, 2048)),
        )
        self.assertIn(
            'ECDSA secp224r1',
            self.refused(ec.generate_private_key(ec.SECP224R1())),
        )
        self.assertIn(
            'ECDSA secp256k1',
            self.refused(ec.generate_private_key(ec.SECP256K1())),
        )
        self.assertIn('DSA', self.refused(dsa.generate_private_key(1024)))
        self.assertIn('Ed448', self.refused(ed448.Ed448PrivateKey.generate()))

    def test_digest(self):
        """Ed25519 is signed without a hash of its own choosing."""
        own = ed25519.Ed25519PrivateKey.generate()

        self.assertIsNone(key_type.digest(own))
        self.assertEqual('sha256', key_type.digest(key_type.make()).name)
