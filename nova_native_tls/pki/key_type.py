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

"""Which kinds of private keys there are for certificates, and which are weak.

Keys are made and told apart here, and nowhere written.
"""

from __future__ import annotations

import enum
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives import hashes

from nova_native_tls._i18n import _
from nova_native_tls import exception

PrivateKey: TypeAlias = (
    ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
)
PublicKey: TypeAlias = (
    ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey
)

_RSA_EXPONENT = 65537
#: What is made: as strong as P-256 (NIST SP 800-57 part 1, table 2).
_RSA_MADE_BITS = 3072
#: What is accepted. The least that the profile MEDIUM of GnuTLS takes, which
#: RHEL asks for; the most that does not keep a handshake busy.
_RSA_LEAST_BITS = 2048
_RSA_MOST_BITS = 8192
#: The curves of TLS 1.3 that certificates may have (RFC 8446, 4.2.3).
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


class KeyType(enum.StrEnum):
    """What is made for a host or a CA, in the words of an operator."""

    #: Small and fast, and every QEMU and crypto policy takes it.
    ECDSA_P256 = 'ecdsa-p256'
    RSA_3072 = 'rsa-3072'
    #: Not where FIPS mode or a crypto policy forbids it.
    ED25519 = 'ed25519'


DEFAULT = KeyType.ECDSA_P256


def make(key_type: KeyType = DEFAULT) -> PrivateKey:
    """Make a private key; RSA takes up to a second."""
    match key_type:
        case KeyType.ECDSA_P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyType.RSA_3072:
            return rsa.generate_private_key(_RSA_EXPONENT, _RSA_MADE_BITS)
        case KeyType.ED25519:
            return ed25519.Ed25519PrivateKey.generate()


def recognise(key: object) -> KeyType | None:
    """Tell which of the types a key is, private or public.

    None for every other one, which may be a good key all the same.
    """
    match key:
        case ec.EllipticCurvePrivateKey() | ec.EllipticCurvePublicKey():
            if isinstance(key.curve, ec.SECP256R1):
                return KeyType.ECDSA_P256
        case rsa.RSAPrivateKey() | rsa.RSAPublicKey():
            if key.key_size == _RSA_MADE_BITS:
                return KeyType.RSA_3072
        case ed25519.Ed25519PrivateKey() | ed25519.Ed25519PublicKey():
            return KeyType.ED25519
    return None


def describe(key: object) -> str:
    """Name a key, private or public, with its size: ``RSA 1024``."""
    match key:
        case ec.EllipticCurvePrivateKey() | ec.EllipticCurvePublicKey():
            return f'ECDSA {key.curve.name}'
        case rsa.RSAPublicKey() if key.public_numbers().e < _RSA_EXPONENT:
            return _('RSA %(bits)d with the exponent %(exponent)d') % {
                'bits': key.key_size,
                'exponent': key.public_numbers().e,
            }
        case rsa.RSAPrivateKey() | rsa.RSAPublicKey():
            return f'RSA {key.key_size}'
        case ed25519.Ed25519PrivateKey() | ed25519.Ed25519PublicKey():
            return 'Ed25519'
    name = type(key).__name__.lstrip('_')
    return name.removesuffix('PrivateKey').removesuffix('PublicKey')


def require_strong(key: object) -> PublicKey:
    """Let only a public key pass that may be in a certificate.

    Says nothing about how it was made: a key out of a bad random number
    generator passes.

    :raises WeakKey: it is too small, or of a kind that QEMU's GnuTLS does
        not take everywhere.
    """
    match key:
        case ec.EllipticCurvePublicKey():
            if isinstance(key.curve, _CURVES):
                return key
        case rsa.RSAPublicKey():
            fits = _RSA_LEAST_BITS <= key.key_size <= _RSA_MOST_BITS
            if fits and key.public_numbers().e >= _RSA_EXPONENT:
                return key
        case ed25519.Ed25519PublicKey():
            return key
    raise exception.WeakKey(
        kind=describe(key),
        wanted=_('ECDSA P-256, P-384 or P-521, RSA 2048 to 8192 or Ed25519'),
    )


def digest(key: PrivateKey) -> hashes.SHA256 | None:
    """Give the hash to sign with; Ed25519 has its own."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    return hashes.SHA256()
