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

"""Who is on a revocation list that QEMU does not look at for it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from nova_native_tls._i18n import _
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import finding
from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import credentials
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki.gnutls import trust
from nova_native_tls.pki import loaded
from nova_native_tls import severity

#: GnuTLS verifies no longer chain.
_CHAIN_MAX = 16


def peer_revoked(
    host: loaded.Host, chain: Sequence[bytes]
) -> Iterator[finding.Finding]:
    """Hold a peer's certificate against the CRLs of this host."""
    try:
        read = [certificate.Certificate.from_der(der) for der in chain]
    except library.Failed:
        # Told elsewhere.
        return
    if _is_revoked(read, host):
        yield _revocation(host.loaded.end.peer, read, host)


def look(
    host: loaded.Host, hosts: Sequence[loaded.Host]
) -> Iterator[finding.Finding]:
    """Hold a certificate against the CRLs of all hosts.

    QEMU on a source never reads one, and no QEMU looks for its own there.
    """
    chain = host.certificates(host.cert_file, at_most=_CHAIN_MAX)
    for reader in hosts:
        if _is_revoked(chain, reader):
            yield _revocation(host.loaded.end, chain, reader)
            break
    yield from _unusable(host)


def _is_revoked(
    chain: Sequence[certificate.Certificate], reader: loaded.Host
) -> bool:
    crl = reader.content(credential_set.CA_CRL)
    if not crl or not chain:
        return False
    try:
        return trust.revoked(
            chain, reader.content(credential_set.CA_CERT), crl
        )
    except library.Failed:
        # A damaged list is told of elsewhere.
        return False


def _revocation(
    end: credential_set.Endpoint,
    chain: Sequence[certificate.Certificate],
    reader: loaded.Host,
) -> finding.Finding:
    return finding.Finding(
        code=f'{end}-cert.revoked',
        status=severity.Status.FAILURE,
        side=finding.Side.of(end),
        file=end.cert(),
        seen=_('"%(subject)s" is on the revocation list of the %(side)s')
        % {'subject': chain[0].subject(), 'side': reader.side},
        wanted=_('a certificate that is on no revocation list'),
        remedy=_('issue and install a new one'),
        stricter=True,
    )


def _unusable(host: loaded.Host) -> Iterator[finding.Finding]:
    """On a source, where QEMU does not notice."""
    crl = host.content(credential_set.CA_CRL)
    file = host.files.file(credential_set.CA_CRL)
    problem = ''
    if file.there and file.content is None:
        problem = _('it cannot be read (%s)') % file.problem()
    elif file.there:
        try:
            credentials.Credentials().revoke(crl)
        except library.Failed as err:
            problem = _('GnuTLS says: %s') % err.problem
    if problem:
        yield host.warning(
            'ca-crl.damaged',
            credential_set.CA_CRL,
            problem,
            wanted=_('revocation lists in PEM'),
            remedy=_('install the revocation list anew'),
        )
