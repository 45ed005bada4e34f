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

"""Do this host's own server and client get through a TLS handshake?

``qemu-nbd`` and ``qemu-img`` run the code that a migration runs
(crypto/tlssession.c). They talk over a socket without a name: no port of
this host is opened, and nobody else can connect.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
import fcntl
import os
import socket
import tempfile

from nova_native_tls.prove import arguments
from nova_native_tls.prove import process
from nova_native_tls.prove import programs as prove_programs
from nova_native_tls.prove import subject as prove_subject

#: QEMU takes a socket that systemd has opened if it is told its own process
#: id with it, which only the process itself knows in time
#: (check_socket_activation, QEMU 7.2 util/systemd.c). For bash, as dash knows
#: no descriptor above 9.
_ACTIVATE = 'LISTEN_PID=$$ exec "$@" 3<&%d'

#: An image that is nowhere.
_IMAGE = 'driver=null-co,size=65536'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """What both ends said.

    :ivar succeeded: the client has read from the server, through TLS.
    """

    succeeded: bool
    client: str
    server: str


@dataclasses.dataclass(frozen=True, slots=True)
class Ends:
    """Both programs, running."""

    client: process.Child
    server: process.Child

    def finish(self, deadline: process.Deadline) -> Handshake:
        """Wait for the client, and end the server.

        :raises TimeoutError: one of them is still waiting for something.
        """
        client = self.client.finish(deadline)
        # It waits for another client if this one was none.
        self.server.stop()
        server = self.server.finish(deadline)
        return Handshake(
            succeeded=client.status == 0,
            client=client.errors.strip(),
            server=(server.output + server.errors).strip(),
        )


@contextlib.contextmanager
def start(
    subject: prove_subject.Subject,
    programs: prove_programs.Programs,
    *,
    name: str,
) -> Iterator[Ends]:
    """Start both ends; they are gone when the context is left.

    :param name: what the client looks for in the server's certificate.
    :raises OSError: a program cannot be started, or there is no socket.
    """
    with contextlib.ExitStack() as stack:
        secrets: tuple[int, ...] = ()
        if subject.passphrase is not None:
            secrets = (_in_memory(stack, subject.passphrase),)
        sockets = contextlib.ExitStack()
        # Ours have to be closed, or neither end would see the other go.
        with sockets:
            listening, connected = _connection(sockets)
            server = stack.enter_context(
                process.Child(
                    (
                        *('/bin/bash', '-c', _ACTIVATE % listening, 'bash'),
                        programs.server,
                        *_objects(subject, 'server', secrets),
                        *('--tls-creds', arguments.CREDENTIALS),
                        *('--image-opts', _IMAGE),
                    ),
                    account=subject.switched,
                    descriptors=(listening, *secrets),
                    environment={'LISTEN_FDS': '1'},
                )
            )
            target = {
                'server.type': 'fd',
                'server.str': str(connected),
                'tls-creds': arguments.CREDENTIALS,
                'tls-hostname': name,
            }
            client = stack.enter_context(
                process.Child(
                    (
                        *(programs.image, 'info'),
                        *_objects(subject, 'client', secrets),
                        '--image-opts',
                        arguments.as_argument('driver=nbd', target),
                    ),
                    account=subject.switched,
                    descriptors=(connected, *secrets),
                )
            )
        yield Ends(client=client, server=server)


def _connection(stack: contextlib.ExitStack) -> tuple[int, int]:
    """Give a listening socket and one that is connected to it.

    Its name in the file system has gone before anybody else could use it.
    """
    listening = stack.enter_context(socket.socket(socket.AF_UNIX))
    connected = stack.enter_context(socket.socket(socket.AF_UNIX))
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, 's')
        listening.bind(path)
        listening.listen(1)
        connected.connect(path)
    return listening.fileno(), connected.fileno()


def _in_memory(stack: contextlib.ExitStack, passphrase: str) -> int:
    """Put a passphrase where no other user and no argument list has it."""
    lowest = os.memfd_create('passphrase')
    os.write(lowest, passphrase.encode())
    # The server's socket goes to number 3.
    descriptor = fcntl.fcntl(lowest, fcntl.F_DUPFD_CLOEXEC, 4)
    os.close(lowest)
    stack.callback(os.close, descriptor)
    return descriptor


def _objects(
    subject: prove_subject.Subject, endpoint: str, secrets: tuple[int, ...]
) -> tuple[str, ...]:
    identifiers = {'id': arguments.CREDENTIALS}
    made = [
        arguments.as_argument(
            'secret',
            {'id': arguments.PHRASE_ID, 'file': f'/proc/self/fd/{descriptor}'},
        )
        for descriptor in secrets
    ]
    made.append(
        arguments.as_argument(
            'tls-creds-x509',
            {**identifiers, **arguments.credentials(subject, endpoint)},
        )
    )
    return tuple(word for one in made for word in ('--object', one))
