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

"""Reads certificate requests, and refuses what no host should ask for."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import hashlib
import ipaddress

from cryptography.hazmat.primitives.asymmetric import types
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls import host_names
from nova_native_tls.pki import key_type
from nova_native_tls.pki import pem

#: A request for an RSA key of 8192 bits and dozens of names has four.
MAX_BYTES = 64 * 1024
_LABELS = ('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST')
_DIGESTS = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a host asks for, once that is known to be sound.

    :ivar names: host names in lower case, and addresses; at least one.
    :ivar key_sha256: of the public key in DER.
    """

    names: tuple[str, ...]
    public_key: key_type.PublicKey
    key_sha256: str


def read(content: bytes) -> Request:
    """Read one request in PEM.

    Who sent it is not known by that: it only proves that the sender has the
    private key.

    :raises RequestRefused: there is not exactly one, its signature is not by
        its key, the key is weak, or it asks for more than a host may be.
    """
    csr = _parse(content)
    try:
        public_key = key_type.require_strong(csr.public_key())
    except exception.WeakKey as err:
        raise refusal(str(err)) from err
    except Exception as err:
        raise refusal(_('its key is not usable (%s)') % err) from err
    _check_signature(csr)
    try:
        extensions = list(csr.extensions)
    except Exception as err:
        # Malformed extensions raise many classes.
        raise refusal(_('its extensions are malformed (%s)') % err) from err
    for extension in extensions:
        _refuse_ca(extension.value)
    return Request(
        names=_names(csr, extensions),
        public_key=public_key,
        key_sha256=key_sha256(public_key),
    )


def key_sha256(public_key: types.PublicKeyTypes) -> str:
    """Give the fingerprint of a public key."""
    der = public_key.public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo,
    )
    return hashlib.sha256(der).hexdigest()


def refusal(reason: str) -> exception.RequestRefused:
    """Say why nothing is signed."""
    return exception.RequestRefused(reason=reason)


def _parse(content: bytes) -> x509.CertificateSigningRequest:
    if len(content) > MAX_BYTES:
        raise refusal(
            _('the request has %(bytes)d bytes, at most %(most)d are read')
            % {'bytes': len(content), 'most': MAX_BYTES}
        )
    if pem.holds_private_key(content):
        raise refusal(
            _(
                'there is a private key in the file; it is no longer secret: '
                'make a new one on the host, and send the request alone'
            )
        )
    count = sum(pem.count(content, label) for label in _LABELS)
    if count != 1:
        raise refusal(
            _('the file holds %d certificate requests in PEM, one is wanted')
            % count
        )
    try:
        return x509.load_pem_x509_csr(content)
    except Exception as err:
        # Damaged ones make cryptography raise more than ValueError.
        raise refusal(_('the request is damaged (%s)') % err) from err


def _check_signature(csr: x509.CertificateSigningRequest) -> None:
    try:
        digest = csr.signature_hash_algorithm
        is_sound = csr.is_signature_valid
    except Exception as err:
        raise refusal(_('its signature is not usable (%s)') % err) from err
    if digest is not None and not isinstance(digest, _DIGESTS):
        raise refusal(
            _('it is signed with %s: SHA-256, SHA-384 or SHA-512 is wanted')
            % digest.name
        )
    if not is_sound:
        raise refusal(
            _(
                'its signature is not by its key, so it was changed or made '
                'by somebody who has not got the key: make it again'
            )
        )


def _refuse_ca(extension: x509.ExtensionType) -> None:
    asks = (isinstance(extension, x509.BasicConstraints) and extension.ca) or (
        isinstance(extension, x509.KeyUsage)
        and (extension.key_cert_sign or extension.crl_sign)
    )
    if asks:
        raise refusal(
            _('it asks to become a CA; a host needs no more than a name')
        )


def _names(
    csr: x509.CertificateSigningRequest,
    extensions: list[x509.Extension[x509.ExtensionType]],
) -> tuple[str, ...]:
    asked = [
        name
        for extension in extensions
        if isinstance(extension.value, x509.SubjectAlternativeName)
        for name in extension.value
    ]
    # Without any, as openssl makes them by default, the CN is the name.
    texts = list(_texts(asked)) or [
        str(attribute.value)
        for attribute in csr.subject.get_attributes_for_oid(
            x509.NameOID.COMMON_NAME
        )
    ]
    names = tuple(dict.fromkeys(canonical(text) for text in texts))
    if not names:
        raise refusal(
            _('it asks for no name: put the host name into subjectAltName')
        )
    return names


def _texts(names: list[x509.GeneralName]) -> Iterator[str]:
    for name in names:
        if isinstance(name, x509.IPAddress):
            yield str(name.value)
        elif not isinstance(name, x509.DNSName):
            raise refusal(
                _(
                    'it asks for a name of the type %s; QEMU looks for host '
                    'names and addresses only'
                )
                % type(name).__name__
            )
        elif host_names.is_ip_address(name.value):
            raise refusal(
                _(
                    'it asks for the address %s as a host name, which QEMU '
                    'would not find: put it there as an IP subjectAltName'
                )
                % name.value
            )
        else:
            yield name.value


def canonical(name: str) -> str:
    """Write a name in the one way in which names are compared.

    :raises RequestRefused: no certificate may have it.
    """
    if host_names.is_ip_address(name) and '%' not in name:
        return str(ipaddress.ip_address(name))
    if not host_names.is_host_name(name):
        raise refusal(_('"%s" is neither a host name nor an address') % name)
    return name.lower()
