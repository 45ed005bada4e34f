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

"""Would this host's QEMU accept a peer of whom only the certificate is known?

The private key of a peer never leaves its host. The handshake is done with
another key in its place: it goes as it would, up to a wrong signature, by
which time everything else about the peer's certificate has been decided.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import socket

from nova_native_tls._i18n import _
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import fault
from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import credentials
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki.gnutls import session
from nova_native_tls.pki import loaded
from nova_native_tls.pki import proven_keys
from nova_native_tls.pki import qemu_handshake
from nova_native_tls.pki import qemu_peer

_SERVER = credential_set.Endpoint.SERVER

_proven = proven_keys.ProvenKeys()


def attempt(
    own: loaded.Loaded,
    chain: Sequence[bytes],
    conditions: qemu_handshake.Conditions,
) -> tuple[fault.Fault, ...]:
    """Give what this host's QEMU would object to in a peer's certificate.

    It says nothing about what the peer objects to, nor if its private key
    fits.

    :param own: this host's credentials.
    :param chain: what the peer shows, in DER, its own certificate first;
        empty if it shows nothing.
    """
    peer = own.end.peer
    shown = credentials.Credentials()
    try:
        read = [certificate.Certificate.from_der(der) for der in chain]
        if read:
            shown.pretend(read)
    except library.Failed as err:
        return (_unusable(peer, own.end, err),)
    # Whoever has sent it could load it: nothing is said of the peer's own.
    other = loaded.Loaded(
        end=peer, faults=(), credentials=shown, leaf=read[0] if read else None
    )
    ends = (own, other) if peer is _SERVER else (other, own)
    return _shake(*ends, asking=own, conditions=conditions)


def own_key(host: loaded.Host, priority: str) -> tuple[fault.Fault, ...]:
    """Try a host's private key, by a handshake of the host with itself.

    GnuTLS loads damaged keys, and some that do not fit the certificate.
    It says nothing where the certificate does not allow such a handshake.
    A key that works is not tried again until a file is another one: with RSA
    a handshake takes most of the time of a whole verdict.
    """
    own = host.loaded
    if own.leaf is None or own.credentials is None:
        return ()
    digest = _proven.digest(host, priority)
    if digest in _proven:
        return ()
    faults, proven = _try_key(own, priority)
    if proven:
        _proven.add(digest)
    return faults


def _try_key(
    own: loaded.Loaded, priority: str
) -> tuple[tuple[fault.Fault, ...], bool]:
    """Tell what is wrong with a key, and whether it works.

    Nothing is wrong with one that could not be tried.
    """
    conditions = qemu_handshake.Conditions(
        name=None,
        source_priority=priority,
        destination_priority=priority,
        verify=False,
        now=0,
    )
    both = [
        dataclasses.replace(own, end=end) for end in credential_set.Endpoint
    ]
    server, client = both
    ours, theirs = socket.socketpair()
    with ours, theirs:
        try:
            ends = qemu_handshake.prepare(
                client, server, (ours, theirs), conditions
            )
        except qemu_handshake.Unprepared:
            # Not a matter of the key.
            return (), False
        session.shake_hands(*ends)
    for end in ends:
        if end.failure and end.failure.code in qemu_handshake.KEY_FAILURES:
            return (_of_own(own.end, end.failure),), False
    return (), all(end.done for end in ends)


def _of_own(
    end: credential_set.Endpoint, failure: library.Failed
) -> fault.Fault:
    signs = failure.code != library.E_PK_SIGN_FAILED
    said_by = end.peer if signs else end
    return qemu_handshake.key_fault(said_by, failure)


def _shake(
    source: loaded.Loaded,
    destination: loaded.Loaded,
    *,
    asking: loaded.Loaded,
    conditions: qemu_handshake.Conditions,
) -> tuple[fault.Fault, ...]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        try:
            client, server = qemu_handshake.prepare(
                source, destination, (ours, theirs), conditions
            )
        except qemu_handshake.Unprepared as err:
            return (err.fault,)
        session.shake_hands(client, server)
        own, peer, shown = (
            (server, client, source)
            if asking is destination
            else (client, server, destination)
        )
        if own.done or _failed_by_stand_in(own, peer):
            if asking is destination and not conditions.verify:
                return ()
            return tuple(
                qemu_peer.check(own, asking.end, shown, conditions.of_peer())
            )
        return tuple(
            qemu_handshake.failures(client, server, source, destination)
        )


def _failed_by_stand_in(own: session.Session, peer: session.Session) -> bool:
    """Tell whether it failed only for the key that is not the peer's."""
    codes = [
        None if one.failure is None else one.failure.code
        for one in (own, peer)
    ]
    if codes[0] == library.E_PK_SIG_VERIFY_FAILED:
        return True
    # Without a signature, the other way to use an RSA key up to TLS 1.2: the
    # peer was sent what only the right key decrypts.
    return (
        codes[0] in qemu_handshake.CONSEQUENCES
        and codes[1] == library.E_DECRYPTION_FAILED
    )


def _unusable(
    peer: credential_set.Endpoint,
    asking: credential_set.Endpoint,
    error: library.Failed,
) -> fault.Fault:
    return fault.Fault(
        code='peer.unusable',
        end=peer,
        file=peer.cert(),
        sentence='TLS handshake failed: ',
        seen=_('GnuTLS says: %s') % error.problem,
        said_by=asking,
    )
