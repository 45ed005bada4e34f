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

"""Reads credentials for QEMU's user: computes what that user may read.

For a process that may read everything but cannot become somebody else, as
Nova's privileged helper.
"""

from __future__ import annotations

import errno
import stat

from nova_native_tls.host import path_walk
from nova_native_tls.host import permission
from nova_native_tls.host import seen_files
from nova_native_tls.pki import credential_files
from nova_native_tls.pki import credential_set

PROTECTED_SYMLINKS = '/proc/sys/fs/protected_symlinks'


def read(
    directory: str, identity: permission.Identity, root: str = ''
) -> seen_files.SeenFiles:
    """Look at all files of a directory; see ``seen_files.Reader``."""
    walker = path_walk.Walker(root)
    protected = _links_are_protected()
    files, unseen = {}, {}
    for name in credential_set.NAMES:
        walk = walker.walk(f'{directory}/{name}')
        if walk.unseen:
            unseen[name] = walk.unseen
            continue
        error, _node = permission.obstacle(
            identity, walk, protected_links=protected
        )
        if error or walk.end is None:
            files[name] = credential_set.File(stat_error=error)
            continue
        file = credential_files.read_file(root + walk.end.path)
        may_read = permission.permits(identity, walk.end, permission.READ)
        if not may_read and not stat.S_ISFIFO(walk.end.mode):
            file = credential_set.File(read_error=errno.EACCES)
        elif not file.permitted:
            unseen[name] = f'{root}{walk.end.path}: {file.problem()}'
            continue
        files[name] = file
    return seen_files.SeenFiles(files=files, unseen=unseen)


def _links_are_protected() -> bool:
    try:
        with open(PROTECTED_SYMLINKS, encoding='ascii') as setting:
            return setting.read().strip() == '1'
    except OSError:
        return False
