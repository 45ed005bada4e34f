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

"""A host gets its certificates by itself, from a CA on another machine."""

from __future__ import annotations

import pathlib
from typing import Any

import testtools

from tests.lab.certificates import ssh_access
from tests.lab.certificates import stand

EXAMPLES = pathlib.Path(__file__).parents[2] / 'doc/source/examples/issuers'
NOVA_CONF = '/etc/nova/nova.conf'
SIGN_FOR = '/etc/nova-native-tls/sign-for.sh'


class OverSSHTest(testtools.TestCase):
    """``host1`` renews by the examples of the runbook."""

    def setUp(self) -> None:
        super().setUp()
        self.stand = stand.get()
        self.stand.restore()
        host, admin = self.stand.host('host1'), self.stand.lab.controller
        host.write_file(NOVA_CONF, (EXAMPLES / 'nova-ssh.conf').read_text())
        self.addCleanup(host.run, ['rm', NOVA_CONF])
        admin.write_file(
            SIGN_FOR, (EXAMPLES / 'sign-for.sh').read_text(), mode=0o755
        )
        first = (EXAMPLES / 'authorized_keys').read_text().splitlines()[0]
        ssh_access.connect(
            host,
            {f'admin.{stand.DOMAIN}': admin},
            path=stand.PATH,
            options=first.partition(' ssh-ed25519 ')[0],
        )

    def shown(self) -> Any:
        """What the host has."""
        return self.stand.command('host1', 'host', 'show')

    def renew(self, *options: str) -> tuple[int, str]:
        """Let the host renew."""
        return self.stand.shell(
            'host1', ' '.join(['nova-native-tls host renew', *options])
        )

    def test_renewed(self) -> None:
        """It gets a certificate, and with it all CAs to trust."""
        before = self.shown()
        status, said = self.renew()
        self.assertEqual(0, status, said)
        after = self.shown()
        self.assertNotEqual(before['serial'], after['serial'])
        self.assertEqual(before['names'], after['names'])
        self.assertEqual(before['trusted'], after['trusted'])
        self.stand.shell('admin', 'nova-native-tls ca rotate start')
        status, said = self.renew()
        self.assertEqual(0, status, said)
        self.assertEqual(2, len(self.shown()['trusted']))

    def test_names_of_another(self) -> None:
        """It gets none for the names of another host, and keeps its own."""
        before = self.shown()
        status, said = self.renew(f'--name host2.{stand.DOMAIN}')
        self.assertEqual(2, status, said)
        self.assertIn(f'host2.{stand.DOMAIN}', said)
        self.assertEqual(before['serial'], self.shown()['serial'])
