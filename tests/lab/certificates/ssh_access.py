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

"""How can one node of a lab log in to others, as root, by ssh?

A real sshd in each, with keys that live as long as the lab. Root has a home
of its own in these nodes: that of the machine is neither read nor written.
"""

from __future__ import annotations

from collections.abc import Mapping
import time

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives import serialization

from tests.lab.harness import errors
from tests.lab.harness.node import node as lab_node

#: Below the /run of the node, which nobody else has.
HOME = '/run/root'

_HOST_KEY = '/etc/ssh/lab_host_key'
_AUTHORIZED = '/etc/ssh/lab_authorized_keys'
_CONFIG = '/etc/ssh/lab_sshd_config'
_PID_FILE = '/run/sshd/lab.pid'
_LOG = '/run/sshd/lab.log'

HANGS_AFTER_S = 60
POLL_S = 0.02


def make_home(node: lab_node.Node) -> None:
    """Give root a home that goes with the node."""
    lines = node.read_file('/etc/passwd').splitlines()
    changed = [
        ':'.join([*line.split(':')[:5], HOME, '/bin/bash'])
        if line.startswith('root:')
        else line
        for line in lines
    ]
    node.write_file('/etc/passwd', '\n'.join([*changed, '']))
    node.run(['mkdir', '-m', '0700', HOME])


def connect(
    client: lab_node.Node,
    servers: Mapping[str, lab_node.Node],
    *,
    path: str,
    options: str = '',
) -> None:
    """Let root of a node log in to other nodes; all have a home by now.

    :param servers: by the name that the client uses.
    :param path: search path of those who log in.
    :param options: what they may do, as in an authorized_keys.
    """
    own = ed25519.Ed25519PrivateKey.generate()
    _write_key(client, f'{HOME}/.ssh/id_ed25519', own)
    known = []
    for name, server in servers.items():
        key = ed25519.Ed25519PrivateKey.generate()
        known.append(f'{name} {_public(key)}')
        _write_key(server, _HOST_KEY, key)
        line = f'{options} {_public(own)}\n'.lstrip()
        server.write_file(_AUTHORIZED, line, mode=0o600)
        server.write_file(_CONFIG, _config(path))
        _start(server)
    client.write_file(f'{HOME}/.ssh/known_hosts', '\n'.join([*known, '']))


def _start(server: lab_node.Node) -> None:
    """Start sshd and wait until it listens; one that runs reads anew.

    :raises LabError: it does not listen; its log is shown.
    """
    pid_file = server.path(_PID_FILE)
    if pid_file.exists():
        return
    server.run(['mkdir', '-p', '/run/sshd'])
    server.run(['/usr/sbin/sshd', '-f', _CONFIG, '-E', _LOG])
    deadline = time.monotonic() + HANGS_AFTER_S
    while not pid_file.exists():
        if time.monotonic() > deadline:
            raise errors.LabError(
                f'sshd of {server.name} does not listen: '
                f'{server.read_file(_LOG)}'
            )
        time.sleep(POLL_S)


def _config(path: str) -> str:
    lines = (
        f'HostKey {_HOST_KEY}',
        f'AuthorizedKeysFile {_AUTHORIZED}',
        'PermitRootLogin prohibit-password',
        'PasswordAuthentication no',
        'UsePAM no',
        f'PidFile {_PID_FILE}',
        'PrintLastLog no',
        f'SetEnv PATH={path}',
        'Subsystem sftp internal-sftp',
    )
    return '\n'.join([*lines, ''])


def _write_key(
    node: lab_node.Node, path: str, key: ed25519.Ed25519PrivateKey
) -> None:
    content = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    node.write_file(path, content.decode('ascii'), mode=0o600)


def _public(key: ed25519.Ed25519PrivateKey) -> str:
    content = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return content.decode('ascii')
