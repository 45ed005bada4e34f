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

"""A real migration of nothing: two QEMUs without a machine.

They say what they say when a guest is migrated, and need neither a guest nor
root. All of it stays on the loopback interface.
"""

from __future__ import annotations

import json
import pathlib
import socket
import subprocess
from typing import Any

import fixtures

from tests.functional import qemu_tls


class Refused(Exception):
    """QEMU answered with an error; its words are those of the exception."""


class Qemu(fixtures.Fixture):
    """A QEMU that takes orders."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments

    def _setUp(self) -> None:
        directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self._log_path = directory / 'log'
        ours, theirs = socket.socketpair()
        ours.settimeout(qemu_tls.HANGS_AFTER_S)
        self._replies = ours.makefile('r', encoding='utf-8')
        self._socket = ours
        self.addCleanup(ours.close)
        self.addCleanup(self._replies.close)
        with theirs, self._log_path.open('wb') as log:
            self._process = subprocess.Popen(
                [
                    'qemu-system-x86_64',
                    *('-machine', 'none', '-nodefaults', '-display', 'none'),
                    *('-chardev', f'socket,id=q,fd={theirs.fileno()}'),
                    *('-mon', 'chardev=q,mode=control'),
                    *('-msg', 'timestamp=on'),
                    *self._arguments,
                ],
                env=qemu_tls.ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
            )
        self.addCleanup(self._end)
        self._replies.readline()
        self.order('qmp_capabilities')

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait(qemu_tls.HANGS_AFTER_S)

    def order(self, command: str, **arguments: Any) -> Any:
        """Execute a command and give what it returns; raises Refused."""
        order = {
            'execute': command,
            'arguments': {
                name.replace('_', '-'): value
                for name, value in arguments.items()
            },
        }
        self._socket.sendall(json.dumps(order).encode())
        while True:
            reply = json.loads(self._replies.readline())
            if 'error' in reply:
                raise Refused(reply['error']['desc'])
            if 'return' in reply:
                return reply['return']

    def enable(self, *capabilities: str) -> None:
        """Switch migration capabilities on."""
        self.order(
            'migrate-set-capabilities',
            capabilities=[
                {'capability': each, 'state': True} for each in capabilities
            ],
        )

    def use_tls(
        self, directory: pathlib.Path, endpoint: str, name: str = ''
    ) -> None:
        """Set TLS up as libvirt does."""
        self.order(
            'object-add',
            qom_type='tls-creds-x509',
            id='t',
            dir=str(directory),
            endpoint=endpoint,
            verify_peer=True,
        )
        self.order('migrate-set-parameters', tls_creds='t', tls_hostname=name)

    def listen(self) -> str:
        """Wait for a guest on a free port; gives its URI."""
        self.order('migrate-incoming', uri='tcp:127.0.0.1:0')
        (address,) = self.order('query-migrate')['socket-address']
        return f'tcp:127.0.0.1:{address["port"]}'

    def migrate(self, uri: str) -> str:
        """Send the guest and give how that ends."""
        self.order('migrate', uri=uri)
        while True:
            event = json.loads(self._replies.readline())
            if event.get('event') == 'MIGRATION':
                status = event['data']['status']
                if status in ('failed', 'completed'):
                    return str(status)

    def log_after_it_ended(self) -> str:
        """Give all that it said, after it ended by itself."""
        self._process.wait(qemu_tls.HANGS_AFTER_S)
        return self._log_path.read_text(encoding='utf-8')

    def log(self) -> str:
        """End it and give all that it said."""
        self._end()
        return self._log_path.read_text(encoding='utf-8')
