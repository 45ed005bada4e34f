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

"""Reads credentials as QEMU's user: becomes that user, and tries.

For root. Whatever decides about a read, mount options and file servers
included, decides here too; but AppArmor and SELinux confine QEMU, not this.
"""

from __future__ import annotations

import base64
import ctypes
import errno
import json
import os
import select
import signal
import time
from typing import Any

from nova_native_tls._i18n import _
from nova_native_tls.host import permission
from nova_native_tls.host import seen_files
from nova_native_tls.pki import credential_files
from nova_native_tls.pki import credential_set

#: Longer than any disk takes: a network's file server may never answer.
TIME_LIMIT_S = 10.0
#: It has nothing left to do but to end.
_END_LIMIT_S = 1.0
#: include/uapi/linux/capability.h
_CAPABILITY_VERSION_3 = 0x20080522


def read(
    directory: str,
    identity: permission.Identity,
    root: str = '',
    *,
    time_limit_s: float = TIME_LIMIT_S,
) -> seen_files.SeenFiles:
    """Look at all files of a directory; see ``seen_files.Reader``.

    :raises OSError: this process cannot become that user (it is not root's),
        or there was no answer in time.
    """
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        _answer(sending, directory, identity, root)
    os.close(sending)
    try:
        answer = json.loads(_all_of(receiving, time_limit_s))
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.close(receiving)
        _reap(child)
    if isinstance(answer, int):
        raise OSError(answer, os.strerror(answer), root + directory)
    return seen_files.SeenFiles(
        files={name: _from_plain(file) for name, file in answer.items()}
    )


def _answer(
    sending: int, directory: str, identity: permission.Identity, root: str
) -> None:
    """Be the child: never returns, runs no handler of the parent's."""
    status = 1
    try:
        try:
            _become(identity, root)
            seen = credential_files.read(directory)
            answer: Any = {
                name: _to_plain(file) for name, file in seen.files.items()
            }
        except OSError as err:
            answer = err.errno or errno.EIO
        with open(sending, 'wb') as pipe:
            pipe.write(json.dumps(answer).encode())
        status = 0
    finally:
        os._exit(status)


def _become(identity: permission.Identity, root: str) -> None:
    if root:
        os.chroot(root)
    os.chdir('/')
    os.setgroups(sorted(identity.groups))
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)
    if identity.uid == 0:
        # Root, as QEMU is root: without capabilities. Others lost them.
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        nothing = (ctypes.c_uint32 * 6)()
        if ctypes.CDLL(None, use_errno=True).capset(header, nothing):
            raise OSError(ctypes.get_errno(), 'capset')


def _to_plain(file: credential_set.File) -> list[Any]:
    return [
        None
        if file.content is None
        else base64.b64encode(file.content).decode(),
        file.stat_error,
        file.read_error,
        file.waits,
        file.too_large,
    ]


def _from_plain(plain: list[Any]) -> credential_set.File:
    content, stat_error, read_error, waits, too_large = plain
    return credential_set.File(
        content=None if content is None else base64.b64decode(content),
        stat_error=stat_error,
        read_error=read_error,
        waits=waits,
        too_large=too_large,
    )


def _all_of(receiving: int, time_limit_s: float) -> bytes:
    deadline = time.monotonic() + time_limit_s
    answer = bytearray()
    while True:
        left = max(0.0, deadline - time.monotonic())
        if not select.select([receiving], [], [], left)[0]:
            raise TimeoutError(
                errno.ETIMEDOUT,
                _('no answer within %d seconds') % time_limit_s,
            )
        chunk = os.read(receiving, 1024 * 1024)
        if not chunk:
            break
        answer += chunk
    if not answer:
        raise OSError(errno.EIO, _('the reading process broke'))
    return bytes(answer)


def _reap(child: int) -> None:
    """See the child end; one that a dead mount holds ends later."""
    deadline = time.monotonic() + _END_LIMIT_S
    while os.waitpid(child, os.WNOHANG)[0] != child:
        if time.monotonic() > deadline:
            return
        time.sleep(0.0005)
