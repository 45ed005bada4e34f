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

"""``nova-native-tls-status upgrade check`` on a real libvirt host."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.functional import credentials
from tests.lab import base

DIRECTORY = '/etc/pki/qemu'
SUCCESS, WARNING, FAILURE = range(3)


class UpgradeCheckTest(base.LabTestCase):
    """Nova itself need not be there: what is about the host is looked at."""

    def check(self) -> dict[str, tuple[int, str]]:
        """Ask the source; what each check found."""
        _option, conf = self.nova_conf(live_migration_with_native_tls=True)
        done = self.source.run(
            [
                *(sys.executable, '-m', 'nova_native_tls.cmd.status'),
                *('--config-file', conf, 'upgrade', 'check', '--json'),
            ],
            check=False,
        )
        self.assertEqual('', done.stderr)
        return {
            each['check']: (each['result'], each['details'])
            for each in json.loads(done.stdout)['checks']
        }

    def nova_conf(self, **options: Any) -> tuple[str, str]:
        """Write it on the source, which reads it."""
        lines = [f'{name} = {value}' for name, value in options.items()]
        path = '/etc/nova-upgrade-check.conf'
        self.source.write_file(path, '\n'.join(['[libvirt]', *lines, '']))
        return '--config-file', path

    def install_partial_chain(self) -> None:
        """Install certificates whose CA bundle ends at an intermediate."""
        good = f'{DIRECTORY}.good'
        self.source.run(['cp', '-a', DIRECTORY, good])
        self.addCleanup(self.source.run, ['mv', good, DIRECTORY])
        self.addCleanup(self.source.run, ['rm', '-r', DIRECTORY])
        root = credentials.authority()
        middle = credentials.authority(subject='in the middle', issuer=root)
        host = credentials.issue(
            'a host', issuer=middle, names=(self.source.fqdn,)
        )
        self.write('ca-cert', middle.cert_pem)
        for end in ('server', 'client'):
            self.write(f'{end}-cert', host.cert_pem)
            self.write(f'{end}-key', host.key_pem())

    def write(self, name: str, content: bytes) -> None:
        """Replace what is there; it keeps its owner and mode."""
        self.source.run(
            ['tee', f'{DIRECTORY}/{name}.pem'], input=content.decode()
        )

    def test_ready(self) -> None:
        """Nothing is wrong with it but its clock, and QEMU may be upgraded."""
        found = self.check()
        code, details = found['This host']
        self.assertIn(code, (SUCCESS, WARNING), details)
        code, details = found['libvirt and QEMU']
        self.assertEqual(SUCCESS, code, details)
        self.assertIn('upgrade.no-surprise', details)

    def test_partial_chain(self) -> None:
        """QEMU here takes it, and QEMU 10.2 would not."""
        self.install_partial_chain()
        found = self.check()
        code, details = found['This host']
        self.assertIn(code, (SUCCESS, WARNING), details)
        code, details = found['libvirt and QEMU']
        self.assertEqual(WARNING, code, details)
        self.assertIn('upgrade.ca-cert.incomplete', details)
