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

"""Would QEMU at both ends accept what the other one shows?

crypto/tlssession.c of QEMU 7.2.22, 10.0.13 and 10.2.2:
qcrypto_tls_session_new, _handshake and _check_certificate.
"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import socket

from nova_native_tls._i18n import _
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import fault
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki.gnutls import session
from nova_native_tls.pki import loaded
from nova_native_tls.pki import qemu_peer

_CLIENT = credential_set.Endpoint.CLIENT
_SERVER = credential_set.Endpoint.SERVER

#: What other codes of GnuTLS mean.
_CODES = {
    library.E_KEY_USAGE_VIOLATION: 'handshake.key-usage',
    library.E_INSUFFICIENT_CREDENTIALS: 'handshake.key-usage',
    library.E_UNKNOWN_CIPHER_SUITE: 'handshake.nothing-in-common',
    library.E_NO_CIPHER_SUITES: 'handshake.nothing-in-common',
    library.E_UNSUPPORTED_VERSION_PACKET: 'handshake.nothing-in-common',
}
#: GnuTLS's codes of a private key that is of no use.
KEY_FAILURES = (library.E_PK_SIGN_FAILED, library.E_PK_SIG_VERIFY_FAILED)
#: GnuTLS's codes of an end that notices only that the other one went away.
CONSEQUENCES = (-9, -10, -53, -54, -110)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What decides about a handshake beside the credentials.

    :ivar name: what the source looks for; None if it was told nothing.
    :ivar verify: the destination wants a certificate of the source
        (migrate_tls_x509_verify there); the source always does.
    :ivar now: seconds since 1970, UTC.
    """

    name: str | None
    source_priority: str
    destination_priority: str
    verify: bool
    now: int

    def of_peer(self) -> qemu_peer.Wanted:
        """What is wanted of a peer's certificate."""
        return qemu_peer.Wanted(name=self.name, now=self.now)


def attempt(
    source: loaded.Loaded, destination: loaded.Loaded, conditions: Conditions
) -> tuple[fault.Fault, ...]:
    """Do a handshake in this process, as the QEMUs of both ends would.

    Both must have credentials. Nothing is listened on and nothing dialled.

    :returns: what QEMU would object to; nothing if all is well.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        try:
            client, server = prepare(
                source, destination, (ours, theirs), conditions
            )
        except Unprepared as err:
            return (err.fault,)
        session.shake_hands(client, server)
        wanted = conditions.of_peer()
        faults = [*failures(client, server, source, destination)]
        if client.done:
            faults += qemu_peer.check(client, _CLIENT, destination, wanted)
        if server.done and conditions.verify:
            faults += qemu_peer.check(server, _SERVER, source, wanted)
        return tuple(faults)


class Unprepared(Exception):
    """One end cannot begin; ``fault`` says why."""

    def __init__(self, reason: fault.Fault) -> None:
        super().__init__(reason.seen)
        self.fault = reason


def prepare(
    source: loaded.Loaded,
    destination: loaded.Loaded,
    connections: tuple[socket.socket, socket.socket],
    conditions: Conditions,
) -> tuple[session.Session, session.Session]:
    """Set up both ends, the source first.

    :param connections: two sockets that are connected with each other.
    :raises Unprepared: a priority is none.
    """
    ends = []
    for end, connection, priority in zip(
        (source, destination),
        connections,
        (conditions.source_priority, conditions.destination_priority),
        strict=True,
    ):
        connection.setblocking(False)
        assert end.credentials is not None
        try:
            one = session.Session(
                end.credentials,
                server=end.end is _SERVER,
                priority=priority,
                connection=connection,
            )
        except library.Failed as err:
            raise Unprepared(_priority(end.end, priority, err)) from err
        ends.append(one)
    client, server = ends
    return client, server


def _priority(
    end: credential_set.Endpoint, priority: str, error: library.Failed
) -> fault.Fault:
    return fault.Fault(
        code='priority.unusable',
        end=end,
        file='',
        sentence=f'TLS session priority {priority}: {error}',
        seen=_('GnuTLS does not know the priority %s') % priority,
    )


def failures(
    client: session.Session,
    server: session.Session,
    source: loaded.Loaded,
    destination: loaded.Loaded,
) -> Iterator[fault.Fault]:
    """Tell why a handshake failed, and whose certificate it is about."""
    failed = {
        end: one.failure
        for end, one in ((_CLIENT, client), (_SERVER, server))
        if one.failure is not None
    }
    reasons = {
        end: failure
        for end, failure in failed.items()
        if failure.code not in CONSEQUENCES
    }
    for said_by, failure in (reasons or failed).items():
        sentence = f'TLS handshake failed: {failure}'
        if failure.code in KEY_FAILURES:
            yield key_fault(said_by, failure)
            continue
        blamed = next(
            (end for end in (destination, source) if _cannot_sign(end)), None
        )
        yield fault.Fault(
            code=_CODES.get(failure.code, 'handshake.failed'),
            end=_SERVER if blamed is None else blamed.end,
            file='' if blamed is None else blamed.end.cert(),
            sentence=sentence,
            seen=_('GnuTLS says: %s') % failure.problem
            if blamed is None
            else _('its keyUsage lacks digitalSignature; GnuTLS says: %s')
            % failure.problem,
            said_by=said_by,
        )


def key_fault(
    said_by: credential_set.Endpoint, failure: library.Failed
) -> fault.Fault:
    """A private key is damaged, or another one's."""
    own = failure.code == library.E_PK_SIGN_FAILED
    end = said_by if own else said_by.peer
    return fault.Fault(
        code=f'{end}-key.cannot-sign' if own else f'{end}-cert.key-mismatch',
        end=end,
        file=end.key() if own else end.cert(),
        sentence=f'TLS handshake failed: {failure}',
        seen=_('GnuTLS loads the key, but cannot sign with it')
        if own
        else _('what its key signs does not fit the certificate'),
        said_by=said_by,
    )


def _cannot_sign(end: loaded.Loaded) -> bool:
    if end.leaf is None:
        return False
    try:
        usage = end.leaf.key_usage()
    except library.Failed:
        return False
    return usage is not None and not usage[0] & library.KEY_DIGITAL_SIGNATURE
