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

"""What can be wrong with the certificates of two hosts, and what mends it?

Each fault is one thing on one host; all else is healthy.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import datetime
from typing import Literal

from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import libvirt_conf
from tests.lab.harness.pki import pki

#: Whose certificate it is: the destination's QEMU is the server.
Role = Literal['server', 'client']

_OWNER = f'root:{libvirt_conf.QEMU_GROUP}'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The two hosts of a migration, and who issues certificates."""

    source: lab_host.Host
    destination: lab_host.Host
    #: Both hosts trust it.
    authority: pki.CertificateAuthority
    #: Only what is broken knows it.
    foreign: pki.CertificateAuthority = dataclasses.field(
        default_factory=lambda: pki.CertificateAuthority('A foreign CA')
    )

    def host(self, role: Role) -> lab_host.Host:
        """Return the host that shows the certificate of this role."""
        return self.destination if role == 'server' else self.source

    def make_healthy(self) -> None:
        """Give both hosts new certificates of the common CA."""
        for host in (self.source, self.destination):
            pki.install_qemu_identity(host, self.authority)


def missing(ends: Ends, role: Role) -> None:
    """Remove the certificate; its key stays."""
    ends.host(role).run(['rm', path(f'{role}-cert')])


def foreign(ends: Ends, role: Role) -> None:
    """Install a certificate of another CA.

    Its host knows both CAs, so that its QEMU finds nothing wrong with it;
    the other host does not.
    """
    host = ends.host(role)
    _install(host, role, ends.foreign.issue(_names(host)))
    _trust_both(ends, host)


def wrong_name(ends: Ends, role: Role) -> None:
    """Install a certificate of the right CA for another host."""
    host = ends.host(role)
    _install(host, role, ends.authority.issue(['elsewhere.example.org']))


def expired(ends: Ends, role: Role) -> None:
    """Install a certificate that has expired a minute ago."""
    host = ends.host(role)
    minute = datetime.timedelta(minutes=1)
    issued = ends.authority.issue(
        _names(host), not_after=datetime.datetime.now(datetime.UTC) - minute
    )
    _install(host, role, issued)


def wrong_key(ends: Ends, role: Role) -> None:
    """Install the key of another certificate beside the certificate."""
    host = ends.host(role)
    other = ends.authority.issue(_names(host))
    _write_key(host, role, other.key_pem)


def reissue(ends: Ends, role: Role) -> None:
    """Mend: a new certificate of the common CA, with the key made for it."""
    host = ends.host(role)
    _install(host, role, ends.authority.issue(_names(host)))


def trust_both(ends: Ends, role: Role) -> None:
    """Mend: both hosts get both CAs; nobody gets a new certificate."""
    for host in (ends.source, ends.destination):
        _trust_both(ends, host)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What is told by the pre-checks, in words, not sentences.

    :ivar leg: who finds it: each host itself, and then the other one.
    """

    leg: Literal['destination', 'source', 'destination again']
    file: str
    cause: str
    remedy: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault, and what an operator has to be told of it.

    ``file``, ``cause`` and ``remedy`` are words, not sentences, for the case
    that no pre-check saw it.

    :ivar role: whose certificate is wrong.
    :ivar mend: does what the operator is told to do.
    :ivar explained: its id in ``nova_native_tls.explain``.
    :ivar silent: whether only the destination's own log has the reason.
    """

    name: str
    role: Role
    inflict: Callable[[Ends, Role], None]
    mend: Callable[[Ends, Role], None] = reissue
    explained: str
    file: str
    cause: str
    remedy: str
    silent: bool = False
    refused: Refusal


def path(kind: str) -> str:
    """Return where QEMU looks for a file such as ``server-cert``."""
    return f'{pki.QEMU_DIRECTORY}/{kind}.pem'


SERVER_MISSING = Fault(
    name='server certificate missing',
    role='server',
    inflict=missing,
    explained='server-cert.missing',
    file='/etc/pki/qemu/server-cert.pem',
    cause='finds no',
    remedy='install',
    refused=Refusal(
        leg='destination',
        file='/etc/pki/qemu/server-cert.pem',
        cause='there is no',
        remedy='install it',
    ),
)
CLIENT_MISSING = Fault(
    name='client certificate missing',
    role='client',
    inflict=missing,
    explained='client-cert.not-sent',
    file='client-cert.pem',
    cause='sent no client certificate',
    remedy='install',
    silent=True,
    refused=Refusal(
        leg='destination again',
        file='client-cert.pem',
        cause='the source has none',
        remedy='install client-cert.pem and client-key.pem',
    ),
)
SERVER_FOREIGN = Fault(
    name='server certificate of a foreign CA',
    role='server',
    inflict=foreign,
    mend=trust_both,
    explained='peer.unknown-issuer',
    file='ca-cert.pem',
    cause='No CA in',
    remedy='put the CAs of both hosts',
    refused=Refusal(
        leg='source',
        file='server-cert.pem',
        cause='no trusted CA is its issuer',
        remedy='put the CAs of both hosts',
    ),
)
CLIENT_FOREIGN = Fault(
    name='client certificate of a foreign CA',
    role='client',
    inflict=foreign,
    explained='client-cert.not-sent',
    file='client-cert.pem',
    cause='no CA that',
    remedy='common to both hosts',
    silent=True,
    refused=Refusal(
        leg='destination again',
        file='client-cert.pem',
        cause='no CA that the destination trusts',
        remedy="from a CA in the destination's ca-cert.pem",
    ),
)
SERVER_NAME = Fault(
    name='server certificate for another name',
    role='server',
    inflict=wrong_name,
    explained='name.mismatch',
    file='server-cert.pem',
    cause='does not hold the name',
    remedy='tls_destination',
    refused=Refusal(
        leg='destination',
        file='server-cert.pem',
        cause='elsewhere.example.org',
        remedy='tls_destination',
    ),
)
SERVER_EXPIRED = Fault(
    name='server certificate expired',
    role='server',
    inflict=expired,
    explained='server-cert.expired',
    file='/etc/pki/qemu/server-cert.pem',
    cause='has expired',
    remedy='install a new one',
    refused=Refusal(
        leg='destination',
        file='/etc/pki/qemu/server-cert.pem',
        cause='was valid until',
        remedy='issue a new one',
    ),
)
CLIENT_EXPIRED = Fault(
    name='client certificate expired',
    role='client',
    inflict=expired,
    explained='client-cert.expired',
    file='/etc/pki/qemu/client-cert.pem',
    cause='has expired',
    remedy='install a new one',
    refused=Refusal(
        leg='source',
        file='/etc/pki/qemu/client-cert.pem',
        cause='was valid until',
        remedy='issue a new one',
    ),
)
SERVER_KEY = Fault(
    name='server key of another certificate',
    role='server',
    inflict=wrong_key,
    explained='server-cert.key-mismatch',
    file='/etc/pki/qemu/server-key.pem',
    cause='not a pair',
    remedy='install the key',
    refused=Refusal(
        leg='destination',
        file='/etc/pki/qemu/server-cert.pem',
        cause='key do not match',
        remedy='its key together',
    ),
)
CLIENT_KEY = Fault(
    name='client key of another certificate',
    role='client',
    inflict=wrong_key,
    explained='client-cert.key-mismatch',
    file='/etc/pki/qemu/client-key.pem',
    cause='not a pair',
    remedy='install the key',
    refused=Refusal(
        leg='source',
        file='/etc/pki/qemu/client-cert.pem',
        cause='key do not match',
        remedy='its key together',
    ),
)

ALL = (
    SERVER_MISSING,
    CLIENT_MISSING,
    SERVER_FOREIGN,
    CLIENT_FOREIGN,
    SERVER_NAME,
    SERVER_EXPIRED,
    CLIENT_EXPIRED,
    SERVER_KEY,
    CLIENT_KEY,
)


def _names(host: lab_host.Host) -> list[str]:
    return [host.fqdn, host.name]


def _install(host: lab_host.Host, role: Role, issued: pki.Issued) -> None:
    host.write_file(path(f'{role}-cert'), issued.cert_pem, owner=_OWNER)
    _write_key(host, role, issued.key_pem)


def _write_key(host: lab_host.Host, role: Role, key_pem: str) -> None:
    host.write_file(path(f'{role}-key'), key_pem, owner=_OWNER, mode=0o640)


def _trust_both(ends: Ends, host: lab_host.Host) -> None:
    both = ends.authority.cert_pem + ends.foreign.cert_pem
    host.write_file(path('ca-cert'), both, owner=_OWNER)
