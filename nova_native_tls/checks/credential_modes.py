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

"""Can others read this host's private keys, or replace its credentials?"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import stat

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.host import path_walk
from nova_native_tls.host import permission
from nova_native_tls.host import posix_acl
from nova_native_tls.host import unseen

ROOT = 0
_OTHERS_WRITE = stat.S_IWOTH


class CredentialModesCheck(host_check.HostCheck):
    """Warns of what QEMU does not mind, but an operator should."""

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Look at the keys, and at everything on the way to the files."""
        user = host.seen.user
        if isinstance(user, unseen.Unseen):
            yield host.unseen('modes.not-looked-at', user)
            return
        found = [
            *_readable_keys(host, user.identity),
            *_replaceable(host, user.identity),
        ]
        yield from found
        if not found:
            yield host.success(
                'modes.closed', _('only root and QEMU get at private keys')
            )


def _readable_keys(
    host: host_check.Host, identity: permission.Identity
) -> Iterator[host_check.Finding]:
    for name, walk in sorted(host.seen.walks.items()):
        key = walk.end
        if key is None or '-key' not in name:
            continue
        if others := _readers(key, identity):
            yield host.warning(
                f'{name.removesuffix(".pem")}.too-open',
                _('%(who)s may read it (mode %(mode)04o)')
                % {'who': others, 'mode': key.mode & 0o7777},
                wanted=_("a private key for root and QEMU's user only"),
                remedy=_('run "%s"') % _close(key, identity),
                file=key.path,
            )


def _readers(key: path_walk.Node, identity: permission.Identity) -> str:
    if key.mode & stat.S_IROTH:
        return _('everybody')
    strangers = [
        entry
        for entry in key.acl
        if entry.permissions & permission.READ
        and (
            (
                entry.tag is posix_acl.Tag.USER
                and entry.who not in (ROOT, identity.uid)
            )
            or (
                entry.tag is posix_acl.Tag.GROUP
                and entry.who != ROOT
                and not identity.is_in(entry.who)
            )
        )
    ]
    if strangers and key.mode & stat.S_IRGRP:
        return _('somebody else, by its ACL,')
    if (
        not key.acl
        and key.mode & stat.S_IRGRP
        and key.gid != ROOT
        and not identity.is_in(key.gid)
    ):
        return _('group %d') % key.gid
    return ''


def _close(key: path_walk.Node, identity: permission.Identity) -> str:
    if key.acl:
        return f'setfacl -b {key.path} && chmod 0640 {key.path}'
    if identity.uid == key.uid or permission.permits(
        # Who needs no more than what the group, or the owner, may do.
        identity,
        _without_others(key),
        permission.READ,
    ):
        mode = '0600' if not identity.is_in(key.gid) else '0640'
        return f'chmod {mode} {key.path}'
    return f'chgrp {identity.gid} {key.path} && chmod 0640 {key.path}'


def _without_others(node: path_walk.Node) -> path_walk.Node:
    return dataclasses.replace(node, mode=node.mode & ~0o007)


def _replaceable(
    host: host_check.Host, identity: permission.Identity
) -> Iterator[host_check.Finding]:
    nodes = {
        node.path: node
        for walk in host.seen.walks.values()
        for node in walk.nodes
    }
    for path, node in sorted(nodes.items()):
        if node.uid not in (ROOT, identity.uid):
            yield host.warning(
                'modes.foreign-owner',
                _('it belongs to user %d, who can replace what is there')
                % node.uid,
                wanted=_('files of root'),
                remedy=_('run "chown -h root %s"') % path,
                file=path,
            )
        sticky = node.is_directory and node.mode & stat.S_ISVTX
        if node.mode & _OTHERS_WRITE and not node.is_link and not sticky:
            yield host.warning(
                'modes.writable',
                _('everybody may write to it (mode %04o)')
                % (node.mode & 0o7777),
                wanted=_('that only root may'),
                remedy=_('run "chmod o-w %s"') % path,
                file=path,
            )
