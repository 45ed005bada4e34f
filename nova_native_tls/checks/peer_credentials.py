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

"""Would QEMU on this host accept the other host's certificate?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.checks import own_end
from nova_native_tls.checks import result
from nova_native_tls.peer import facts
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import finding

Endpoint = credential_set.Endpoint


def judge(
    host: host_check.Host, own: own_end.OwnEnd
) -> Iterator[host_check.Finding]:
    """Hold what the other host says that it shows against our own files.

    Of a host that does not say it nothing is known: its migrations go on as
    Nova does them, and QEMU finds out.
    """
    peer, other = host.context.peer, own.endpoint.peer
    chain = None if peer is None else _chain(peer, other)
    if peer is None or chain is None:
        yield host.success(
            f'peer.{other}-cert.not-sent',
            _(
                '%s does not send its certificate, as a Nova without this '
                'project or with an older one: it could not be looked at'
            )
            % (_('the other host') if peer is None else peer.host),
        )
        return
    found = own.accepts(chain, peer.tls_name)
    if own.is_untried(found):
        yield host.success(
            f'peer.{other}-cert.not-looked-at',
            _(
                'libvirt keeps the secret of the key here for itself: without '
                'it the certificate of %s could not be looked at'
            )
            % peer.host,
        )
        return
    for one in found.findings:
        # Why there is no name, peer_name says.
        if not (one.code == 'name.unknown' and one.status):
            yield _told(host, own, peer, one)


def _chain(peer: facts.HostFacts, end: Endpoint) -> facts.Chain:
    return peer.server_chain if end is Endpoint.SERVER else peer.client_chain


def _told(
    host: host_check.Host,
    own: own_end.OwnEnd,
    peer: facts.HostFacts,
    one: finding.Finding,
) -> host_check.Finding:
    """Say it of the host on which something has to be done."""
    if one.side is finding.Side.of(own.endpoint):
        subject = f'{host.seen.host}: {own.files.path(one.file)}'
    else:
        # In which directory it is, only that host knows.
        subject = f'{peer.host}: {one.file}'
    return result.Finding(
        code=f'peer.{one.code.removeprefix("peer.")}',
        status=one.status,
        subject=subject.removesuffix(': '),
        detail=one.seen,
        wanted=one.wanted,
        remedy=one.remedy,
        stricter=one.stricter,
    )
