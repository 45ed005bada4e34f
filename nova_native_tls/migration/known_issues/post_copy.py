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


"""Known issues of post-copy."""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.migration.known_issues import conditions
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration import releases
from nova_native_tls.migration import versions

V = versions.Version
Component = releases.Component
End = releases.End

_RESUME = releases.Releases(
    component=Component.LIBVIRT, since=V(11, 2), before=V(11, 4)
)
_RESUME_FROM = _('the release notes of libvirt 11.4.0')
_RESUME_TITLE = _(
    'libvirt 11.2 and 11.3 crash when a failed post-copy is resumed'
)
_RESUME_REFERENCES = ('https://libvirt.org/news.html (11.4.0)',)

ISSUES: tuple[issue.KnownIssue, ...] = (
    issue.KnownIssue(
        id='post-copy-parallel',
        title=_('QEMU before 10.1 has no post-copy over parallel connections'),
        references=(
            'https://wiki.qemu.org/ChangeLog/10.1 (Migration)',
            'migration/options.c of QEMU 8.2 to 10.0: "Postcopy is not yet '
            'compatible with multifd"',
        ),
        affected=(
            releases.Releases(component=Component.QEMU, before=V(10, 1)),
        ),
        releases_from=_(
            '8.2.2 and 10.0.13 refuse it. 7.2.22 does not look, and sends '
            'pages over two ways that nobody has made to fit'
        ),
        condition=conditions.with_flags('POSTCOPY', 'PARALLEL'),
        when=_('post-copy permitted, parallel connections'),
        effect=_(
            'QEMU refuses, or, before 8.0, the guest is at risk after the '
            'switch-over'
        ),
        kind=issue.Kind.REFUSE,
        remedy=_(
            'set [libvirt] live_migration_permit_post_copy to false, or '
            'live_migration_parallel_connections to 1'
        ),
        if_unknown=issue.IfUnknown.WARN,
    ),
    # The source opens one connection more, for the pages that the guest waits
    # for, and nothing is sent over it before post-copy. From 8.0 it does so
    # when all others are there; for older machines, as 7.2 needs it, together
    # with them. The destination takes whatever comes second for a parallel
    # connection, and waits in its main thread for what tells it which.
    issue.KnownIssue(
        id='post-copy-parallel-hang',
        title=_(
            'QEMU from 10.1 may wait for ever when a guest whose machine is '
            'older than 8.0 is migrated with post-copy over parallel '
            'connections'
        ),
        references=(
            'migration/migration.c of QEMU 10.2, migration_connect: '
            'preempt_pre_7_2; hw/core/machine.c: hw_compat_7_2',
            'migration/channel.c of QEMU 11, migration_channel_identify; '
            'before it migration_ioc_process_incoming in migration.c',
            'https://gitlab.com/qemu-project/qemu/-/commit/'
            'e27418861288285d20352448fef4491a68223d39',
        ),
        affected=tuple(
            releases.Releases(
                component=Component.QEMU, end=end, since=V(10, 1)
            )
            for end in (End.SOURCE, End.DESTINATION)
        ),
        releases_from=_(
            'seen with 11.1.3 and libvirt 12.8, with TLS and without, mostly '
            'with a machine of 7.2 (14 of 18) and never with one of 11.1; '
            'the sources have the same order since 10.1, the first that '
            'permits both. No release that mends it is known, and what is '
            'written for a later one does so without TLS only. libvirt opens '
            'the connection in question from 10.0 on'
        ),
        condition=conditions.post_copy_with_urgent_pages_at_once,
        when=_(
            'post-copy permitted, parallel connections, machine of a release '
            'before 8.0'
        ),
        effect=_(
            'the migration never ends, nor can it be cancelled as long as the '
            "destination's QEMU is there; the guest runs on where it is"
        ),
        kind=issue.Kind.ADJUST,
        changes=issue.ONE_CONNECTION,
        remedy=_(
            'set [libvirt] live_migration_permit_post_copy to false, or give '
            'the guest a machine of 8.0 or newer'
        ),
        if_unknown=issue.IfUnknown.WARN,
    ),
    issue.KnownIssue(
        id='post-copy-resume-crash',
        title=_RESUME_TITLE,
        references=_RESUME_REFERENCES,
        affected=(_RESUME,),
        releases_from=_RESUME_FROM,
        condition=conditions.with_flags('POSTCOPY_RESUME'),
        when=_('a failed post-copy is to be resumed'),
        effect=_('the daemon crashes; the guest stays stopped'),
        kind=issue.Kind.REFUSE,
        remedy=_('upgrade libvirt to 11.4 or newer, the guest waits as it is'),
    ),
    issue.KnownIssue(
        id='post-copy-without-resume',
        title=_RESUME_TITLE,
        references=_RESUME_REFERENCES,
        affected=(_RESUME,),
        releases_from=_RESUME_FROM,
        condition=conditions.with_flags('POSTCOPY'),
        when=_('post-copy permitted'),
        effect=_(
            'a guest whose network fails in post-copy cannot be rescued with '
            'this libvirt'
        ),
        kind=issue.Kind.WARN,
        remedy=_(
            'upgrade libvirt to 11.4 or newer; should the network fail in '
            'post-copy, upgrade before "virsh migrate --postcopy-resume"'
        ),
    ),
)
