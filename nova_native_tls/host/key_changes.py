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

"""Is GnuTLS in a guest's QEMU one that never changes a key as it should not?

QEMU loses a guest whose migration goes on for long over one connection
(``migration.rekey``), unless the library that it has loaded is mended, or is
asked for nothing whose keys it changes.
"""

from __future__ import annotations

import os

from nova_native_tls import exception
from nova_native_tls.host import file_view
from nova_native_tls.migration.known_issues import memory
from nova_native_tls.migration import versions
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki.gnutls import priority as gnutls_priority


def is_safe(
    files: file_view.FileView, *, started_at: float | None, priority: str
) -> bool:
    """Tell whether that is certain.

    What is mapped by a process of another user only some may see. But what
    was there before QEMU was started is what it has.

    :param files: those that QEMU has.
    :param started_at: when it was started, in seconds since 1970; None if
        nobody knows.
    :param priority: what it asks GnuTLS for.
    """
    try:
        if not gnutls_priority.changes_keys(priority):
            # The system's configuration counts, too, and is read once.
            return _has_configuration(files, started_at)
        version = versions.Version.parse(library.version())
        return not memory.REKEY.include(version) and _has(
            files, library.path(), started_at
        )
    except (OSError, exception.NativeTLSError):
        return False


def _has_configuration(
    files: file_view.FileView, started_at: float | None
) -> bool:
    path = library.configuration()
    try:
        return _has(files, path, started_at)
    except FileNotFoundError:
        return not os.path.exists(path)


def _has(
    files: file_view.FileView, path: str, started_at: float | None
) -> bool:
    """Tell whether QEMU has the same file as this process.

    Replacing a file, even by an older one, gives it a new inode and time.

    :raises OSError: there is no such file.
    """
    seen = os.stat(files.real(path))
    return (
        started_at is not None
        and os.path.samestat(seen, os.stat(path))
        and seen.st_ctime < started_at
    )
