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

"""What time it is, as far as GnuTLS is concerned."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import ctypes
import threading

from nova_native_tls.pki.gnutls import library

_lock = threading.RLock()


@contextlib.contextmanager
def at(timestamp: int | None) -> Iterator[None]:
    """Let GnuTLS believe that it is another time.

    This holds for the whole process, other threads included: only a command
    that does nothing else should ask for a time.

    :param timestamp: seconds since 1970, UTC; None leaves everything alone.
    """
    if timestamp is None:
        yield
        return
    then = library.TIME_FUNCTION(lambda _pointer: timestamp)
    system = ctypes.CDLL(None)
    now = ctypes.cast(system.time, library.TIME_FUNCTION)
    set_function = library.function('global_set_time_function')
    with _lock:
        set_function(then)
        try:
            yield
        finally:
            set_function(now)
