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

"""Which extensions does a certificate of the lab have?"""

from __future__ import annotations

from collections.abc import Sequence
import ipaddress

from cryptography import x509
from cryptography.x509 import oid

#: Not a CA.
END_ENTITY = x509.BasicConstraints(ca=False, path_length=None)


def key_usage(
    *,
    digital_signature: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    """Return a key usage that permits only what is named."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_encipherment=key_encipherment,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def alternative_names(
    names: Sequence[str], ip_addresses: Sequence[str]
) -> x509.SubjectAlternativeName:
    """Return the subject alternative names, DNS names first."""
    entries: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    entries += [
        x509.IPAddress(ipaddress.ip_address(address))
        for address in ip_addresses
    ]
    return x509.SubjectAlternativeName(entries)


def purposes(*, client: bool, server: bool) -> x509.ExtendedKeyUsage | None:
    """Return the extended key usage, None for neither.

    The extension must not be empty (RFC 5280, 4.2.1.12).
    """
    found = []
    if server:
        found.append(oid.ExtendedKeyUsageOID.SERVER_AUTH)
    if client:
        found.append(oid.ExtendedKeyUsageOID.CLIENT_AUTH)
    return x509.ExtendedKeyUsage(found) if found else None
