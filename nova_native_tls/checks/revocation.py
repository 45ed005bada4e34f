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

"""Is a certificate of this host revoked, and are the lists fresh?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.host import revocation_list
from nova_native_tls.host import unseen
from nova_native_tls.pki import credential_set


class RevocationCheck(host_check.HostCheck):
    """Looks where QEMU does not: at the server certificate, and at dates.

    QEMU applies ca-crl.pem as a destination only, and does not mind how old
    it is.
    """

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Refuse a server certificate that this host's own list revokes."""
        credentials = host.seen.credentials
        if isinstance(credentials, unseen.Unseen):
            yield host.unseen('revocation.not-looked-at', credentials)
            return
        name = credential_set.CA_CRL
        content = credentials.file(name).content
        path = credentials.path(name)
        if content is None:
            yield host.success(
                'ca-crl.absent', _('there is no revocation list'), file=path
            )
            return
        try:
            lists = revocation_list.read(content)
        except ValueError as err:
            problem = unseen.Unseen(str(err))
            yield host.unseen('revocation.not-looked-at', problem)
            return
        found = [
            *_outdated(host, lists, path),
            *_revoked(host, credentials, lists),
        ]
        yield from found
        if not found:
            yield host.success(
                'ca-crl.applied',
                _(
                    'QEMU applies it as a destination; as a source these '
                    'checks do'
                ),
                file=path,
            )


def _outdated(
    host: host_check.Host,
    lists: tuple[revocation_list.RevocationList, ...],
    path: str,
) -> Iterator[host_check.Finding]:
    for each in lists:
        if each.next_update is not None and (
            each.next_update < host.context.now
        ):
            yield host.warning(
                'ca-crl.outdated',
                _('the list of "%(issuer)s" was to be replaced on %(date)s')
                % {'issuer': each.issuer, 'date': each.next_update},
                remedy=_('install the current list of that CA'),
                file=path,
                stricter=True,
            )


def _revoked(
    host: host_check.Host,
    credentials: credential_set.CredentialSet,
    lists: tuple[revocation_list.RevocationList, ...],
) -> Iterator[host_check.Finding]:
    if host_check.Side.DESTINATION not in host.roles:
        return
    # What becomes of the client certificate, QEMU says itself.
    name = credential_set.Endpoint.SERVER.cert()
    content = credentials.file(name).content
    try:
        revoked = content is not None and any(
            each.revokes(content) for each in lists
        )
    except ValueError:
        # What is wrong with it, another check says.
        return
    if revoked:
        yield host.failure(
            'server-cert.revoked',
            _('it is on the revocation list, at which QEMU does not look'),
            wanted=_('a certificate that is on no revocation list'),
            remedy=_('issue and install a new one'),
            file=credentials.path(name),
            stricter=True,
        )
