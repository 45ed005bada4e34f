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

"""Private keys for many certificates; making them would take most time."""

from __future__ import annotations

import dataclasses
import functools
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric import ed448
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization

from tests.functional.fidelity import asn1

#: How many there are of each kind.
COUNT = 6
_CURVES: dict[str, Any] = {
    'p256': ec.SECP256R1,
    'p384': ec.SECP384R1,
    'p521': ec.SECP521R1,
    'p224': ec.SECP224R1,
    'k256': ec.SECP256K1,
    'brainpool': ec.BrainpoolP256R1,
}
_HASHES: dict[str, Any] = {
    'md5': hashes.MD5,
    'sha1': hashes.SHA1,
    'sha224': hashes.SHA224,
    'sha256': hashes.SHA256,
    'sha384': hashes.SHA384,
    'sha512': hashes.SHA512,
}
_RSA_SIGNATURES = {
    'md5': '1.2.840.113549.1.1.4',
    'sha1': '1.2.840.113549.1.1.5',
    'sha224': '1.2.840.113549.1.1.14',
    'sha256': '1.2.840.113549.1.1.11',
    'sha384': '1.2.840.113549.1.1.12',
    'sha512': '1.2.840.113549.1.1.13',
}
_ECDSA_SIGNATURES = {
    'md5': '1.2.840.10045.4.1',
    'sha1': '1.2.840.10045.4.1',
    'sha224': '1.2.840.10045.4.3.1',
    'sha256': '1.2.840.10045.4.3.2',
    'sha384': '1.2.840.10045.4.3.3',
    'sha512': '1.2.840.10045.4.3.4',
}
_HASH_IDS = {
    'sha224': '2.16.840.1.101.3.4.2.4',
    'sha256': '2.16.840.1.101.3.4.2.1',
    'sha384': '2.16.840.1.101.3.4.2.2',
    'sha512': '2.16.840.1.101.3.4.2.3',
}
_PSS = '1.2.840.113549.1.1.10'
_MGF1 = '1.2.840.113549.1.1.8'


@dataclasses.dataclass(frozen=True)
class Key:
    """One private key.

    :ivar pss: it says of itself that it is for RSA-PSS only.
    """

    kind: str
    private: Any
    pss: bool = False

    def sign(self, content: bytes, digest: str, *, pss: bool) -> bytes:
        """Sign with a hash; Ed25519 and Ed448 have their own."""
        hash_ = _HASHES[digest]()
        if isinstance(self.private, rsa.RSAPrivateKey):
            scheme: Any = padding.PKCS1v15()
            if pss or self.pss:
                hash_ = _HASHES[_pss_digest(digest)]()
                scheme = padding.PSS(
                    padding.MGF1(hash_), padding.PSS.DIGEST_LENGTH
                )
            return bytes(self.private.sign(content, scheme, hash_))
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            if digest == 'md5':
                hash_ = hashes.SHA1()
            return self.private.sign(content, ec.ECDSA(hash_))
        return bytes(self.private.sign(content))

    def signature_algorithm(self, digest: str, *, pss: bool) -> bytes:
        """The AlgorithmIdentifier of such a signature."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            if pss or self.pss:
                return _pss_algorithm(_pss_digest(digest))
            return asn1.sequence(
                asn1.oid(_RSA_SIGNATURES[digest]), asn1.null()
            )
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return asn1.sequence(asn1.oid(_ECDSA_SIGNATURES[digest]))
        number = '1.3.101.112' if self.kind == 'ed25519' else '1.3.101.113'
        return asn1.sequence(asn1.oid(number))

    @functools.cached_property
    def spki(self) -> bytes:
        """The SubjectPublicKeyInfo."""
        public = self.private.public_key()
        if self.pss:
            numbers = public.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.PKCS1
            )
            return asn1.sequence(
                asn1.sequence(asn1.oid(_PSS)), asn1.bits(numbers)
            )
        return bytes(
            public.public_bytes(
                serialization.Encoding.DER,
                serialization.PublicFormat.SubjectPublicKeyInfo,
            )
        )

    def pkcs8(self) -> bytes:
        """The private key in DER."""
        if self.pss:
            inner = self.private.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
            algorithm = asn1.sequence(asn1.oid(_PSS))
            return asn1.sequence(
                asn1.integer(0), algorithm, asn1.octets(inner)
            )
        return self._written(serialization.PrivateFormat.PKCS8, None)

    def traditional(self) -> bytes | None:
        """The private key in the format that it had before PKCS #8."""
        if self.pss or self.kind.startswith('ed'):
            return None
        return self._written(
            serialization.PrivateFormat.TraditionalOpenSSL, None
        )

    def encrypted(self, passphrase: str) -> bytes | None:
        """The private key in PKCS #8 with a passphrase."""
        if self.pss:
            return None
        return self._written(serialization.PrivateFormat.PKCS8, passphrase)

    def _written(self, form: Any, passphrase: str | None) -> bytes:
        return bytes(
            self.private.private_bytes(
                serialization.Encoding.DER,
                form,
                serialization.NoEncryption()
                if passphrase is None
                else serialization.BestAvailableEncryption(
                    passphrase.encode()
                ),
            )
        )


def _pss_digest(digest: str) -> str:
    return digest if digest in _HASH_IDS else 'sha256'


def _pss_algorithm(digest: str) -> bytes:
    hash_id = asn1.sequence(asn1.oid(_HASH_IDS[digest]), asn1.null())
    return asn1.sequence(
        asn1.oid(_PSS),
        asn1.sequence(
            asn1.explicit(0, hash_id),
            asn1.explicit(1, asn1.sequence(asn1.oid(_MGF1), hash_id)),
            asn1.explicit(2, asn1.integer(_HASHES[digest].digest_size)),
        ),
    )


@functools.cache
def get(kind: str, number: int) -> Key:
    """Give one of the keys of a kind, such as rsa2048, p256, rsapss2048."""
    if kind.startswith('rsapss'):
        return Key(kind, get(f'rsa{kind[6:]}', number).private, pss=True)
    if kind.startswith('rsa'):
        return Key(kind, _rsa(int(kind[3:])))
    if kind == 'ed25519':
        return Key(kind, ed25519.Ed25519PrivateKey.generate())
    if kind == 'ed448':
        return Key(kind, ed448.Ed448PrivateKey.generate())
    return Key(kind, ec.generate_private_key(_CURVES[kind]()))


def _rsa(bits: int) -> rsa.RSAPrivateKey:
    if bits >= 1024:
        return rsa.generate_private_key(65537, bits)
    # No library makes so small ones any more.
    p, q = _prime(bits // 2), _prime(bits // 2)
    d = pow(65537, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=d % (p - 1),
        dmq1=d % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=rsa.RSAPublicNumbers(65537, p * q),
    )
    return numbers.private_key()


def _prime(bits: int) -> int:
    while True:
        found = secrets.randbits(bits) | 3 << bits - 2 | 1
        if found % 65537 != 1 and all(
            pow(base, found - 1, found) == 1 for base in (2, 3, 5, 7, 11, 13)
        ):
            return found


def make_ready() -> None:
    """Make what nearly every set needs before processes are forked."""
    for kind in ('rsa2048', 'p256', 'ed25519', 'rsa1024'):
        for number in range(COUNT):
            get(kind, number)
