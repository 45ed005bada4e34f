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

"""Makes certificates that bear chosen names and are otherwise nothing."""

from __future__ import annotations

from collections.abc import Sequence
import datetime
import functools
import ipaddress
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509
from cryptography.x509 import oid

from nova_native_tls.pki import model

BEGIN = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
END = datetime.datetime(2027, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
SERIAL = 0x1234


@functools.cache
def key() -> ec.EllipticCurvePrivateKey:
    """Make one key for all: nobody verifies a signature here."""
    return ec.generate_private_key(ec.SECP256R1())


def certificate(
    *common_names: str,
    dns: Sequence[str] = (),
    ip: Sequence[str] = (),
    other: Sequence[Any] = (),
    issuer_dns: Sequence[str] = (),
) -> x509.Certificate:
    """Issue a certificate to itself.

    :param other: further entries of the subjectAltName, of any type.
    :param issuer_dns: what the issuerAltName says.
    """
    subject = x509.Name(
        [x509.NameAttribute(oid.NameOID.ORGANIZATION_NAME, 'Nova')]
        + [
            x509.NameAttribute(oid.NameOID.COMMON_NAME, name)
            for name in common_names
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key().public_key())
        .serial_number(SERIAL)
        .not_valid_before(BEGIN)
        .not_valid_after(END)
    )
    names = [
        *(x509.DNSName(name) for name in dns),
        *(x509.IPAddress(ipaddress.ip_address(a)) for a in ip),
        *other,
    ]
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName(names), critical=False
        )
    if issuer_dns:
        builder = builder.add_extension(
            x509.IssuerAlternativeName([x509.DNSName(n) for n in issuer_dns]),
            critical=False,
        )
    return builder.sign(key(), hashes.SHA256())


def pem(issued: x509.Certificate) -> bytes:
    """Write a certificate as OpenSSL and certtool do."""
    return issued.public_bytes(serialization.Encoding.PEM)


def key_pem() -> bytes:
    """Write the key."""
    return key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def info(
    *common_names: str, dns: Sequence[str] = (), ip: Sequence[str] = ()
) -> model.CertificateInfo:
    """Make the facts alone, without a certificate."""
    return model.CertificateInfo(
        subject='O=Nova',
        issuer='O=Nova',
        common_names=tuple(common_names),
        dns_names=tuple(dns),
        ip_addresses=tuple(ip),
        not_valid_before_utc=BEGIN,
        not_valid_after_utc=END,
        serial=SERIAL,
        sha256='00' * 32,
    )
