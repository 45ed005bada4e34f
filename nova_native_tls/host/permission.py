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

"""May a user reach a file, and read it? Computed, as the kernel decides it.

fs/namei.c (acl_permission_check, may_follow_link) and fs/posix_acl.c
(posix_acl_permission) of Linux 6.1. Not computed: AppArmor and SELinux,
mount options, and what a network's file server thinks of it.
"""

from __future__ import annotations

import dataclasses
import errno
import stat

from nova_native_tls.host import path_walk
from nova_native_tls.host import posix_acl

READ = 4
SEARCH = 1
_PROTECTED = stat.S_ISVTX | stat.S_IWOTH


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """Who asks; without any capability, also as root.

    libvirt takes QEMU's capabilities away, whoever it runs as
    (clear_emulator_capabilities in qemu.conf, on by default).
    """

    uid: int
    gid: int
    groups: frozenset[int] = frozenset()

    def is_in(self, gid: int) -> bool:
        """Tell whether a group is one of its own."""
        return gid == self.gid or gid in self.groups


def permits(identity: Identity, node: path_walk.Node, wanted: int) -> bool:
    """Tell whether a file's or directory's permissions suffice.

    :param wanted: ``READ`` or ``SEARCH``.
    """
    mode = node.mode
    if identity.uid == node.uid:
        return not wanted & ~(mode >> 6)
    if node.acl and mode & stat.S_IRWXG:
        return _by_list(identity, node, wanted)
    if identity.is_in(node.gid):
        mode >>= 3
    return not wanted & ~mode


def _by_list(identity: Identity, node: path_walk.Node, wanted: int) -> bool:
    mask = 7
    other = 0
    users, groups = [], []
    for entry in node.acl:
        if entry.tag is posix_acl.Tag.MASK:
            mask = entry.permissions
        elif entry.tag is posix_acl.Tag.OTHER:
            other = entry.permissions
        elif entry.tag is posix_acl.Tag.USER and entry.who == identity.uid:
            users.append(entry.permissions)
        elif (
            entry.tag is posix_acl.Tag.OWNING_GROUP
            and identity.is_in(node.gid)
        ) or (entry.tag is posix_acl.Tag.GROUP and identity.is_in(entry.who)):
            groups.append(entry.permissions)
    if users:
        return not wanted & ~(users[0] & mask)
    if groups:
        # The first that grants it counts; the others grant nothing then.
        return any(not wanted & ~granted for granted in groups) and (
            not wanted & ~mask
        )
    return not wanted & ~other


def obstacle(
    identity: Identity, walk: path_walk.Walk, *, protected_links: bool = False
) -> tuple[int, path_walk.Node | None]:
    """Go the same way as somebody else.

    :param protected_links: /proc/sys/fs/protected_symlinks is 1.
    :returns: errno, and the node at which it happens if one refuses; 0 and
        None if the file is reached, which does not say that it is readable.
    """
    for step in walk.steps:
        if step.act is path_walk.Act.SEARCH:
            if not permits(identity, step.node, SEARCH):
                return errno.EACCES, step.node
        elif (
            step.act is path_walk.Act.FOLLOW
            and protected_links
            and not _may_follow(identity, step)
        ):
            return errno.EACCES, step.node
    return walk.error, None


def _may_follow(identity: Identity, step: path_walk.Step) -> bool:
    """In a directory such as /tmp only one's own links, and its owner's."""
    parent = step.parent
    return (
        identity.uid == step.node.uid
        or parent is None
        or parent.mode & _PROTECTED != _PROTECTED
        or parent.uid == step.node.uid
    )
