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

"""Asks QEMU about one certificate set: both loads and the handshake."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import re
import resource
import select
import signal
import socket
import subprocess
import tempfile
import time

from nova_native_tls.migration import versions
from tests.functional.fidelity import generator
from tests.functional import qemu_tls

#: As much processor time as QEMU never needs; one that still works then goes
#: round in a circle.
_CPU_S = 5
#: The same where it has to look for a large prime.
_PRIME_CPU_S = 100
#: How often to look if QEMU waits at a FIFO.
_POLL_S = 0.005
_GREETING = b'NBDMAGIC'
#: Where systemd's protocol has the listening socket.
_LISTENER = 3


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What QEMU did.

    :ivar connects: a client at the source reached the server's disk.
    :ivar source: all that the client said; ``destination`` the server.
    """

    source_loads: bool
    destination_loads: bool
    connects: bool
    source: str
    destination: str


#: Stands where there is none; it is no answer to compare with.
NO_ANSWER = Answer(
    source_loads=False,
    destination_loads=False,
    connects=False,
    source='',
    destination='',
)


class Broken(Exception):
    """QEMU did what it never should."""


def version() -> versions.Version:
    """The version of the QEMU that is installed."""
    said = subprocess.run(
        ['qemu-img', '--version'], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r'version ([0-9.]+)', said)
    if found is None:
        raise Broken(f'qemu-img --version says {said!r}')
    return versions.Version.parse(found[1])


class _Program:
    """A running QEMU, and the FIFOs at which it may come to wait.

    :ivar waits: it came to a FIFO and was ended there, where it would have
        stayed for ever.
    """

    def __init__(
        self,
        arguments: list[str],
        fifos: tuple[pathlib.Path, ...],
        *,
        cpu_s: int = _CPU_S,
        listener: int | None = None,
    ) -> None:
        self._name = arguments[0]
        self._log = tempfile.TemporaryFile()
        self._fifos = fifos
        self.waits = False
        inherited = [(self._log.fileno(), 1), (self._log.fileno(), 2)]
        if listener is not None:
            inherited.append((listener, _LISTENER))
        self._process_id = os.posix_spawnp(
            arguments[0],
            arguments,
            {**qemu_tls.ENVIRONMENT, 'LISTEN_FDS': '1'},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, ours, theirs)
                for ours, theirs in inherited
            ],
        )
        resource.prlimit(self._process_id, resource.RLIMIT_CPU, (cpu_s, cpu_s))
        self._status: int | None = None
        self._descriptor = os.pidfd_open(self._process_id)
        self._until = time.monotonic() + qemu_tls.HANGS_AFTER_S

    @property
    def may_wait(self) -> bool:
        """There is a FIFO among its files."""
        return bool(self._fifos)

    def ended(self, within_s: float) -> bool:
        """Wait for its end, not longer than that."""
        if self._fifos:
            self._look_at_fifos()
        if time.monotonic() > self._until:
            raise Broken(f'{self._name} does not end')
        if self._status is not None:
            return True
        ready, _, _ = select.select([self._descriptor], [], [], within_s)
        return bool(ready)

    def fileno(self) -> int:
        """What becomes readable when it ends."""
        return self._descriptor

    def wait_for_either(self, other: _Program) -> None:
        """Wait until one of two may have ended."""
        may_wait = self.may_wait or other.may_wait
        select.select([self, other], [], [], _POLL_S if may_wait else 1)

    def wait(self) -> int:
        """Wait for its end and give its status."""
        while not self.ended(_POLL_S if self._fifos else 1):
            pass
        return self._reap()

    def end(self) -> None:
        """End it."""
        if self._status is None:
            # It is ours until it was waited for, whether it ended or not.
            os.kill(self._process_id, signal.SIGKILL)
            self._reap()

    def _reap(self) -> int:
        if self._status is None:
            _, status = os.waitpid(self._process_id, 0)
            self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def said(self) -> str:
        """All that it printed; it must have ended."""
        self._log.seek(0)
        return self._log.read().decode('utf-8', 'replace')

    def close(self) -> None:
        """End it, and forget it."""
        self.end()
        os.close(self._descriptor)
        self._log.close()

    def _look_at_fifos(self) -> None:
        for path in self._fifos:
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                # ENXIO: nobody has it open for reading. Or nobody can.
                continue
            self.waits = True
            self.end()
            os.close(descriptor)


def ask(one: generator.CertificateSet, disk: pathlib.Path) -> Answer:
    """Ask qemu-nbd, as a destination, and qemu-img, as a source.

    :param disk: a file that the server shows.
    """
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((_address(), 0)))
        port = listener.getsockname()[1]
        server = _serve(one, disk, listener.fileno())
        stack.callback(server.close)
        client = _dial(one, port)
        stack.callback(client.close)
        # One that waits at a FIFO lets the client wait, too.
        loads = not server.may_wait or _is_up(server, port)
        _let_end(client, server, listener)
        status = client.wait()
        loads = loads and (status == 0 or _is_up(server, port))
        server.end()
        source = client.said()
        return Answer(
            source_loads=not client.waits
            and status >= 0
            and (status == 0 or 'Could not open' in source),
            destination_loads=loads,
            connects=status == 0,
            source=source,
            destination=server.said(),
        )


def _let_end(
    client: _Program, server: _Program, listener: socket.socket
) -> None:
    """Wait for a client, and hang up on it when there is no server.

    The listener may not be closed before. The kernel can lose a connection
    that is made in the moment in which its listener is closed: it drops the
    listener's half and sends no reset (ListenDrops in TcpExt), and the client
    waits for ever.
    """
    while not client.ended(0):
        if not server.ended(0):
            client.wait_for_either(server)
            continue
        waiting = [client.fileno(), listener.fileno()]
        ready, _, _ = select.select(waiting, [], [], _POLL_S)
        if listener.fileno() in ready:
            listener.accept()[0].close()


def _serve(
    one: generator.CertificateSet, disk: pathlib.Path, listener: int
) -> _Program:
    return _Program(
        [
            'sh',
            '-c',
            'LISTEN_PID=$$ exec qemu-nbd "$@"',
            'sh',
            *_objects(one, one.destination, 'server'),
            *('--tls-creds', 't', '--persistent', '--format=raw', str(disk)),
        ],
        _below(one.destination, one.fifos),
        cpu_s=_CPU_S
        if os.path.exists(one.destination / 'dh-params.pem')
        else _PRIME_CPU_S,
        listener=listener,
    )


def _dial(one: generator.CertificateSet, port: int) -> _Program:
    # A comma in a value is written twice.
    name = one.name.replace(',', ',,')
    return _Program(
        [
            'qemu-img',
            'info',
            *_objects(one, one.source, 'client'),
            '--image-opts',
            f'driver=nbd,server.type=inet,server.host={_address()},'
            f'server.port={port},tls-creds=t,tls-hostname={name}',
        ],
        _below(one.source, one.fifos),
    )


def _objects(
    one: generator.CertificateSet, directory: pathlib.Path, endpoint: str
) -> list[str]:
    options = []
    arguments = []
    if one.passphrase is not None:
        arguments = ['--object', f'secret,id=s,data={one.passphrase}']
        options.append('passwordid=s')
    if one.priority is not None:
        options.append(f'priority={one.priority}')
    verify = 'on' if one.verify or endpoint == 'client' else 'off'
    values = (
        f'tls-creds-x509,id=t,dir={directory},endpoint={endpoint}',
        f'verify-peer={verify}',
        *options,
    )
    return [*arguments, '--object', ','.join(values)]


def _address() -> str:
    """Give a loopback address that is this process's alone.

    On 127.0.0.1 a client may meet the server of another process, or even get
    that port for its own end, be connected to itself, and wait for ever.
    """
    high, low = divmod(os.getpid() % 2**16, 2**8)
    return f'127.1.{high}.{low}'


def _below(
    directory: pathlib.Path, fifos: tuple[pathlib.Path, ...]
) -> tuple[pathlib.Path, ...]:
    return tuple(path for path in fifos if path.parent == directory)


def _is_up(server: _Program, port: int) -> bool:
    """Tell whether the server greets; it may still be starting."""
    with contextlib.suppress(ConnectionError):
        with socket.create_connection((_address(), port)) as connection:
            while not server.ended(0):
                ready, _, _ = select.select([connection], [], [], _POLL_S)
                if ready:
                    return connection.recv(8) == _GREETING
    return False
