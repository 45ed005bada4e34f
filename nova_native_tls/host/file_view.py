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

"""Reads small files as another process would find them."""

from __future__ import annotations

import errno
import os
import stat

from nova_native_tls.host import path_walk
from nova_native_tls.pki import credential_files


class FileView:
    """Files below one root.

    :ivar root: what the paths begin with, seen from here.
    """

    def __init__(self, root: str = '') -> None:
        self.root = root
        self.walker = path_walk.Walker(root)

    def real(self, path: str) -> str:
        """Find a file's path as this process has it.

        :raises OSError: there is no such file.
        """
        walk = self.walker.walk(path)
        if walk.end is None:
            raise OSError(walk.error, os.strerror(walk.error), path)
        return self.walker.real(walk.end)

    def read(self, path: str, max_bytes: int) -> bytes:
        """Read a regular file whole.

        :raises OSError: it is none, cannot be read, or is longer.
        """
        real = self.real(path)
        with open(
            real, 'rb', opener=credential_files.open_without_waiting
        ) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
            content = file.read(max_bytes + 1)
        if len(content) > max_bytes:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        return content
