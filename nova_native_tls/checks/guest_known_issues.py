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


"""Would a guest that runs here meet known issues on its way?"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses

from nova_native_tls._i18n import _
from nova_native_tls.checks import base
from nova_native_tls.checks import host_check
from nova_native_tls.checks import known_issues
from nova_native_tls.host import guests
from nova_native_tls.host import unseen
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration import versions


class GuestKnownIssuesCheck(host_check.HostCheck):
    """Holds the options against the QEMU that each guest runs with.

    Before a migration it is about the one guest that leaves, and about the
    host that it leaves for. Of a host alone it says what guests would meet on
    their way to another one like this.
    """

    stages = host_check.AS_SOURCE

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Refuse what could lose a guest."""
        if host.context.stage is base.Stage.SOURCE:
            yield from _leaving(host)
        else:
            yield from _any(host)


def _leaving(host: host_check.Host) -> Iterator[host_check.Finding]:
    known, peer = host.context.guest, host.context.peer
    running = None if known is None else _find(host, known.name)
    qemu = None if running is None else running.qemu
    found = known_issues.meet(
        host.context.settings,
        migration_call.MigrationRequest(
            block=bool(host.context.block),
            iothreads=None if known is None else known.iothreads,
            machine=None if known is None else known.machine,
        ),
        versions.Context(
            source=dataclasses.replace(_installed(host), qemu=qemu),
            destination=versions.HostVersions()
            if peer is None
            else peer.versions,
        ),
    )
    yield from known_issues.findings(
        found,
        subject=host.seen.host
        if running is None
        else f'{host.seen.host}: {guests.describe(running)}',
    )


def _any(host: host_check.Host) -> Iterator[host_check.Finding]:
    """Tell of new guests, and of those that run with another QEMU."""
    installed = _installed(host)
    new = _meet(host, installed, installed)
    yield from known_issues.findings(new, subject=host.seen.host)
    if isinstance(host.seen.guests, unseen.Unseen):
        # The check of the running guests says so.
        return
    for guest in host.seen.guests:
        if guest.qemu is None or guest.qemu == installed.qemu:
            continue
        running = dataclasses.replace(installed, qemu=guest.qemu)
        found = _meet(host, running, installed)
        for met in found:
            if met.known not in {each.known for each in new}:
                yield _of_guest(host, guest, met)


def _of_guest(
    host: host_check.Host, guest: guests.Guest, met: known_issues.Met
) -> host_check.Finding:
    """Tell of one that would not meet it with the installed QEMU."""
    found = known_issues.finding(
        met, subject=f'{host.seen.host}: {guests.describe(guest)}'
    )
    if not found.remedy:
        return found
    return dataclasses.replace(
        found,
        remedy=_(
            '%(remedy)s; or shut the guest down and start it again: it gets '
            'QEMU %(installed)s then'
        )
        % {'remedy': found.remedy, 'installed': _installed(host).qemu},
    )


def _meet(
    host: host_check.Host,
    source: versions.HostVersions,
    destination: versions.HostVersions,
) -> tuple[known_issues.Met, ...]:
    """Find what may be met, and only warn of what disks alone meet."""
    context = versions.Context(source=source, destination=destination)
    settings = host.context.settings
    found = known_issues.meet(
        settings, migration_call.MigrationRequest(), context
    )
    with_disks = known_issues.meet(
        settings, migration_call.MigrationRequest(block=True), context
    )
    seen = {met.known for met in found}
    return (
        *found,
        *(
            dataclasses.replace(met, kind=issue.Kind.WARN)
            if met.kind is issue.Kind.REFUSE
            else met
            for met in with_disks
            if met.known not in seen
        ),
    )


def _find(host: host_check.Host, name: str) -> guests.Guest | None:
    if isinstance(host.seen.guests, unseen.Unseen):
        return None
    return next((g for g in host.seen.guests if g.name == name), None)


def _installed(host: host_check.Host) -> versions.HostVersions:
    libvirt = host.seen.libvirt
    if isinstance(libvirt, unseen.Unseen):
        return versions.HostVersions()
    return libvirt.versions
