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

"""Data through a TLS connection, one record at a time, and nothing else.

What is called here is called many thousand times for a measurement, for some
microseconds each, and never waits. So other threads of this process have to
wait that long: to let them run each time would make it many times slower
while they have work to do.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any

from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki.gnutls import session

#: What one record can carry (RFC 8446, 5.1).
RECORD_BYTES_MAX = 16384

_CALL = ctypes.PYFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t
)


def send(
    end: session.Session, address: int, *, record_bytes: int, count: int
) -> None:
    """Send memory that lies at an address.

    :param end: its handshake is done, its connection has room for it all.
    :param record_bytes: how much of it goes into each record.
    :raises library.Failed: it was not sent.
    """
    call, handle = _function('record_send'), end.handle
    past = address + record_bytes * count
    for each in range(address, past, record_bytes):
        sent = call(handle, each, record_bytes)
        if sent != record_bytes:
            raise library.Failed(code=_code(sent))


def receive(
    end: session.Session, address: int, *, record_bytes: int, count: int
) -> None:
    """Receive what ``send`` sent, and put it into memory at an address.

    :raises library.Failed: it did not come.
    """
    call, handle = _function('record_recv'), end.handle
    past = address + record_bytes * count
    for each in range(address, past, record_bytes):
        received = call(handle, each, record_bytes)
        if received != record_bytes:
            raise library.Failed(code=_code(received))


def do_nothing(address: int, *, record_bytes: int, count: int) -> None:
    """Call a function as often, with as many arguments, that does nothing.

    What that takes is Python's own share of what the others take.
    """
    call = _do_nothing
    past = address + record_bytes * count
    for each in range(address, past, record_bytes):
        done = call(address, each, 0)
        if done != 0:
            raise library.Failed(code=done)


@functools.cache
def _function(name: str) -> Any:
    found = ctypes.cast(library.function(name), ctypes.c_void_p)
    assert found.value is not None
    return _CALL(found.value)


#: memcmp() of no bytes.
_do_nothing = _CALL(('memcmp', ctypes.PyDLL(None)))


def _code(answered: int) -> int:
    # Less than a record, or the end, is as bad as an error here.
    return answered if answered < 0 else library.E_AGAIN
