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

"""What is demanded of certificates though QEMU does not mind.

Every finding here is ``stricter``, and none makes anything better.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import dataclasses

from nova_native_tls._i18n import _
from nova_native_tls.pki import advice
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import fault
from nova_native_tls.pki import finding
from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki import loaded
from nova_native_tls.pki import pem
from nova_native_tls.pki import qemu_loading
from nova_native_tls.pki import qemu_loading_to_10_1
from nova_native_tls.pki import qemu_releases
from nova_native_tls.pki import revocation

_CHAIN_SINCE = qemu_releases.REWRITTEN
_MAX = qemu_loading_to_10_1.BUNDLE_MAX
_WORTH_BYTES_MAX = 256 * 1024


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What is demanded beyond QEMU.

    :ivar margin_s: how much longer than now every certificate must be valid;
        the longest migration, and what the clocks may differ by.
    :ivar control_ca: the PEM file that libvirtd of the hosts trusts; empty if
        that is not known.
    :ivar upgrades: say what a later QEMU would not load; it matters to no
        migration of today, and takes as long as loading does.
    """

    margin_s: int = 0
    control_ca: bytes = b''
    upgrades: bool = True


def look(
    hosts: Sequence[loaded.Host], demands: Demands, *, now: int
) -> Iterator[finding.Finding]:
    """Give everything that falls short of what is demanded.

    :param hosts: one, or both of a pair.
    """
    for host in hosts:
        yield from revocation.look(host, hosts)
        yield from _margin(host, demands, now)
        yield from _private_keys(host)
        yield from _too_many(host)
        yield from _own_dh_parameters(host)
        yield from _separation(host, demands)
        if demands.upgrades:
            yield from _newer_qemu(host, now)


def _margin(
    host: loaded.Host, demands: Demands, now: int
) -> Iterator[finding.Finding]:
    for name in (credential_set.CA_CERT, host.cert_file):
        for cert in host.certificates(name, at_most=_MAX):
            until = cert.not_after()
            # What has expired already is told elsewhere.
            if now <= until < now + demands.margin_s:
                yield host.warning(
                    f'{name.removesuffix(".pem")}.expires-soon',
                    name,
                    _('"%(subject)s" is valid only until %(time)s')
                    % {'subject': cert.subject(), 'time': fault.when(until)},
                    wanted=_('%d seconds more than a migration begins with')
                    % demands.margin_s,
                    remedy=_('issue and install a new one'),
                ).as_failure()


def _private_keys(host: loaded.Host) -> Iterator[finding.Finding]:
    for name in (credential_set.CA_CERT, host.cert_file):
        if pem.holds_private_key(host.content(name)):
            yield host.warning(
                f'{name.removesuffix(".pem")}.private-key',
                name,
                _('there is a private key in it'),
                wanted=_('certificates only'),
                remedy=_(
                    'remove the key from the file and, if others could read '
                    'it, issue new certificates'
                ),
            )


def _too_many(host: loaded.Host) -> Iterator[finding.Finding]:
    count = pem.count(host.content(credential_set.CA_CERT), 'CERTIFICATE')
    if host.version < _CHAIN_SINCE and count > qemu_loading_to_10_1.BUNDLE_MAX:
        yield host.warning(
            'ca-cert.too-many',
            credential_set.CA_CERT,
            _('there are %d certificates in it') % count,
            wanted=_('no more than 16, as many as this QEMU looks at'),
            remedy=_('leave only the needed CAs in it'),
        )


def _own_dh_parameters(host: loaded.Host) -> Iterator[finding.Finding]:
    """Has QEMU to make what a file could hold?"""
    end, code = host.loaded.end, 'dh-params.absent'
    if (
        end is not credential_set.Endpoint.SERVER
        or not qemu_releases.OWN_DH_PARAMETERS.include(host.version)
        # What is there, or in the way of it, is told elsewhere.
        or host.files.file(credential_set.DH_PARAMS) != credential_set.MISSING
        # Without these QEMU does not get as far as that.
        or not host.files.file(end.cert()).there
        or not host.files.file(end.key()).there
    ):
        return
    known = advice.for_code(code)
    yield host.warning(
        code,
        credential_set.DH_PARAMS,
        _(
            'there is none: QEMU makes Diffie-Hellman parameters for each '
            'migration that arrives, which begins a tenth of a second to '
            'seconds later'
        ),
        wanted=known.wanted,
        remedy=known.remedy,
    )


def _separation(
    host: loaded.Host, demands: Demands
) -> Iterator[finding.Finding]:
    leaf = host.loaded.leaf
    if leaf is None or not demands.control_ca:
        return
    try:
        authorities = certificate.read_list(demands.control_ca)
        accepted = certificate.verify([leaf], authorities) == 0
    except library.Failed:
        return
    if accepted:
        yield host.warning(
            f'{host.loaded.end}-cert.accepted-by-libvirtd',
            host.cert_file,
            _('the CA that libvirtd trusts has issued it'),
            wanted=_('a CA for migrations alone'),
            remedy=_(
                "issue QEMU's certificates from another CA: any process of "
                "QEMU's user can read this key, and talk to libvirtd with it"
            ),
        )


def _newer_qemu(host: loaded.Host, now: int) -> Iterator[finding.Finding]:
    """Would QEMU 10.2 load what this one loads?"""
    if host.version >= _CHAIN_SINCE or host.loaded.faults:
        return
    if any(
        len(file.content or b'') > _WORTH_BYTES_MAX
        for file in host.files.files.values()
    ):
        # It would take seconds, for advice.
        return
    newer = qemu_loading.load(
        host.files, host.loaded.end, now=now, version=_CHAIN_SINCE
    )
    for one in newer.faults[:1]:
        yield host.warning(
            f'upgrade.{one.code}',
            one.file,
            one.seen,
            wanted=_('what QEMU 10.2 and later load as well'),
            remedy=_('mend it before QEMU is upgraded'),
        )
