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

"""Keeps one thread of a process from running, as if it had gone.

So is shown what becomes of the others that wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import ctypes
import os
import threading

from tests.lab.harness import errors
from tests.lab.harness.node import qemu_thread

#: linux/ptrace.h
_PTRACE_SEIZE, _PTRACE_INTERRUPT, _PTRACE_DETACH = 0x4206, 0x4207, 17
#: Also for what is no child of ours (linux/wait.h).
_WALL = 0x40000000

_POLL_S = 0.05
_TIMEOUT_S = 10.0


@contextlib.contextmanager
def stopped(thread: qemu_thread.Thread) -> Iterator[None]:
    """Stop a thread, which runs on afterwards if it can.

    :raises LabError: it cannot be stopped.
    """
    begun, enough = threading.Event(), threading.Event()
    # What is traced belongs to the thread that traces it, and what ends
    # meanwhile has to be waited for.
    holder = threading.Thread(target=_hold, args=(thread.id, begun, enough))
    holder.start()
    try:
        if not begun.wait(_TIMEOUT_S):
            raise errors.LabError(f'Thread {thread.id} was not stopped.')
        yield
    finally:
        enough.set()
        holder.join()


def _hold(
    thread_id: int, begun: threading.Event, enough: threading.Event
) -> None:
    _ptrace(_PTRACE_SEIZE, thread_id)
    _ptrace(_PTRACE_INTERRUPT, thread_id)
    os.waitpid(thread_id, _WALL)
    begun.set()
    while not enough.wait(_POLL_S):
        waited, status = os.waitpid(thread_id, _WALL | os.WNOHANG)
        if waited and not os.WIFSTOPPED(status):
            return
    _ptrace(_PTRACE_DETACH, thread_id)


def _ptrace(request: int, thread_id: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.restype = ctypes.c_long
    none = ctypes.c_void_p()
    if libc.ptrace(ctypes.c_long(request), thread_id, none, none) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
