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

"""Would a migration from one host to another get through its TLS handshake?"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
import datetime
import time

from nova_native_tls._i18n import _
from nova_native_tls.migration import versions
from nova_native_tls.pki import advice
from nova_native_tls.pki import beyond_qemu
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import fault
from nova_native_tls.pki import finding
from nova_native_tls.pki.gnutls import clock
from nova_native_tls.pki import loaded
from nova_native_tls.pki import qemu_acceptance
from nova_native_tls.pki import qemu_handshake
from nova_native_tls.pki import qemu_loading
from nova_native_tls.pki import qemu_peer
from nova_native_tls.pki import revocation
from nova_native_tls import severity

Finding = finding.Finding
HostVerdict = finding.HostVerdict
PairVerdict = finding.PairVerdict
QemuVerdict = finding.QemuVerdict
Side = finding.Side
Verdict = finding.Verdict

#: What QEMU is built with, unless a distribution has it otherwise.
PRIORITY = 'NORMAL'

ORDINARY = beyond_qemu.Demands()


def of_pair(
    source: credential_set.CredentialSet,
    destination: credential_set.CredentialSet,
    *,
    name: str | None,
    qemu_version: versions.Version,
    at: datetime.datetime | None = None,
    source_qemu_version: versions.Version | None = None,
    priority: str = PRIORITY,
    verify: bool = True,
    demands: beyond_qemu.Demands | None = None,
) -> PairVerdict:
    """Predict what QEMU at both ends does with these files.

    :param name: what the source looks for in the destination's certificate.
    :param qemu_version: of both, or of the destination.
    :param at: when; now by default. Another time counts for GnuTLS in this
        whole process until the answer is there.
    :param source_qemu_version: of the source, if it differs.
    :param verify: the destination wants a certificate of the source.
    :param demands: beyond QEMU; the ordinary ones by default.
    :raises library.LibraryMissing: GnuTLS cannot be asked.
    """
    now = _seconds(at)
    with clock.at(None if at is None else now):
        client = _load(
            source,
            credential_set.Endpoint.CLIENT,
            source_qemu_version or qemu_version,
            now,
        )
        server = _load(
            destination, credential_set.Endpoint.SERVER, qemu_version, now
        )
        conditions = qemu_handshake.Conditions(
            name=name,
            source_priority=priority,
            destination_priority=priority,
            verify=verify,
            now=now,
        )
        faults = [
            *server.loaded.faults,
            *client.loaded.faults,
            *_handshake(client.loaded, server.loaded, conditions),
        ]
        findings = [
            *(
                _failures(faults)
                if faults
                else _successes(client.loaded, server.loaded, conditions)
            ),
            *beyond_qemu.look((server, client), demands or ORDINARY, now=now),
        ]
    return PairVerdict(
        source_loads=not client.loaded.faults,
        destination_loads=not server.loaded.faults,
        findings=tuple(_once(findings)),
    )


def load(
    own: credential_set.CredentialSet,
    endpoint: credential_set.Endpoint,
    *,
    qemu_version: versions.Version,
) -> loaded.Host:
    """Load a host's files once, to ask more than one question of them now.

    What comes of it holds the private key, as the files do.

    :raises library.LibraryMissing: GnuTLS cannot be asked.
    """
    return _load(own, endpoint, qemu_version, _seconds(None))


def of_host(
    own: credential_set.CredentialSet,
    endpoint: credential_set.Endpoint,
    *,
    qemu_version: versions.Version,
    at: datetime.datetime | None = None,
    priority: str = PRIORITY,
    demands: beyond_qemu.Demands | None = None,
    known: loaded.Host | None = None,
) -> HostVerdict:
    """Predict if QEMU on a host loads its files for one end of migrations.

    It tries the private key as well, which QEMU does only when it connects:
    a source not even then, if the destination neither verifies its peers nor
    trusts the CA of this host.

    :param at: as for ``of_pair``.
    :param known: what ``load`` made of the same, a moment ago.
    :raises library.LibraryMissing: GnuTLS cannot be asked.
    """
    now = _seconds(at)
    with clock.at(None if at is None else now):
        host = known or _load(own, endpoint, qemu_version, now)
        faults = host.loaded.faults or qemu_acceptance.own_key(host, priority)
        findings = [
            *(_failures(faults) if faults else (_loads(host),)),
            *beyond_qemu.look((host,), demands or ORDINARY, now=now),
        ]
        usable = host.loaded.credentials
        shown = () if faults or usable is None else usable.shown()
    return HostVerdict(findings=tuple(_once(findings)), shown=shown)


def of_peer(
    own: credential_set.CredentialSet,
    endpoint: credential_set.Endpoint,
    chain: Sequence[bytes],
    *,
    name: str | None = None,
    qemu_version: versions.Version,
    at: datetime.datetime | None = None,
    priority: str = PRIORITY,
    verify: bool = True,
    known: loaded.Host | None = None,
) -> Verdict:
    """Predict if QEMU on a host accepts a peer, by its certificate alone.

    It says nothing about the host's own files unless they cannot be loaded,
    nor about what the peer thinks of this host.

    :param own: the files of the host that accepts or does not.
    :param endpoint: which end that host is; a client (the source) looks at
        the certificate of a server (the destination), and at its name.
    :param chain: what the peer shows, in DER; see ``HostVerdict.shown``.
    :param known: what ``load`` made of the same, a moment ago.
    :raises library.LibraryMissing: GnuTLS cannot be asked.
    """
    now = _seconds(at)
    with clock.at(None if at is None else now):
        host = known or _load(own, endpoint, qemu_version, now)
        faults = host.loaded.faults
        if host.loaded.credentials is not None:
            conditions = qemu_handshake.Conditions(
                name=name,
                source_priority=priority,
                destination_priority=priority,
                verify=verify,
                now=now,
            )
            faults += qemu_acceptance.attempt(host.loaded, chain, conditions)
        findings = [
            *(_failures(faults) if faults else (_accepted(host, chain),)),
            *revocation.peer_revoked(host, chain),
        ]
    return Verdict(findings=tuple(_once(findings)))


def _seconds(at: datetime.datetime | None) -> int:
    return int(time.time() if at is None else at.timestamp())


def _load(
    files: credential_set.CredentialSet,
    end: credential_set.Endpoint,
    version: versions.Version,
    now: int,
) -> loaded.Host:
    return loaded.Host(
        files=files,
        version=version,
        loaded=qemu_loading.load(files, end, now=now, version=version),
    )


def _handshake(
    client: loaded.Loaded,
    server: loaded.Loaded,
    conditions: qemu_handshake.Conditions,
) -> tuple[fault.Fault, ...]:
    if client.credentials is None or server.credentials is None:
        # There are faults already.
        if server.leaf is None:
            return ()
        return tuple(qemu_peer.check_name(server.leaf, conditions.name))
    return qemu_handshake.attempt(client, server, conditions)


def _once(findings: Iterable[finding.Finding]) -> Iterator[finding.Finding]:
    """Leave out what a host is told for QEMU's sake already."""
    seen = set()
    for one in findings:
        key = (one.code, one.side, one.file)
        if not one.stricter or key not in seen:
            yield one
        seen.add(key)


def _failures(faults: Iterable[fault.Fault]) -> Iterator[finding.Finding]:
    for one in fault.without_consequences(faults):
        known = advice.for_code(one.code)
        yield finding.Finding(
            code=one.code,
            status=severity.Status.FAILURE,
            side=finding.Side.of(one.end),
            file=one.file,
            seen=one.seen,
            wanted=known.wanted,
            remedy=known.remedy,
            sentence=one.sentence,
        )


def _successes(
    client: loaded.Loaded,
    server: loaded.Loaded,
    conditions: qemu_handshake.Conditions,
) -> Iterator[finding.Finding]:
    for end in (server, client):
        if end.leaf is None:
            seen = _('there is none, and none is asked for')
        elif end is client and not conditions.verify:
            seen = _('"%s" is loaded, though not asked for')
        else:
            seen = _('"%s" is accepted by both hosts')
        yield finding.Finding(
            code=f'{end.end}-cert.accepted',
            status=severity.Status.SUCCESS,
            side=finding.Side.of(end.end),
            file=end.end.cert(),
            seen=seen if end.leaf is None else seen % end.leaf.subject(),
        )
    yield finding.Finding(
        code='name.covered',
        status=severity.Status.SUCCESS,
        side=finding.Side.DESTINATION,
        file=server.end.cert(),
        seen=_('it is for %s') % conditions.name,
    )


def _loads(host: loaded.Host) -> finding.Finding:
    leaf = host.loaded.leaf
    return finding.Finding(
        code=f'{host.loaded.end}-cert.loads',
        status=severity.Status.SUCCESS,
        side=host.side,
        file=host.cert_file,
        seen=_('QEMU loads what is there, without a certificate of its own')
        if leaf is None
        else _('QEMU loads "%s"') % leaf.subject(),
    )


def _accepted(host: loaded.Host, chain: Sequence[bytes]) -> finding.Finding:
    peer = host.loaded.end.peer
    return finding.Finding(
        code=f'{peer}-cert.accepted',
        status=severity.Status.SUCCESS,
        side=finding.Side.of(peer),
        file=peer.cert(),
        seen=_('the %s accepts it') % host.side
        if chain
        else _('the %s does not ask for one') % host.side,
    )
