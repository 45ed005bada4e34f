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

"""How much CPU time TLS takes here, as QEMU uses it.

Two ends in one thread, joined by a pair of sockets, with the library that
QEMU uses: what they take in turn is counted apart, and only while they run,
so that other work on the host counts for little.

Compared with QEMU 10.0.13 and GnuTLS 3.8.9, which migrated 1500 MiB over two
connections on the same machine (CPU seconds per GiB, source and destination):
TLS took 1.12 and 1.64, this says 1.07 and 1.55; TLS with zlib at level 0 took
1.16 and 1.27, this and ``packing_rate`` say 1.02 and 1.36. TCP over the
loopback interface would come out too dear for who sends and too cheap for who
receives. What a network card takes is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import ctypes
import datetime
import mmap
import os
import socket
import time

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509

from nova_native_tls.pki.gnutls import credentials
from nova_native_tls.pki.gnutls import records
from nova_native_tls.pki.gnutls import session
from nova_native_tls.speed import costs

#: What QEMU takes besides, in CPU seconds per GiB: it finds pages, and its
#: threads wait for each other and get woken. It is what was left over in the
#: comparison above, with records of both sizes.
QEMU_SENDS_S_PER_GIB = 0.3
QEMU_RECEIVES_S_PER_GIB = 0.65

#: Fits into the buffer that a pair of sockets has by default (212,992 bytes,
#: of which the kernel's own structures take more than half).
_WINDOW_BYTES = 64 * 1024
_ROUND_BYTES = 1024 * 1024
#: More than a processor keeps near itself; rounds go through it in turn.
_MEMORY_BYTES = 4 * _ROUND_BYTES
#: The cheapest of them counts: whatever else runs only makes it dearer.
_ROUNDS_MAX = 20
#: CPU time, for one that is so slow that it has to be done with fewer.
_ENOUGH_S = 0.1


def measure(priority: str, record_bytes: int) -> costs.Cost:
    """Send some MiB to this process itself; takes about 0.1 s.

    :param priority: of GnuTLS, as QEMU has it.
    :param record_bytes: how large each record is.
    :raises library.LibraryMissing: there is no GnuTLS.
    :raises library.Failed: it does no TLS with this priority.
    """
    taken: list[tuple[float, float, float]] = []
    end = time.thread_time() + _ENOUGH_S
    with (
        _connected(priority) as (sender, receiver),
        _pages() as source,
        _pages() as target,
    ):
        while not taken or (
            len(taken) < _ROUNDS_MAX and time.thread_time() < end
        ):
            offset = len(taken) * _ROUND_BYTES % _MEMORY_BYTES
            taken.append(
                _round(
                    sender,
                    receiver,
                    source=source + offset,
                    target=target + offset,
                    record_bytes=record_bytes,
                )
            )
    send_s, receive_s, idle_s = map(min, zip(*taken, strict=True))
    return costs.Cost(
        send_s_per_gib=QEMU_SENDS_S_PER_GIB
        + costs.per_gib(send_s - idle_s, _ROUND_BYTES),
        receive_s_per_gib=QEMU_RECEIVES_S_PER_GIB
        + costs.per_gib(receive_s - idle_s, _ROUND_BYTES),
    )


def _round(
    sender: session.Session,
    receiver: session.Session,
    *,
    source: int,
    target: int,
    record_bytes: int,
) -> tuple[float, float, float]:
    """Say how many CPU seconds one round took.

    :returns: sending, receiving, and Python's own share of each.
    """
    count = _WINDOW_BYTES // record_bytes
    send_s = receive_s = idle_s = 0.0
    for offset in range(0, _ROUND_BYTES, _WINDOW_BYTES):
        here, there = source + offset, target + offset
        began = time.thread_time()
        records.send(sender, here, record_bytes=record_bytes, count=count)
        sent = time.thread_time()
        records.receive(
            receiver, there, record_bytes=record_bytes, count=count
        )
        received = time.thread_time()
        records.do_nothing(here, record_bytes=record_bytes, count=count)
        idle_s += time.thread_time() - received
        send_s += sent - began
        receive_s += received - sent
    return send_s, receive_s, idle_s


@contextlib.contextmanager
def _pages() -> Iterator[int]:
    """Give the address of memory.

    All of it is there already, as that of a guest that runs.
    """
    memory = mmap.mmap(
        -1, _MEMORY_BYTES, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    )
    memory[:] = os.urandom(_WINDOW_BYTES) * (_MEMORY_BYTES // _WINDOW_BYTES)
    view = (ctypes.c_char * _MEMORY_BYTES).from_buffer(memory)
    try:
        yield ctypes.addressof(view)
    finally:
        del view
        memory.close()


@contextlib.contextmanager
def _connected(
    priority: str,
) -> Iterator[tuple[session.Session, session.Session]]:
    """Give two ends whose handshake is done."""
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        far.setblocking(False)
        client = session.Session(
            credentials.Credentials(),
            server=False,
            priority=priority,
            connection=near,
        )
        server = session.Session(
            _shown(), server=True, priority=priority, connection=far
        )
        session.shake_hands(client, server)
        for end in (client, server):
            if end.failure is not None:
                raise end.failure
        yield client, server


def _shown() -> credentials.Credentials:
    """Make a certificate that nobody verifies, for this connection only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    shown = credentials.Credentials()
    shown.show(
        cert.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    return shown
