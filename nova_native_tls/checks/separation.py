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

"""Would libvirt itself let in whoever has a certificate of QEMU's?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.host import unseen
from nova_native_tls.pki import credential_set
from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import library

_BY_TIME = (
    library.CERT_INVALID | library.CERT_EXPIRED | library.CERT_NOT_ACTIVATED
)


class SeparationCheck(host_check.HostCheck):
    """Verifies QEMU's own certificates with libvirt's CA.

    QEMU's keys lie where a guest that broke out of its QEMU can read them;
    whoever libvirt accepts rules all hosts.
    """

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Warn if one of them is accepted."""
        credentials, trusted = host.seen.credentials, host.seen.libvirt_ca
        if isinstance(credentials, unseen.Unseen):
            yield host.unseen('separation.not-looked-at', credentials)
            return
        if isinstance(trusted, unseen.Unseen):
            yield host.unseen(
                'separation.not-looked-at', trusted, matters=False
            )
            return
        if trusted is None:
            yield host.success(
                'separation.alone', _('libvirt itself has no CA')
            )
            return
        try:
            authorities = certificate.read_list(trusted)
        except library.Failed as err:
            problem = unseen.Unseen(str(err))
            yield host.unseen(
                'separation.not-looked-at', problem, matters=False
            )
            return
        accepted = [
            credentials.path(end.cert())
            for end in credential_set.Endpoint
            if _accepts(authorities, credentials.file(end.cert()).content)
        ]
        if not accepted:
            yield host.success(
                'separation.kept',
                _("libvirt accepts no certificate of QEMU's"),
            )
            return
        yield host.warning(
            'separation.shared-ca',
            _(
                'libvirt accepts it as well: a guest that breaks out of its '
                'QEMU has its key, and would rule every host'
            ),
            wanted=_('a CA for QEMU that libvirt does not trust'),
            remedy=_(
                "issue QEMU's certificates from a CA of their own, and put "
                'only that CA into ca-cert.pem'
            ),
            file=', '.join(accepted),
            stricter=True,
        )


def _accepts(
    authorities: tuple[certificate.Certificate, ...], pem: bytes | None
) -> bool:
    try:
        chain = certificate.read_list(pem or b'')
        return not certificate.verify(chain, authorities) & ~_BY_TIME
    except library.Failed:
        return False
