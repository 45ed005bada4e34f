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

"""Who may read what of a host's identity."""

from __future__ import annotations

import dataclasses
import grp
import os
import pwd

from nova_native_tls.host import qemu_user
from nova_native_tls.store import durable

ROOT = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class IdentityAccess:
    """Permissions by what a file is.

    :ivar directory: of those that are made; one that is there stays as it is.
    """

    directory: durable.Access
    public: durable.Access
    key: durable.Access

    def of_sets(self, directory: str) -> durable.Access:
        """As open as the directory that they are in, if that is there."""
        try:
            there = os.stat(directory)
        except FileNotFoundError:
            return self.directory
        return durable.Access(
            mode=there.st_mode & 0o777, uid=there.st_uid, gid=there.st_gid
        )


def for_user(user: qemu_user.QemuUser) -> IdentityAccess:
    """Let QEMU's user read everything, and nobody else the key.

    Through a group that has no other member, so that QEMU can read but not
    change it; where there is none, the key is the user's own.
    """
    own_group = next(
        (gid for gid in _groups(user) if _is_only_of(gid, user)), None
    )
    if own_group is None:
        key = durable.Access(
            mode=0o400, uid=user.identity.uid, gid=user.identity.gid
        )
    else:
        key = durable.Access(mode=0o640, uid=ROOT, gid=own_group)
    return IdentityAccess(
        directory=durable.Access(mode=0o755, uid=ROOT, gid=ROOT)
        if own_group is None
        else durable.Access(mode=0o750, uid=ROOT, gid=own_group),
        public=durable.Access(mode=0o644, uid=ROOT, gid=ROOT),
        key=key,
    )


def _groups(user: qemu_user.QemuUser) -> list[int]:
    """List its groups; first what was made for it, which nobody joins."""
    every = [user.identity.gid, *sorted(user.identity.groups)]
    try:
        named = grp.getgrnam(user.name).gr_gid
    except KeyError:
        return every
    return sorted(every, key=lambda gid: gid != named)


def _is_only_of(gid: int, user: qemu_user.QemuUser) -> bool:
    """Tell whether nobody else is in a group, as far as can be listed."""
    if gid == ROOT:
        return False
    try:
        members = set(grp.getgrgid(gid).gr_mem)
    except KeyError:
        # It has no name, so nobody can have been put into it.
        members = set()
    members |= {
        entry.pw_name for entry in pwd.getpwall() if entry.pw_gid == gid
    }
    return members <= {user.name}
