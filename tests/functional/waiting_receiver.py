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

"""Sends over a TLS 1.3 connection while a thread waits for an answer.

Run by its path, in a process of its own, because a broken library may end
it. It is how QEMU uses GnuTLS for a migration over one connection: one thread
sends memory, another waits for what the destination has to say, which comes
when the key was changed. Prints a line of JSON: the library's version, and
what came of the three answers.
"""

from __future__ import annotations

import ctypes
import json
import socket
import sys
import threading

SERVER, CLIENT = 1, 2
CRD_PSK = 4
KEY_RAW = 0
E_AGAIN, E_INTERRUPTED = -28, -52
KEY = b'k' * 16
ANSWERS = b'abc'
#: Without the cipher whose key GnuTLS never changes by itself.
PRIORITY = (
    b'NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK:+DHE-PSK:+PSK'
    b':-CHACHA20-POLY1305'
)

gnutls = ctypes.CDLL('libgnutls.so.30')
gnutls.gnutls_strerror.restype = ctypes.c_char_p
gnutls.gnutls_check_version.restype = ctypes.c_char_p
gnutls.gnutls_malloc = ctypes.cast(
    ctypes.c_void_p.in_dll(gnutls, 'gnutls_malloc').value,
    ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t),
)


class Datum(ctypes.Structure):
    """gnutls_datum_t."""

    _fields_ = [('data', ctypes.c_void_p), ('size', ctypes.c_uint)]


@ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(Datum)
)
def give_key(_session: int, _user: bytes, key: ctypes._Pointer[Datum]) -> int:
    """Give the server the key, in memory that it frees."""
    key.contents.data = gnutls.gnutls_malloc(len(KEY))
    key.contents.size = len(KEY)
    ctypes.memmove(key.contents.data, KEY, len(KEY))
    return 0


def session(end: int, connection: socket.socket) -> ctypes.c_void_p:
    """Make one end."""
    made, credentials = ctypes.c_void_p(), ctypes.c_void_p()
    gnutls.gnutls_init(ctypes.byref(made), end)
    gnutls.gnutls_priority_set_direct(made, PRIORITY, None)
    at = ctypes.byref(credentials)
    if end == SERVER:
        gnutls.gnutls_psk_allocate_server_credentials(at)
        gnutls.gnutls_psk_set_server_credentials_function(
            credentials, give_key
        )
    else:
        gnutls.gnutls_psk_allocate_client_credentials(at)
        pointer = ctypes.cast(ctypes.c_char_p(KEY), ctypes.c_void_p)
        gnutls.gnutls_psk_set_client_credentials(
            credentials,
            b'user',
            ctypes.byref(Datum(pointer, len(KEY))),
            KEY_RAW,
        )
    gnutls.gnutls_credentials_set(made, CRD_PSK, credentials)
    gnutls.gnutls_transport_set_int2(
        made, connection.fileno(), connection.fileno()
    )
    return made


def until_done(function: object, *arguments: object) -> int:
    """Call until it is more than an interruption."""
    while True:
        code: int = function(*arguments)  # type: ignore[operator]
        if code not in (E_AGAIN, E_INTERRUPTED):
            return code


def receive(end: ctypes.c_void_p) -> str:
    """Receive a record: what was in it, or GnuTLS's sentence."""
    buffer = ctypes.create_string_buffer(64)
    code = until_done(gnutls.gnutls_record_recv, end, buffer, len(buffer))
    if code < 0:
        text: bytes = gnutls.gnutls_strerror(code)
        return text.decode()
    return buffer.raw[:code].decode()


def main() -> None:
    """Be both ends of a migration."""
    ours, theirs = socket.socketpair()
    source, destination = session(CLIENT, ours), session(SERVER, theirs)
    other = threading.Thread(
        target=until_done, args=(gnutls.gnutls_handshake, destination)
    )
    other.start()
    until_done(gnutls.gnutls_handshake, source)
    other.join()
    heard: list[str] = []
    waiting = threading.Event()

    def listen() -> None:
        # The first answer tells that this thread waits for the second.
        heard.append(receive(source))
        waiting.set()
        heard.extend(receive(source) for _ in ANSWERS[1:])

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()

    def answer(text: bytes) -> None:
        gnutls.gnutls_record_send(destination, text, 1)

    answer(ANSWERS[:1])
    waiting.wait()
    # The thread has only to get from one call into the next.
    while not _sleeps(listener):
        pass
    gnutls.gnutls_session_key_update(source, 0)
    gnutls.gnutls_record_send(source, b'page', 4)
    receive(destination)
    for number in ANSWERS[1:]:
        answer(bytes([number]))
    listener.join(30)
    print(
        json.dumps(
            {
                'version': gnutls.gnutls_check_version(None).decode(),
                'heard': heard,
            }
        )
    )


def _sleeps(thread: threading.Thread) -> bool:
    """Tell whether a thread waits in the kernel."""
    with open(f'/proc/self/task/{thread.native_id}/stat') as stat:
        return stat.read().rpartition(')')[2].split()[0] == 'S'


if __name__ == '__main__':
    main()
    sys.stdout.flush()
