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

"""Certificates that are wrong in exactly one way, as QEMU's files."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import datetime
import functools
import pathlib
import ssl
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509
from cryptography.x509 import oid
import fixtures
import testtools

NAME = 'host2.example.org'
PASSPHRASE = b'a passphrase'
DAY = datetime.timedelta(days=1)
NO_USAGE = dict.fromkeys(
    (
        'content_commitment',
        'crl_sign',
        'data_encipherment',
        'decipher_only',
        'digital_signature',
        'encipher_only',
        'key_agreement',
        'key_cert_sign',
        'key_encipherment',
    ),
    False,
)
SERVER = oid.ExtendedKeyUsageOID.SERVER_AUTH
CLIENT = oid.ExtendedKeyUsageOID.CLIENT_AUTH


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A certificate and its private key."""

    cert: x509.Certificate
    key: Any

    @property
    def cert_pem(self) -> bytes:
        """The certificate alone."""
        return self.cert.public_bytes(serialization.Encoding.PEM)

    def key_pem(self, passphrase: bytes | None = None) -> bytes:
        """The key, encrypted if there is a passphrase."""
        pem: bytes = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()
            if passphrase is None
            else serialization.BestAvailableEncryption(passphrase),
        )
        return pem


def usage(*permitted: str, critical: bool = True) -> tuple[Any, bool]:
    """A key usage extension."""
    return x509.KeyUsage(**NO_USAGE | dict.fromkeys(permitted, True)), critical


def purposes(*permitted: Any, critical: bool = True) -> tuple[Any, bool]:
    """An extended key usage extension."""
    return x509.ExtendedKeyUsage(permitted), critical


def constraints(*, is_ca: bool) -> tuple[Any, bool]:
    """A basic constraints extension."""
    return x509.BasicConstraints(ca=is_ca, path_length=None), True


def issue(
    subject: str,
    *extensions: tuple[Any, bool],
    issuer: Identity | None = None,
    days: tuple[int, int] = (-1, 7),
    names: Sequence[str] = (NAME,),
    rsa_bits: int | None = None,
) -> Identity:
    """Issue a certificate for a new key.

    :param extensions: what it has beside its names, each with its
        criticality.
    :param issuer: nobody but itself by default.
    :param days: valid from and until, counted from now.
    :param rsa_bits: a P-256 key by default.
    """
    key: Any = (
        ec.generate_private_key(ec.SECP256R1())
        if rsa_bits is None
        else rsa.generate_private_key(65537, rsa_bits)
    )
    name = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, subject)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name if issuer is None else issuer.cert.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(n) for n in names]),
            critical=False,
        )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    signer = key if issuer is None else issuer.key
    return Identity(cert=builder.sign(signer, hashes.SHA256()), key=key)


def authority(
    *extensions: tuple[Any, bool],
    subject: str = 'an authority',
    **changes: Any,
) -> Identity:
    """Issue a CA, faultless unless extensions say otherwise."""
    return issue(
        subject,
        *(
            extensions
            or (constraints(is_ca=True), usage('key_cert_sign', 'crl_sign'))
        ),
        names=(),
        **changes,
    )


def revocation_list(ca: Identity, *revoked: Identity) -> bytes:
    """A CRL with these certificates on it."""
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.cert.subject)
        .last_update(now - DAY)
        .next_update(now + DAY)
    )
    for identity in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(identity.cert.serial_number)
            .revocation_date(now - DAY)
            .build()
        )
    crl = builder.sign(ca.key, hashes.SHA256())
    return crl.public_bytes(serialization.Encoding.PEM)


@functools.cache
def dh_parameters() -> bytes:
    """The group ffdhe2048 of RFC 7919, section A.1.

    Without a file of them QEMU up to 10.1 looks for a large prime whenever it
    starts a server.
    """
    # The prime is made of the first 1918 binary digits of e.
    term = total = 1 << 2048
    for divisor in range(1, 400):
        term //= divisor
        total += term
    digits = (total >> (2048 - 1918)) + 560316
    prime = 2**2048 - 2**1984 + (digits << 64) - 1
    # A SEQUENCE of two INTEGERs: the prime, and 2.
    integers = b'\x02\x82\x01\x01' + prime.to_bytes(257) + b'\x02\x01\x02'
    der = b'\x30\x82' + len(integers).to_bytes(2) + integers
    pem = ssl.DER_cert_to_PEM_cert(der)
    return pem.replace('CERTIFICATE', 'DH PARAMETERS').encode()


class Files:
    """The directory that one host's QEMU reads."""

    def __init__(self, directory: pathlib.Path, ca: Identity) -> None:
        directory.mkdir()
        # Another user may have to read them.
        directory.chmod(0o755)
        self.directory = directory
        self.write('ca-cert.pem', ca.cert_pem)
        self.write('dh-params.pem', dh_parameters())
        for role in ('server', 'client'):
            self.install(role, issue('a host', issuer=ca))

    def write(self, name: str, content: bytes) -> None:
        """Put one file there."""
        (self.directory / name).write_bytes(content)

    def remove(self, name: str) -> None:
        """Take one file away."""
        (self.directory / name).unlink()

    def install(self, role: str, identity: Identity) -> None:
        """Put a certificate and its key there."""
        self.write(f'{role}-cert.pem', identity.cert_pem)
        self.write(f'{role}-key.pem', identity.key_pem())


class CredentialsTestCase(testtools.TestCase):
    """One authority, and directories of certificates that it issued."""

    def setUp(self) -> None:
        super().setUp()
        self._root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        # QEMU may run as another user.
        self._root.chmod(0o755)
        self.ca = authority()
        self.other_ca = authority(subject='another authority')
        self.namesake = authority()

    def files(self, ca: Identity | None = None) -> Files:
        """A directory in which nothing is wrong."""
        count = len(list(self._root.iterdir()))
        return Files(self._root / f'host{count}', ca or self.ca)

    def issue(self, *extensions: tuple[Any, bool], **changes: Any) -> Identity:
        """Issue a certificate for a host."""
        changes.setdefault('issuer', self.ca)
        return issue('a host', *extensions, **changes)
