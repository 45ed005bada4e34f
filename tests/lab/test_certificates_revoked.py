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

"""What becomes of a host whose certificates are revoked."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

import testtools

from tests.lab.certificates import doc_commands
from tests.lab.certificates import pre_check_program
from tests.lab.certificates import stand
from tests.lab.harness.guest import guest as lab_guest

PROGRAM = str(pathlib.Path(pre_check_program.__file__))


class RevokedTest(testtools.TestCase):
    """``host2`` is revoked by the commands of the runbook."""

    def setUp(self) -> None:
        super().setUp()
        self.stand = stand.get()
        self.stand.restore()
        self.other, self.revoked = self.stand.lab.hosts
        self.page = doc_commands.sections(stand.RUNBOOK)
        self.stand.run(*self.page[stand.REVOKE])

    def canary(self, source: str, destination: str) -> Any:
        """Ask what QEMU makes of a migration."""
        return self.stand.command(
            source,
            *('pair', 'check', f'{destination}.{stand.DOMAIN}'),
            *('--depth', 'canary'),
        )

    def pre_check(self) -> Any:
        """Ask the source of a migration to the revoked host, as Nova does."""
        argv = [sys.executable, PROGRAM]
        told = self.revoked.run([*argv, 'facts']).stdout
        return json.loads(self.other.run([*argv, 'source'], input=told).stdout)

    def test_as_the_source(self) -> None:
        """QEMU at the other host refuses its guest, which stays."""
        guest = self.stand.start_guest(self.revoked)
        self.addCleanup(guest.destroy, self.revoked)
        status, said = self.stand.shell(
            'host2',
            f'nova-native-tls migrate {guest.name} '
            f'qemu+tls://host1.{stand.DOMAIN}/system',
        )
        self.assertEqual(2, status, said)
        self.assertIn(
            'The certificate has been revoked', self.other.qemu_log(guest.name)
        )
        guest.verify_memory(self.revoked)
        self.assertEqual(lab_guest.ABSENT, guest.state(self.other))

    def test_as_the_destination(self) -> None:
        """QEMU would send guests to it; the pre-check of the source refuses.

        Before the list was there it did not.
        """
        self.assertEqual('yes', self.canary('host1', 'host2')['qemu_verdict'])
        self.assertEqual(
            'failure', self.pre_check()['peer.server-cert.revoked']
        )
        path = self.other.path(stand.QEMU_PKI)
        (path / 'ca-crl.pem').unlink()
        failures = [
            code
            for code, status in self.pre_check().items()
            if status == 'failure'
        ]
        self.assertEqual([], failures)

    def test_taken_back(self) -> None:
        """With a certificate for a new key guests come and go again."""
        self.stand.run(*self.page[stand.TAKE_BACK])
        for ends in (('host1', 'host2'), ('host2', 'host1')):
            found = self.canary(*ends)
            self.assertEqual('success', found['status'], str(found))
        self.assertNotIn('failure', self.pre_check().values())
