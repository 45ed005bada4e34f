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

"""A program that is at a destination's migration port before the source.

Run by its path, with nothing but the standard library:
``rogue_client.py HOST PORT KIND PATIENCE_S [CERTIFICATE KEY]``. It prints a
line of JSON for each thing that happens to it, and stays until it is killed,
is turned away or has lost its patience.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import time

#: How a migration begins, QEMU migration/savevm.c, and nothing sensible.
STREAM = b'QEVM\0\0\0\3' + bytes(4096)
RETRY_S = 0.001


def tell(what: str, **more: object) -> None:
    """Print what happened."""
    print(json.dumps({'what': what, **more}), flush=True)


def connect(host: str, port: int) -> socket.socket:
    """Try until somebody listens."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    while True:
        for family, kind, protocol, _name, address in addresses:
            client = socket.socket(family, kind, protocol)
            try:
                client.connect(address)
            except OSError:
                client.close()
            else:
                return client
        time.sleep(RETRY_S)


def listen(client: socket.socket) -> None:
    """Tell all that comes until the other end closes."""
    heard = b''
    try:
        while chunk := client.recv(65536):
            heard += chunk
        how = 'closed'
    except OSError as err:
        how = str(err)
    tell('heard', how=how, bytes=len(heard), beginning=heard[:16].hex())


def speak_tls(client: socket.socket, files: list[str]) -> None:
    """Shake hands, with or without a certificate, and send a stream."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if files:
        context.load_cert_chain(*files)
    try:
        wrapped = context.wrap_socket(client)
    except OSError as err:
        tell('handshake', how=str(err))
        return
    tell('handshake', how=wrapped.version())
    try:
        wrapped.sendall(STREAM)
    except OSError as err:
        tell('sent', how=str(err))
    listen(wrapped)


def main(
    host: str, port: str, kind: str, patience_s: str, *files: str
) -> None:
    """Be one kind of attacker."""
    tell('ready')
    client = connect(host, int(port))
    tell('connected')
    client.settimeout(float(patience_s))
    if kind == 'tls':
        speak_tls(client, list(files))
    elif kind == 'clear':
        client.sendall(STREAM)
        listen(client)
    else:
        listen(client)


if __name__ == '__main__':
    main(*sys.argv[1:])
