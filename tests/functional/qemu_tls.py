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

"""Asks QEMU what it thinks of certificates, without a guest.

``qemu-img`` and ``qemu-nbd`` load credentials and shake hands with the code
that a migration uses (crypto/tlscredsx509.c and crypto/tlssession.c). All of
it stays on the loopback interface.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import socket
import subprocess
import threading

import fixtures

#: Longer than anything takes; reached only when a program hangs.
HANGS_AFTER_S = 120
#: Who owns nothing, where root would be able to read everything.
NOBODY = 65534
ENVIRONMENT = {**os.environ, 'LC_ALL': 'C'}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the two ends of one connection printed."""

    source: str
    destination: str


def credentials(
    directory: pathlib.Path, endpoint: str, *options: str
) -> list[str]:
    """The arguments that make QEMU load what is in a directory."""
    values = (
        'tls-creds-x509',
        'id=t',
        f'dir={directory}',
        f'endpoint={endpoint}',
        'verify-peer=on',
        *options,
    )
    return ['--object', ','.join(values)]


def _output(*command: str, user: int | None = None) -> str:
    done = subprocess.run(
        command,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding='utf-8',
        timeout=HANGS_AFTER_S,
        check=False,
        user=user,
    )
    return done.stdout


def load(
    directory: pathlib.Path,
    endpoint: str,
    *options: str,
    secret: str | None = None,
    as_nobody: bool = False,
) -> str:
    """Load credentials and give what QEMU says of them.

    :param endpoint: server, as on a destination, or client, as on a source.
    :param secret: a passphrase, which the options may refer to as ``s``.
    :param as_nobody: not as root, who may read everything; no difference if
        this process is not root's.
    """
    secrets = [] if secret is None else ['--object']
    if secret is not None:
        secrets.append(f'secret,id=s,data={secret}')
    return _output(
        'qemu-img',
        'info',
        *secrets,
        *credentials(directory, endpoint, *options),
        '--image-opts',
        'driver=nbd,server.type=inet,server.host=127.0.0.1,server.port=1,'
        'tls-creds=t',
        user=NOBODY if as_nobody and os.geteuid() == 0 else None,
    )


class Destination(fixtures.Fixture):
    """A ``qemu-nbd`` that listens, with these arguments.

    Once it has ended, who still dials is hung up on.
    """

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments

    def _setUp(self) -> None:
        directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        disk = directory / 'disk'
        disk.write_bytes(bytes(4096))
        self._log_path = directory / 'log'
        # Bound here and handed over as systemd does, so that the port is
        # ours and open from the start.
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(self._listener.close)
        self.port = self._listener.getsockname()[1]
        with self._log_path.open('wb') as log:
            self._process = self._start(disk, log.fileno())
        self._hangs_up = threading.Thread(target=self._hang_up, daemon=True)
        self._hangs_up.start()
        self.addCleanup(self._end)

    def _start(self, disk: pathlib.Path, log: int) -> subprocess.Popen[bytes]:
        descriptor = self._listener.fileno()
        return subprocess.Popen(
            [
                # dash knows no descriptor above 9.
                'bash',
                '-c',
                f'LISTEN_PID=$$ exec qemu-nbd "$@" 3<&{descriptor}',
                'bash',
                *self._arguments,
                *('--persistent', '--format=raw', str(disk)),
            ],
            env={**ENVIRONMENT, 'LISTEN_FDS': '1'},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(descriptor,),
        )

    def _hang_up(self) -> None:
        """Answer in place of a program that refused and ended.

        The listener may not be closed before the client has ended. The
        kernel can lose a connection that is made in the moment in which its
        listener is closed: it drops the listener's half and sends no reset
        (ListenDrops in TcpExt), and the client waits for ever.
        """
        self._process.wait()
        # Until nobody may dial any more: see _end.
        with contextlib.suppress(OSError):
            while True:
                self._listener.accept()[0].close()

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait(HANGS_AFTER_S)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._hangs_up.join(HANGS_AFTER_S)

    def log(self) -> str:
        """End the program and give all that it printed."""
        self._end()
        return self._log_path.read_text(encoding='utf-8')


def shake_hands(
    source: list[str], destination: list[str], *, name: str | None
) -> Said:
    """Let a source dial a destination and give what both say.

    :param source: what ``credentials`` gave; empty for clear text.
    :param destination: the same.
    :param name: what the source looks for in the certificate; the address
        that it dials by default.
    """
    with Destination(
        *destination, *(('--tls-creds', 't') if destination else ())
    ) as server:
        options = f'server.port={server.port}'
        if source:
            options += ',tls-creds=t'
        if name is not None:
            options += f',tls-hostname={name}'
        said = _output(
            'qemu-img',
            'info',
            *source,
            '--image-opts',
            f'driver=nbd,server.type=inet,server.host=127.0.0.1,{options}',
        )
        return Said(source=said, destination=server.log())
