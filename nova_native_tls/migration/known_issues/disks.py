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


"""Known issues of disks that are copied with TLS: NBD connections."""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.migration.known_issues import conditions
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration import releases
from nova_native_tls.migration import versions

V = versions.Version
Component = releases.Component
End = releases.End

ISSUES: tuple[issue.KnownIssue, ...] = (
    issue.KnownIssue(
        id='disks-tls-hang',
        title=_('QEMU 5.1 and 5.2 stop copying disks over TLS midway'),
        references=(
            'https://gitlab.com/qemu-project/qemu/-/issues/310',
            'https://bugs.launchpad.net/qemu/+bug/1913969',
            'https://gitlab.com/libvirt/libvirt/-/issues/108',
        ),
        affected=(
            releases.Releases(
                component=Component.QEMU, since=V(5, 1), before=V(6, 0)
            ),
        ),
        releases_from=_(
            'reported of QEMU 5.1.0 and 5.2.0, of none that is newer; which '
            'change mended it is not known'
        ),
        condition=conditions.disks_with_tls,
        when=_('TLS, disks are copied'),
        effect=_('the migration never ends, the guest stays where it is'),
        kind=issue.Kind.REFUSE,
        remedy=_(
            'upgrade QEMU to 6.0 or newer, and shut the guest down and start '
            'it again'
        ),
    ),
    issue.KnownIssue(
        id='disks-tls-iothread-crash',
        title=_(
            'QEMU 8.2.0 to 8.2.4 and 9.0.0 abort while they copy a disk over '
            'TLS that has an I/O thread'
        ),
        references=(
            'https://gitlab.com/qemu-project/qemu/-/commit/'
            '199e84de1c903ba5aa1f7256310bbc4a20dd930b',
            'https://issues.redhat.com/browse/RHEL-34786',
        ),
        affected=(
            releases.Releases(
                component=Component.QEMU,
                since=V(8, 2),
                before=V(9, 0, 1),
                mended=(V(8, 2, 5),),
            ),
        ),
        releases_from=_(
            'the message of the commit says since 8.2; it is in the lists of '
            '8.2.5 and 9.0.1 (qemu-stable, 7 June 2024)'
        ),
        condition=conditions.disks_with_tls_and_iothreads,
        when=_('TLS, disks are copied, the guest has I/O threads'),
        effect=_('QEMU aborts; at the source that is the end of the guest'),
        kind=issue.Kind.REFUSE,
        remedy=_(
            'upgrade QEMU to 8.2.5, 9.0.1 or newer, and shut the guest down '
            'and start it again; if a distribution has mended its own, name '
            'this issue in [native_tls] ignored_known_issues'
        ),
        if_unknown=issue.IfUnknown.AFFECTED,
    ),
    issue.KnownIssue(
        id='disks-without-name',
        title=_(
            'libvirt 8.2 to 10.2 looks for no name at all in the certificate '
            'when disks are copied over parallel connections'
        ),
        references=(
            'https://libvirt.org/news.html (10.3.0)',
            'https://issues.redhat.com/browse/LIBVIRT-1113',
        ),
        affected=(
            releases.Releases(
                component=Component.LIBVIRT,
                end=End.SOURCE,
                since=V(8, 2),
                before=V(10, 3),
            ),
        ),
        releases_from=_(
            'libvirt 8.2.0 brought the name for disks, the release notes of '
            '10.3.0 tell of the correction'
        ),
        condition=conditions.disks_without_name,
        when=_(
            'TLS, disks are copied, parallel connections, no tls.destination: '
            'this project states one wherever it knows it'
        ),
        effect=_(
            '"Certificate does not match the hostname": nothing is migrated'
        ),
        kind=issue.Kind.REFUSE,
        remedy=_(
            'let the destination say its name, or set [libvirt] '
            'live_migration_inbound_addr there'
        ),
        if_unknown=issue.IfUnknown.AFFECTED,
    ),
)
