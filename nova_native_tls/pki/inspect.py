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

"""Reads certificates: bytes in, facts out; no paths and no clock."""

from __future__ import annotations

from collections.abc import Sequence
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import oid

from cryptography import x509

from nova_native_tls import exception
from nova_native_tls.pki import model

#: More than any chain that QEMU could use (GnuTLS verifies 16 at the most).
MAX_BYTES = 256 * 1024

_SERVER_PURPOSES = frozenset(
    {
        oid.ExtendedKeyUsageOID.SERVER_AUTH,
        oid.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    }
)


def first_certificate(pem: bytes) -> model.CertificateInfo:
    """Read the first certificate of a PEM file, as QEMU up to 10.1 does.

    Says nothing about trust, or validity in time.

    :param pem: the whole file.
    :raises CertificateUnreadable: there is none in it, or it is malformed.
    """
    if len(pem) > MAX_BYTES:
        raise exception.CertificateUnreadable(
            problem=f'it has {len(pem)} bytes, at most {MAX_BYTES} are read'
        )
    try:
        return describe(x509.load_pem_x509_certificate(pem))
    except Exception as err:
        # Whatever bytes are in the file: damaged ones make cryptography
        # raise KeyError, TypeError and classes of its own beside ValueError.
        raise exception.CertificateUnreadable(
            problem=f'{type(err).__name__}: {err}'
        ) from err


def describe(certificate: x509.Certificate) -> model.CertificateInfo:
    """Take the facts out of a parsed certificate.

    :raises ValueError: an extension or name in it is malformed.
    """
    extensions = certificate.extensions
    names = [
        name
        for extension in extensions
        if isinstance(extension.value, x509.SubjectAlternativeName)
        for name in extension.value
    ]
    purposes = [
        purpose
        for extension in extensions
        if isinstance(extension.value, x509.ExtendedKeyUsage)
        for purpose in extension.value
    ]
    return model.CertificateInfo(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        common_names=tuple(
            str(attribute.value)
            for attribute in certificate.subject.get_attributes_for_oid(
                x509.NameOID.COMMON_NAME
            )
        ),
        dns_names=_values(names, x509.DNSName),
        ip_addresses=_values(names, x509.IPAddress),
        uris=_values(names, x509.UniformResourceIdentifier),
        for_servers=not purposes or not _SERVER_PURPOSES.isdisjoint(purposes),
        not_valid_before_utc=certificate.not_valid_before_utc,
        not_valid_after_utc=certificate.not_valid_after_utc,
        serial=certificate.serial_number,
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
    )


def _values(
    names: Sequence[x509.GeneralName], kind: type[x509.GeneralName]
) -> tuple[str, ...]:
    return tuple(str(name.value) for name in names if isinstance(name, kind))
