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

"""How long an example may work, and how much memory it may take."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import faulthandler
import resource
import signal
import sys
from typing import Any

#: Far more processor time than any input of these tests needs.
CPU_S = 10.0
#: More memory than any of them needs, on top of what is in use.
MEMORY_MIB = 256
#: When a library does not come back, nothing but this ends the process.
_GIVE_UP_S = 300


class TooLong(AssertionError):
    """An input keeps the processor busy."""


@contextlib.contextmanager
def bounded(
    *, cpu_s: float = CPU_S, memory_mib: int = MEMORY_MIB
) -> Iterator[None]:
    """Raise TooLong or MemoryError in what takes too much.

    Only in the main thread, as signals are only handled there.
    """
    handler = signal.signal(signal.SIGPROF, _too_long)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    assert sys.__stderr__ is not None
    faulthandler.dump_traceback_later(
        _GIVE_UP_S, exit=True, file=sys.__stderr__.fileno()
    )
    resource.setrlimit(
        resource.RLIMIT_AS, (_in_use() + memory_mib * 1024 * 1024, hard)
    )
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGPROF, handler)


def _too_long(_number: int, _frame: Any) -> None:
    raise TooLong('this input keeps the processor busy')


def _in_use() -> int:
    with open('/proc/self/statm', encoding='ascii') as sizes:
        return int(sizes.read().split()[0]) * resource.getpagesize()
