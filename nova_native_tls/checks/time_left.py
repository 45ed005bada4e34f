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

"""Are the certificates valid for as long as a migration may take?"""

from __future__ import annotations

from collections.abc import Iterator
import datetime

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.host import unseen
from nova_native_tls.pki import credential_set
from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import library

#: Nova takes smaller guests for as large (_live_migration_data_gb, Nova 34
#: nova/virt/libvirt/driver.py).
SMALLEST_GIB = 2
#: Where Nova has no limit.
UNLIMITED_S = 24 * 3600


class TimeLeftCheck(host_check.HostCheck):
    """Compares them with live_migration_completion_timeout.

    The guest that is to migrate decides. Where none is, it is the largest
    that runs here for the client certificate, and the host's memory, which is
    the most that could come, for the others. Disks that are copied count too.
    """

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Warn of certificates that would expire during a migration."""
        credentials = host.seen.credentials
        if isinstance(credentials, unseen.Unseen):
            yield host.unseen('time-left.not-looked-at', credentials)
            return
        found = [
            finding
            for name, longest_s in _limits(host).items()
            for finding in _ending(host, credentials, name, longest_s)
        ]
        yield from found
        if not found:
            yield host.success(
                'time-left.enough',
                _('no migration outlives a certificate that is valid now'),
            )


def _limits(host: host_check.Host) -> dict[str, int]:
    guest = host.context.guest
    if guest is None:
        arriving = _memory_gib(host.seen.memory_mib)
        leaving = _memory_gib(_largest_guest_mib(host))
    else:
        arriving = leaving = _memory_gib(guest.memory_mib)
        # Who comes with its disks, a destination is not told at first.
        if host.context.block is not False:
            arriving = leaving = leaving + guest.disk_gib
    limits = {credential_set.CA_CERT: _longest_s(host, arriving)}
    if host_check.Side.DESTINATION in host.roles:
        name = credential_set.Endpoint.SERVER.cert()
        limits[name] = _longest_s(host, arriving)
    if host_check.Side.SOURCE in host.roles:
        name = credential_set.Endpoint.CLIENT.cert()
        limits[name] = _longest_s(host, leaving)
    return limits


def _memory_gib(memory_mib: int) -> int:
    return max(SMALLEST_GIB, -(-memory_mib // 1024))


def _longest_s(host: host_check.Host, size_gib: int) -> int:
    per_gib = host.context.settings.completion_timeout_s_per_gib
    return per_gib * size_gib or UNLIMITED_S


def _largest_guest_mib(host: host_check.Host) -> int:
    if isinstance(host.seen.guests, unseen.Unseen):
        return host.seen.memory_mib
    return max((guest.memory_mib for guest in host.seen.guests), default=0)


def _ending(
    host: host_check.Host,
    credentials: credential_set.CredentialSet,
    name: str,
    longest_s: int,
) -> Iterator[host_check.Finding]:
    content = credentials.file(name).content
    try:
        found = certificate.read_list(content) if content else ()
    except library.Failed:
        # What it is that cannot be read, another check says.
        return
    now = host.context.now.timestamp()
    for cert in found:
        left_s = cert.not_after() - now
        if 0 <= left_s < longest_s:
            yield host.warning(
                f'{name.removesuffix(".pem")}.expires-soon',
                _('"%(subject)s" is valid for another %(left)s')
                % {'subject': cert.subject(), 'left': _span(left_s)},
                wanted=_('the longest migration that Nova allows, %s')
                % _span(longest_s),
                remedy=_('renew it now; QEMU reads it at the next migration'),
                file=credentials.path(name),
                stricter=True,
            )


def _span(seconds: float) -> str:
    return str(datetime.timedelta(seconds=int(seconds)))
