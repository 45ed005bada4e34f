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

"""Reads a host's credential files: bounded in size, never waiting."""

from __future__ import annotations

import errno
import os
import stat
import time

from nova_native_tls.pki import credential_set
from nova_native_tls.pki import pem

#: QEMU has no limit, and looks for PEM blocks in whatever it reads. A larger
#: file is read as far as this, and only its blocks are kept.
READ_MAX = 64 * 1024 * 1024
#: What is kept of one file: thousands of certificates.
KEPT_MAX = 4 * 1024 * 1024
#: As long as files are kept closed to readers, and more: see store/swap.py.
LEASED_S = 3.0
_LEASE_POLL_S = 0.01


def read(
    directory: str, *, passphrase: str | None = None
) -> credential_set.CredentialSet:
    """Read everything that QEMU may look at, as the user that asks.

    Whatever is wrong with a file is part of the answer. It says nothing about
    what another user, or QEMU behind AppArmor or in its own mount namespace,
    could read.

    :param passphrase: of encrypted keys, which libvirt has as a secret.
    """
    return credential_set.CredentialSet(
        directory=directory,
        passphrase=passphrase,
        files={
            name: read_file(os.path.join(directory, name))
            for name in credential_set.NAMES
        },
    )


def read_file(path: str) -> credential_set.File:
    """Read one file; see ``read``."""
    try:
        kind = os.stat(path).st_mode
    except OSError as err:
        return credential_set.File(stat_error=err.errno or errno.EIO)
    except ValueError:
        # A path that no system call takes.
        return credential_set.File(stat_error=errno.EINVAL)
    if stat.S_ISFIFO(kind):
        return credential_set.File(waits=True)
    try:
        return _content(path)
    except OSError as err:
        return credential_set.File(read_error=err.errno or errno.EIO)


def open_without_waiting(path: str, flags: int) -> int:
    """Open for ``open(..., opener=)``, whatever stands there.

    What was a file a moment ago may be a FIFO or a terminal by now. While the
    files are replaced, for a fraction of a second, nobody can open them.
    """
    flags |= os.O_NONBLOCK | os.O_NOCTTY
    deadline = time.monotonic() + LEASED_S
    while True:
        try:
            return os.open(path, flags)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_LEASE_POLL_S)


def _content(path: str) -> credential_set.File:
    with open(path, 'rb', buffering=0, opener=open_without_waiting) as file:
        content = bytearray()
        while chunk := file.read(1024 * 1024):
            content += chunk
            if len(content) > READ_MAX:
                return credential_set.File(too_large=True)
    if len(content) > KEPT_MAX:
        return credential_set.File(content=pem.pack(content, at_most=KEPT_MAX))
    return credential_set.File(content=bytes(content))
