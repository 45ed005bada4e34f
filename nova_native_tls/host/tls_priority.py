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

"""Which TLS priority does this host's QEMU have by itself?

Distributions build QEMU with one (configure --tls-priority): Red Hat's asks
GnuTLS for what the crypto policies of the system allow, the others say NORMAL.
QEMU tells it to nobody, but the words are in its programs. Up to 10.1 they
end in +ANON-DH there, which is for other credentials.
"""

from __future__ import annotations

import os

from nova_native_tls.host import file_view
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki.gnutls import priority

ORDINARY = 'NORMAL'
#: Of all others nobody has heard.
_OF_SYSTEM = '@QEMU,SYSTEM'
#: Built from the same sources at the same time as the emulator, and small.
_PROGRAM = '/usr/bin/qemu-img'
_PROGRAM_MAX = 64 * 1024 * 1024

#: Which file, as it was when it was read -> what it was built with.
_read: dict[tuple[str, int, int, int], str] = {}


def find(files: file_view.FileView) -> str:
    """Give what QEMU uses where qemu.conf names nothing.

    It is NORMAL where no program can be read, and where the GnuTLS of this
    process has no such policies: it is another one than QEMU's then, and what
    they forbid is not known here.
    """
    try:
        path = files.real(_PROGRAM)
        state = os.stat(path)
        key = (path, state.st_ino, state.st_mtime_ns, state.st_size)
        if key not in _read:
            content = files.read(_PROGRAM, _PROGRAM_MAX)
            of_system = _OF_SYSTEM.encode() in content
            _read.clear()
            _read[key] = _OF_SYSTEM if of_system else ORDINARY
        found = _read[key]
        return found if priority.is_known(found) else ORDINARY
    except (OSError, library.LibraryMissing):
        return ORDINARY
