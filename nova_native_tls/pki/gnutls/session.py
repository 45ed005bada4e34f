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

"""A TLS handshake between two ends, both in this process."""

from __future__ import annotations

import ctypes
import socket
import weakref

from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import credentials
from nova_native_tls.pki.gnutls import library

#: Many more than there are flights in a handshake.
_ROUNDS_MAX = 200


class Session:
    """One end.

    :ivar failure: why the handshake failed here; None if it did not.
    :ivar done: it is complete, as far as this end knows.
    """

    def __init__(
        self,
        shown: credentials.Credentials,
        *,
        server: bool,
        priority: str,
        connection: socket.socket,
    ) -> None:
        """Prepare one end.

        :param connection: non-blocking; this end closes it.
        :raises library.Failed: the priority is none.
        """
        role = library.SERVER if server else library.CLIENT
        self._connection = connection
        self._credentials = shown
        self.done = False
        self.failure: library.Failed | None = None
        self._handle = library.new_handle(
            'init', role | library.NONBLOCK | library.NO_SIGNAL
        )
        weakref.finalize(self, library.function('deinit'), self._handle)
        library.call(
            'priority_set_direct', self._handle, priority.encode(), None
        )
        library.call(
            'credentials_set',
            self._handle,
            library.CRD_CERTIFICATE,
            shown.handle,
        )
        if server:
            # Requested and, as in QEMU, enforced only by check().
            library.function('certificate_server_set_request')(
                self._handle, library.CERT_REQUEST
            )
        library.function('transport_set_int2')(
            self._handle, connection.fileno(), connection.fileno()
        )

    @property
    def handle(self) -> ctypes.c_void_p:
        return self._handle

    @property
    def ended(self) -> bool:
        return self.done or self.failure is not None

    def advance(self) -> None:
        """Do as much of the handshake as is possible now."""
        code = library.function('handshake')(self._handle)
        if code == 0:
            self.done = True
        elif code not in (library.E_AGAIN, library.E_INTERRUPTED):
            self.failure = library.Failed(code=code)
            self._connection.close()

    def give_up(self, code: int) -> None:
        """Let the handshake fail here, if it is not complete."""
        if not self.ended:
            self.failure = library.Failed(code=code)
            self._connection.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def verify(self) -> int:
        """Verify what the peer showed, with this end's CAs, CRLs and profile.

        :returns: gnutls_certificate_status_t; 0 is good.
        :raises library.Failed: it showed nothing, or nothing verifiable.
        """
        status = ctypes.c_uint()
        library.call(
            'certificate_verify_peers2', self._handle, ctypes.byref(status)
        )
        return status.value

    def peer_chain(self) -> tuple[certificate.Certificate, ...]:
        """What the peer showed, its own certificate first.

        :raises library.Failed: one of them is malformed.
        """
        count = ctypes.c_uint()
        found = library.function('certificate_get_peers')(
            self._handle, ctypes.byref(count)
        )
        return tuple(
            certificate.Certificate.from_der(
                ctypes.string_at(found[index].data, found[index].size)
            )
            for index in range(count.value if found else 0)
        )


def shake_hands(client: Session, server: Session) -> None:
    """Let two ends of one connection do their handshake.

    Afterwards each of them is done, or has a failure.
    """
    ends = (client, server)
    for _round in range(_ROUNDS_MAX):
        for end in ends:
            if not end.ended:
                end.advance()
        if all(end.ended for end in ends):
            return
    for end in ends:
        end.give_up(library.E_AGAIN)
