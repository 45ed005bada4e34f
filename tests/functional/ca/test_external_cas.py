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

"""The examples of ``issuer = command``, with the CA programs themselves."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess

from cryptography import x509
from oslo_config import cfg

from nova_native_tls import conf as options
from nova_native_tls import exception
from nova_native_tls.issuers import loading
from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_files
from nova_native_tls.pki import key_type
from nova_native_tls.pki import verdict
from nova_native_tls import severity
from tests.functional.ca import hosts
from tests.unit.ca import authorities

EXAMPLES = (
    pathlib.Path(__file__).resolve().parents[3] / 'doc/source/examples/issuers'
)
#: The last that wants keyEncipherment in a critical keyUsage.
OLD_QEMU = versions.Version(10, 1, 2)


class ExternalTestCase(hosts.HostsTestCase):
    """A CA that is not ours, and hosts that it issues for."""

    def setUp(self) -> None:
        super().setUp()
        self.external = self.root / 'external'
        self.external.mkdir()
        self.conf = cfg.ConfigOpts()
        options.register_opts(self.conf)
        self.conf([])
        self.conf.set_override('issuer', 'command', 'native_tls')

    def run_there(self, *command: str, text: str = '') -> str:
        """Run a program in the directory of the CA."""
        return subprocess.run(
            command,
            cwd=self.external,
            input=text,
            stdout=subprocess.PIPE,
            encoding='utf-8',
            check=True,
        ).stdout

    def use(self, script: str) -> None:
        """Let a script issue."""
        self.conf.set_override(
            'issuer_command',
            f'{EXAMPLES / script} {self.external}',
            'native_tls',
        )

    def enrolled(self, name: str) -> hosts.Host:
        """A host with what the issuer gave."""
        host = hosts.Host(self.root / name, name)
        key = key_type.make()
        names = (host.name, host.short, '127.0.0.1', '2001:db8::1')
        issued = loading.load(self.conf).issue(
            authorities.request(*names, key=key), names=names
        )
        host.install(key, issued.chain_pem)
        host.trust(issued.ca_pem, issued.crl_pem)
        return host

    def assert_good(self) -> None:
        """Assert that two hosts can migrate to each other."""
        one, other = self.enrolled('host1'), self.enrolled('host2')
        self.assert_loads(one)
        self.assert_shake_hands(one, other)
        self.assert_shake_hands(other, one)
        for name in (other.name, other.short, '127.0.0.1', '2001:db8::1'):
            found = verdict.of_pair(
                credential_files.read(str(one.directory)),
                credential_files.read(str(other.directory)),
                name=name,
                qemu_version=OLD_QEMU,
            )
            self.assertEqual(
                {severity.Status.SUCCESS},
                {finding.status for finding in found.findings},
                found.findings,
            )


class TestOpenSSL(ExternalTestCase):
    def setUp(self) -> None:
        super().setUp()
        shutil.copy(EXAMPLES / 'openssl.cnf', self.external)
        (self.external / 'index.txt').touch()
        self.run_there(
            *('openssl', 'req', '-x509', '-config', 'openssl.cnf'),
            *('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'),
            *('-nodes', '-days', '3650', '-subj', '/CN=QEMU migration'),
            *('-keyout', 'ca-key.pem', '-out', 'ca.pem'),
        )
        self.use('openssl-ca.sh')

    def test_hosts(self):
        """What "openssl ca" issues by the example works in QEMU."""
        self.assert_good()

    def test_reason(self):
        """What openssl says of a failure is passed on."""
        (self.external / 'ca-key.pem').unlink()

        error = self.assertRaises(
            exception.IssueFailed, self.enrolled, 'host1'
        )

        self.assertIn('openssl-ca.sh ended with the status', str(error))

    def test_names(self):
        """The names are those that were asked for, not the request's."""
        issuer = loading.load(self.conf)
        issued = issuer.issue(
            authorities.request('evil.example.org'), names=('host1',)
        )

        leaf = x509.load_pem_x509_certificate(issued.chain_pem)
        names = leaf.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
        self.assertEqual([x509.DNSName('host1')], list(names.value))


class TestCFSSL(ExternalTestCase):
    def test_hosts(self):
        """What cfssl issues by the example works in QEMU."""
        shutil.copy(EXAMPLES / 'cfssl.json', self.external)
        made = self.run_there(
            *('cfssl', 'gencert', '-loglevel', '4', '-initca', '-'),
            text=json.dumps(
                {'CN': 'QEMU migration', 'key': {'algo': 'ecdsa', 'size': 256}}
            ),
        )
        self.run_there('cfssljson', '-bare', 'ca', text=made)
        self.use('cfssl.sh')

        self.assert_good()
