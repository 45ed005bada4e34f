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

"""What a host asks a CA for: a key, and a request for its names."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import ipaddress
import socket

from cryptography.hazmat.primitives import serialization
from cryptography import x509
from cryptography.x509 import oid

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls import host_names
from nova_native_tls.pki import key_type

#: ub-common-name of RFC 5280.
_COMMON_NAME_MAX = 64


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A private key and the request that it has signed.

    :ivar names: host names and addresses, as asked for.
    """

    key_pem: bytes = dataclasses.field(repr=False)
    csr_pem: bytes
    names: tuple[str, ...]


def make(
    names: Sequence[str], kind: key_type.KeyType = key_type.DEFAULT
) -> Request:
    """Make a new key, and the request for these names.

    :raises InvalidHost: one is neither a host name nor an address, or there
        is none.
    """
    wanted = canonical(names)
    key = key_type.make(kind)
    # QEMU wants a subject, whatever other names there are.
    common = next(
        (name for name in wanted if len(name) <= _COMMON_NAME_MAX),
        wanted[0].partition('.')[0],
    )
    csr = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(
            x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, common)])
        )
        .add_extension(
            x509.SubjectAlternativeName([_general(n) for n in wanted]),
            critical=False,
        )
        .sign(key, key_type.digest(key))
    )
    return Request(
        key_pem=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        csr_pem=csr.public_bytes(serialization.Encoding.PEM),
        names=wanted,
    )


def canonical(names: Iterable[str]) -> tuple[str, ...]:
    """Write each name in the one way in which names are compared.

    :raises InvalidHost: one can be in no certificate, or there is none.
    """
    found = []
    for name in names:
        host_names.check_name_to_verify(name)
        found.append(
            str(ipaddress.ip_address(name))
            if host_names.is_ip_address(name)
            else name.lower()
        )
    if not found:
        raise exception.InvalidHost(
            host='', problem=_('name this host with --name')
        )
    return tuple(dict.fromkeys(found))


def own_names(host_name: str) -> tuple[str, ...]:
    """The names that others may look for: what libvirt says, and its parts.

    :param host_name: what libvirt calls this host.
    """
    every = [
        name.rstrip('.').lower()
        for name in (host_name, socket.getfqdn(), socket.gethostname())
    ]
    # The whole names first; what nobody can look for is left out.
    every += [name.partition('.')[0] for name in every]
    return tuple(
        dict.fromkeys(
            name
            for name in sorted(every, key=lambda each: '.' not in each)
            if host_names.is_host_name(name)
            and name.partition('.')[0] != 'localhost'
        )
    )


def names_of(names: x509.SubjectAlternativeName) -> tuple[str, ...]:
    """Read host names and addresses, in the way of ``canonical``."""
    return tuple(
        dict.fromkeys(
            [n.lower() for n in names.get_values_for_type(x509.DNSName)]
            + [str(a) for a in names.get_values_for_type(x509.IPAddress)]
        )
    )


def _general(name: str) -> x509.GeneralName:
    if host_names.is_ip_address(name):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)
