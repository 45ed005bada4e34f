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

"""What the certificates of hosts and of their CA look like.

Every QEMU from 6.2 on loads them, and the strict verifier of ``cryptography``
takes them (but for Ed25519, which the rules of the Web, its model, do not
know). What is not obvious:

- The key usage of a host is not critical and digitalSignature alone. Where it
  is critical QEMU up to 10.1.2 wants keyEncipherment as well
  (crypto/tlscredsx509.c), which has no meaning for elliptic curves and gives
  RSA keys away to recorded traffic. Without digitalSignature GnuTLS signs no
  handshake.
- The subject has a CN, without which QEMU does not take a peer's certificate;
  it verifies the names in subjectAltName alone.
- A CA is self-signed, as QEMU from 10.2 on looks for a root, and its subject
  is its own, so that two generations are never taken for each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import datetime
import ipaddress

from cryptography import x509
from cryptography.x509 import oid

from nova_native_tls import host_names
from nova_native_tls.pki import key_type

#: Renewed at two thirds of it, every two months.
HOST_VALIDITY = datetime.timedelta(days=90)
CA_VALIDITY = datetime.timedelta(days=3650)
#: As long as a host's certificate; the host is given a new list with it.
CRL_VALIDITY = datetime.timedelta(days=90)
#: How far the clock of a host may be behind the one of the CA.
CLOCK_SKEW = datetime.timedelta(hours=1)

#: RFC 5280, appendix A.1, ub-common-name.
COMMON_NAME_MAX = 64

_PURPOSES = (
    oid.ExtendedKeyUsageOID.SERVER_AUTH,
    oid.ExtendedKeyUsageOID.CLIENT_AUTH,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From when and until when, both included, in UTC."""

    not_before: datetime.datetime
    not_after: datetime.datetime

    @classmethod
    def begin(
        cls, now: datetime.datetime, validity: datetime.timedelta
    ) -> Period:
        """Begin a little before now, for clocks that are behind."""
        # X.509 has no fractions of a second.
        now = now.replace(microsecond=0)
        return cls(not_before=now - CLOCK_SKEW, not_after=now + validity)

    def within(self, issuer: x509.Certificate) -> Period:
        """Cut off what is beyond the issuer's own time."""
        return Period(
            not_before=max(self.not_before, issuer.not_valid_before_utc),
            not_after=min(self.not_after, issuer.not_valid_after_utc),
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """One entry of a revocation list."""

    serial: int
    at: datetime.datetime


def authority(
    key: key_type.PrivateKey, common_name: str, *, serial: int, period: Period
) -> x509.Certificate:
    """Make the certificate of a CA, signed by itself.

    :param common_name: unlike that of any other CA.
    """
    subject = _name(common_name)
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(period.not_before)
        .not_valid_after(period.not_after)
        .add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        .add_extension(
            _usage(key_cert_sign=True, crl_sign=True), critical=True
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(public), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(public),
            critical=False,
        )
        .sign(key, key_type.digest(key))
    )


def host(
    public_key: key_type.PublicKey,
    names: Sequence[str],
    *,
    issuer: x509.Certificate,
    issuer_key: key_type.PrivateKey,
    serial: int,
    period: Period,
) -> x509.Certificate:
    """Make the certificate of a host, for both ends of a migration.

    :param names: host names and addresses, at least one.
    """
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name(names)))
        .issuer_name(issuer.subject)
        .public_key(public_key)
        .serial_number(serial)
        .not_valid_before(period.not_before)
        .not_valid_after(period.not_after)
        .add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        )
        .add_extension(_usage(digital_signature=True), critical=False)
        .add_extension(x509.ExtendedKeyUsage(_PURPOSES), critical=False)
        .add_extension(
            x509.SubjectAlternativeName(general_names(names)), critical=False
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(public_key),
            critical=False,
        )
        .add_extension(_authority_identifier(issuer), critical=False)
        .sign(issuer_key, key_type.digest(issuer_key))
    )


def revocation_list(
    issuer: x509.Certificate,
    issuer_key: key_type.PrivateKey,
    revoked: Iterable[Revoked],
    *,
    number: int,
    period: Period,
) -> x509.CertificateRevocationList:
    """Make a revocation list; ``number`` is larger than that of the last."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(period.not_before)
        .next_update(period.not_after)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_authority_identifier(issuer), critical=False)
    )
    for one in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(one.serial)
            .revocation_date(one.at)
            .build()
        )
    return builder.sign(issuer_key, key_type.digest(issuer_key))


def common_name(names: Sequence[str]) -> str:
    """Give the CN for a host of these names: the first, if it fits."""
    first = names[0]
    if len(first) <= COMMON_NAME_MAX:
        return first
    return first.partition('.')[0]


def general_names(names: Iterable[str]) -> list[x509.GeneralName]:
    """Write host names and addresses as subjectAltName wants them."""
    return [
        x509.IPAddress(ipaddress.ip_address(name))
        if host_names.is_ip_address(name)
        else x509.DNSName(name)
        for name in names
    ]


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(oid.NameOID.COMMON_NAME, common_name)]
    )


def _authority_identifier(
    issuer: x509.Certificate,
) -> x509.AuthorityKeyIdentifier:
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
        own.value
    )


def _usage(
    *,
    digital_signature: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
