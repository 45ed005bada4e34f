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


"""Known issues of the connections over which memory is sent."""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.migration.known_issues import conditions
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration import releases
from nova_native_tls.migration import versions

V = versions.Version
Component = releases.Component
End = releases.End

#: GnuTLS of who sends: only that end changes keys.
REKEY = releases.Releases(
    component=Component.GNUTLS, end=End.SOURCE, before=V(3, 8, 11)
)

#: QEMU of who sends: its thread that finds the pages.
BUSY_WAIT = releases.Releases(
    component=Component.QEMU, end=End.SOURCE, before=V(8, 1)
)

ISSUES: tuple[issue.KnownIssue, ...] = (
    issue.KnownIssue(
        id='rekey-crash',
        title=_(
            'QEMU loses a guest of which tens of GiB are sent over a single '
            'TLS connection'
        ),
        references=(
            'https://gitlab.com/gnutls/gnutls/-/issues/1717',
            'https://gitlab.com/qemu-project/qemu/-/issues/1937',
        ),
        affected=(REKEY,),
        releases_from=_(
            'reproduced with QEMU 7.2.22 and GnuTLS 3.7.9, and with QEMU '
            '10.0.13 and GnuTLS 3.8.9. QEMU 10.1 has a workaround that is '
            'switched off. GnuTLS 3.8.11 has the commit that closed #1717, '
            '1d830baac'
        ),
        condition=conditions.with_flags('TLS'),
        when=_('TLS 1.3 with AES, memory over one connection'),
        effect=_('the guest is lost on both hosts at the switch-over'),
        kind=issue.Kind.ELSEWHERE,
        handled_in='migration/rekey.py',
        remedy=_('leave [native_tls] rekey_crash at avoid'),
    ),
    issue.KnownIssue(
        id='tls-yank-abort',
        title=_('QEMU 6.0.0 aborts as soon as it migrates with TLS'),
        references=(
            'https://gitlab.com/qemu-project/qemu/-/commit/'
            '7de2e8565335c13fb3516cddbe2e40e366cce273',
        ),
        affected=(
            releases.Releases(
                component=Component.QEMU, since=V(6, 0), before=V(6, 0, 1)
            ),
        ),
        releases_from=_(
            'the commit is in QEMU 6.1, and in the list of 6.0.1 '
            '(qemu-stable, 19 October 2021)'
        ),
        condition=conditions.with_flags('TLS'),
        when=_('TLS'),
        effect=_('the guest is lost: QEMU aborts at both ends'),
        kind=issue.Kind.REFUSE,
        remedy=_(
            'install QEMU 6.0.1 or newer, and shut the guest down and start '
            'it again'
        ),
    ),
    issue.KnownIssue(
        id='tls-tunnelled',
        title=_('native TLS and tunnelling exclude each other'),
        references=(
            'src/qemu/qemu_migration.c of libvirt 9.0 to 11.3: nothing '
            'refuses it',
        ),
        releases_from=_(
            'libvirt 9.0, 10.0 and 11.3 take the name to verify from a union '
            'that then holds file descriptors. Seen: 9.0 ends with "failed to '
            'convert virJSONValue to yajl data", 11.3 with a crash'
        ),
        condition=conditions.with_flags('TLS', 'TUNNELLED'),
        when=_('TLS through a tunnel'),
        effect=_(
            'nobody knows which name is looked for in a certificate, and '
            'nothing is migrated: libvirt 9.0 fails, libvirt 11.3 crashes on '
            'the source, whose guests run on'
        ),
        kind=issue.Kind.REFUSE,
        remedy=_('set [libvirt] live_migration_tunnelled to false'),
    ),
    issue.KnownIssue(
        id='tls-zerocopy',
        title=_('zero-copy sends memory as it is and so cannot be encrypted'),
        references=(
            'migration/options.c of QEMU 10.2: "Zero copy only available for '
            'non-compressed non-TLS multifd migration"',
        ),
        releases_from=_('7.2.22, 10.0.13 and 10.2.2 refuse it'),
        condition=conditions.with_flags('TLS', 'ZEROCOPY'),
        when=_('TLS and zero-copy'),
        effect=_('QEMU refuses when the destination runs already'),
        kind=issue.Kind.REFUSE,
        remedy=_('drop zero-copy'),
    ),
    issue.KnownIssue(
        id='parallel-9.2.0',
        title=_(
            'QEMU 9.2.0 does not understand the parallel connections of a '
            'source before 9.0'
        ),
        references=(
            'https://gitlab.com/qemu-project/qemu/-/issues/2720',
            'https://gitlab.com/qemu-project/qemu/-/commit/'
            'b93d897ea2f0abbe7fc341a9ac176b5ecd0f3c93',
        ),
        affected=(
            releases.Releases(
                component=Component.QEMU, end=End.SOURCE, before=V(9, 0)
            ),
            releases.Releases(
                component=Component.QEMU,
                end=End.DESTINATION,
                since=V(9, 2),
                before=V(9, 2, 1),
            ),
        ),
        releases_from=_(
            'the message of the commit tells the releases; it is in the list '
            'of 9.2.1 (qemu-stable, 27 January 2025)'
        ),
        condition=conditions.with_flags('PARALLEL'),
        when=_('parallel connections'),
        effect=_('the migration fails, the guest stays where it is'),
        kind=issue.Kind.ADJUST,
        changes=issue.ONE_CONNECTION,
        remedy=_('upgrade QEMU on the destination to 9.2.1 or newer'),
    ),
    issue.KnownIssue(
        id='parallel-unclean-end',
        title=_(
            'QEMU from 10.0 takes the way in which an older source ends its '
            'TLS connections for an error'
        ),
        references=(
            'https://gitlab.com/qemu-project/qemu/-/commit/'
            '9b3b192f65b1cf635719a2981dd2d4b70892d2ec',
        ),
        affected=(
            releases.Releases(
                component=Component.QEMU, end=End.SOURCE, before=V(10, 0)
            ),
            releases.Releases(
                component=Component.QEMU, end=End.DESTINATION, since=V(10, 0)
            ),
        ),
        releases_from=_(
            'hw_compat_9_2 of QEMU 10.0.13 and 10.2.2 turns '
            'multifd-clean-tls-termination off for machines up to 9.2; those '
            'without a release in their type have nothing to go by'
        ),
        condition=conditions.parallel_without_releases,
        when=_(
            'TLS over parallel connections, machine isapc, microvm or none'
        ),
        effect=_(
            '"The TLS connection was non-properly terminated": the migration '
            'fails at its end, the guest stays where it is'
        ),
        kind=issue.Kind.ADJUST,
        changes=issue.ONE_CONNECTION,
        remedy=_('upgrade QEMU on the source to 10.0 or newer'),
    ),
    issue.KnownIssue(
        id='parallel-hang',
        title=_(
            'QEMU may not end a migration over parallel connections that is '
            'cancelled or that fails'
        ),
        references=(
            'migration/multifd.c of QEMU 7.2.22 and 10.0.13: '
            'multifd_send_sync_main waits for each thread that sends, and one '
            'that finds the migration over ends without waking it',
        ),
        affected=(
            releases.Releases(component=Component.QEMU, end=End.SOURCE),
        ),
        releases_from=_(
            'seen with 7.2.22, of those that are cancelled and of those that '
            'are refused, and with 10.0.13, of those that are refused; not '
            'seen with 11.1.3. In which release it ends is not known'
        ),
        condition=conditions.with_flags('PARALLEL'),
        when=_(
            'parallel connections, and the migration is cancelled, or the '
            'destination refuses or loses a connection'
        ),
        effect=_(
            'the migration never ends; the guest runs on where it is, and '
            'cannot be migrated again'
        ),
        kind=issue.Kind.ELSEWHERE,
        handled_in='migration/cancelling.py',
        remedy=_(
            'cancel by Nova, or by Ctrl-C of "nova-native-tls migrate", not '
            'with "virsh domjobabort"; have "host check" and "pair check" '
            'find what would be refused'
        ),
    ),
    issue.KnownIssue(
        id='parallel-busy-wait',
        title=_(
            'QEMU before 8.1 asks all the time whether a parallel connection '
            'is free'
        ),
        references=(
            'https://gitlab.com/qemu-project/qemu/-/commit/'
            'd2026ee117147893f8d80f060cede6d872ecbd7f',
        ),
        affected=(BUSY_WAIT,),
        releases_from=_(
            'seen with 7.2.22 and not with 10.0.13. The commit is of May '
            '2023, between 8.0 and 8.1'
        ),
        condition=conditions.with_flags('PARALLEL'),
        when=_('parallel connections, all of them busy'),
        effect=_('the migration uses one more processor of the source'),
        kind=issue.Kind.ELSEWHERE,
        handled_in='speed/choice.py',
        remedy=_(
            'upgrade QEMU on the source to 8.1 or newer; until then leave '
            '[native_tls] parallel at auto, which has more connections share '
            'with it'
        ),
    ),
)
