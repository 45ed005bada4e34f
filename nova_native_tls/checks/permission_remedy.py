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

"""What to type so that QEMU's user can reach and read a file."""

from __future__ import annotations

import shlex

from nova_native_tls._i18n import _
from nova_native_tls.host import path_walk
from nova_native_tls.host import permission
from nova_native_tls.host import qemu_user


def obstacle(
    walk: path_walk.Walk, user: qemu_user.QemuUser
) -> path_walk.Node | None:
    """Find what keeps QEMU's user from a file; None if permissions do not."""
    error, node = permission.obstacle(user.identity, walk)
    if node is not None:
        return node
    if error or walk.end is None:
        return None
    end = walk.end
    if permission.permits(user.identity, end, permission.READ):
        return None
    return end


def describe(node: path_walk.Node, user: qemu_user.QemuUser) -> str:
    """Say whose it is and who may do what with it."""
    return _(
        'owner %(uid)d, group %(gid)d, mode %(mode)04o%(acl)s do not let '
        '%(user)s (uid %(user_uid)d, gid %(user_gid)d) %(wish)s'
    ) % {
        'uid': node.uid,
        'gid': node.gid,
        'mode': node.mode & 0o7777,
        'acl': _(', with an ACL') if node.acl else '',
        'user': user.name,
        'user_uid': user.identity.uid,
        'user_gid': user.identity.gid,
        'wish': _('through') if node.is_directory else _('read it'),
    }


def command(node: path_walk.Node, user: qemu_user.QemuUser) -> str:
    """Write the command that opens it to QEMU's user, and to few others."""
    path = shlex.quote(node.path)
    wish = 'x' if node.is_directory else 'r'
    if user.identity.uid == node.uid:
        return f'chmod u+{wish} {path}'
    if node.acl:
        return f'setfacl -m u:{user.name}:{wish} {path}'
    if user.identity.is_in(node.gid):
        return f'chmod g+{wish} {path}'
    if node.is_directory:
        # Other users need its group as it is.
        return f'chmod o+{wish} {path}'
    return f'chgrp {user.group} {path} && chmod g+r {path}'
