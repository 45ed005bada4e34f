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

"""Is the QEMU that a guest runs with new enough for what will be asked?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.host import guests
from nova_native_tls.host import unseen
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import flags
from nova_native_tls.migration import version_rules
from nova_native_tls.migration import versions


def judge(
    host: host_check.Host, guest: guests.Guest
) -> Iterator[host_check.Finding]:
    """Refuse what a guest's QEMU is too old for, and the installed one not.

    Of the installed one the check of the versions speaks.
    """
    libvirt = host.seen.libvirt
    if isinstance(libvirt, unseen.Unseen) or guest.qemu is None:
        return
    installed = libvirt.versions
    running = versions.HostVersions(libvirt=installed.libvirt, qemu=guest.qemu)
    known = _evaluate(host, installed, installed)
    found = _evaluate(host, running, installed)
    again = _('shut the guest down and start it again: it gets QEMU %s then')
    again %= installed.qemu
    for refusal in dict.fromkeys(found.refusals):
        if refusal.id not in {each.id for each in known.refusals}:
            yield host.failure(
                f'guest.{refusal.id}',
                _('as the QEMU that it runs with: %s') % refusal.reason,
                remedy=again,
                file=guests.describe(guest),
            )
    for warning in dict.fromkeys(found.warnings):
        if warning not in known.warnings:
            yield host.warning(
                'guest.version-warning',
                _('as the QEMU that it runs with: %s') % warning,
                remedy=again,
                file=guests.describe(guest),
            )


def _evaluate(
    host: host_check.Host,
    source: versions.HostVersions,
    destination: versions.HostVersions,
) -> version_rules.VersionFindings:
    context = host.context
    request = migration_call.MigrationRequest(block=bool(context.block))
    call = flags.base(context.settings, request).call
    return version_rules.evaluate(
        call, versions.Context(source=source, destination=destination)
    )
