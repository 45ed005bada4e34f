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

"""Runs the ``ca`` commands on one CA."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives import hashes
from cryptography import x509
import fixtures

from nova_native_tls.ca import passphrase
from nova_native_tls.cmd import ca_arguments
from tests.unit.ca import authorities
from tests.unit.cmd import in_process

HOST = authorities.HOST


class CACommandTestCase(authorities.AuthorityTestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.EnvironmentVariable(passphrase.VARIABLE))
        self.command_line = self.useFixture(in_process.CommandLine())
        # Nobody sits at a terminal.
        self.useFixture(
            fixtures.MockPatchObject(ca_arguments, '_TERMINAL', '/nonexistent')
        )

    def run_ca(self, command: str, *argv: str) -> in_process.Result:
        return self.command_line.run(
            'ca', command, '--directory', str(self.directory), *argv
        )

    def json(self, command: str, *argv: str):
        done = self.run_ca(command, *argv, '-f', 'json')
        self.assertEqual('', done.err)
        return done.json()

    def request_file(self, *names: str) -> str:
        path = self.root / 'host.csr'
        path.write_bytes(authorities.request(*names))
        return str(path)

    def signed(self, *names: str, options: tuple[str, ...] = ()):
        done = self.run_ca(
            'sign',
            self.request_file(*names),
            *(f'--name={name}' for name in names),
            *options,
        )
        self.assertEqual((0, ''), (done.status, done.err))
        return x509.load_pem_x509_certificate(done.out.encode())

    def assert_refused(self, done: in_process.Result, *expected: str) -> None:
        self.assertEqual((2, ''), (done.status, done.out))
        self.assertEqual(1, done.err.count('\n'), done.err)
        for text in expected:
            self.assertIn(text, done.err)

    def assert_wrong_usage(self, *argv: str) -> None:
        error = self.assertRaises(SystemExit, self.run_ca, *argv)
        self.assertEqual(2, error.code)

    def report(self, certificate: x509.Certificate) -> str:
        """What a host prints that has this certificate and the bundle."""
        bundle = self.json('show')['bundle'].encode()
        fingerprints = [
            each.fingerprint(hashes.SHA256()).hex()
            for each in (certificate, *x509.load_pem_x509_certificates(bundle))
        ]
        path = self.root / f'{certificate.serial_number}.json'
        path.write_text(
            json.dumps(
                {
                    'host': certificate.subject.rfc4514_string(),
                    'time': authorities.NOW.isoformat(),
                    'certificate_sha256': fingerprints[0],
                    'trusted_sha256': fingerprints[1:],
                }
            )
        )
        return str(path)
