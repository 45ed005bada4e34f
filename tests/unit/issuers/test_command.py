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

"""A program as an issuer: what it may write, and what is said of the rest."""

from __future__ import annotations

import pathlib
import shlex
import sys

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives import serialization
from oslo_config import cfg

from nova_native_tls import conf as options
from nova_native_tls import exception
from nova_native_tls.issuers import base
from nova_native_tls.issuers import command
from tests.functional import credentials
from tests.unit.ca import authorities

HOST = authorities.HOST


class TestCommand(authorities.AuthorityTestCase):
    def setUp(self):
        super().setUp()
        self.conf = cfg.ConfigOpts()
        options.register_opts(self.conf)
        self.conf([])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.csr = authorities.request(HOST, key=self.key)
        self.ca = credentials.authority(subject='a root')
        self.middle = credentials.authority(
            subject='an intermediate', issuer=self.ca
        )
        self.init()
        self.leaf = self.file('leaf', self.certificate(self.key))
        self.ca_file = self.file('root', self.ca.cert_pem)
        self.middle_file = self.file('middle', self.middle.cert_pem)

    def certificate(self, key) -> bytes:
        with self.working() as ca:
            now = authorities.NOW
            names = (f'host{len(list(ca.ledger.valid(now)))}',)
            return ca.sign(
                authorities.request(*names, key=key),
                terms=authorities.terms(*names),
                now=now,
            )

    def file(self, name: str, content: bytes) -> str:
        path = self.root / name
        path.write_bytes(content)
        return str(path)

    def set(self, **values: object) -> None:
        for name, value in values.items():
            self.conf.set_override(f'issuer_{name}', value, 'native_tls')

    def issue(self, program: str = '', *paths: str, **values) -> base.Issued:
        """Let a shell write some files, after it has done something."""
        script = f'{program}\ncat {" ".join(paths)}' if paths else program
        quoted = shlex.quote(script).replace('$', '$$')
        self.set(command=f'sh -c {quoted}', **values)
        return command.CommandIssuer(self.conf).issue(self.csr, names=(HOST,))

    def failure(self, *arguments: str, **values) -> str:
        error = self.assertRaises(
            (exception.IssueFailed, exception.IssuerUnusable),
            self.issue,
            *arguments,
            **values,
        )
        return str(error)

    def test_chain(self):
        """Certificate, intermediates and root are put where QEMU looks."""
        found = self.issue('', self.leaf, self.middle_file, self.ca_file)

        read = pathlib.Path.read_bytes
        leaf, middle, root = (
            read(pathlib.Path(path))
            for path in (self.leaf, self.middle_file, self.ca_file)
        )
        self.assertEqual(leaf + middle, found.chain_pem)
        self.assertEqual(root + middle, found.ca_pem)
        self.assertIsNone(found.crl_pem)

    def test_files(self):
        """Whom to trust and who is revoked may come from files."""
        crl = self.file('crl', b'a list')
        found = self.issue(
            '', self.leaf, self.middle_file, ca_file=self.ca_file, crl_file=crl
        )

        self.assertEqual(b'a list', found.crl_pem)
        self.assertEqual(self.ca.cert_pem + self.middle.cert_pem, found.ca_pem)

    def test_input(self):
        """It is given the request and the names, and no private key."""
        seen = self.root / 'seen'
        self.issue(
            f'cat > {seen}; echo "$NOVA_NATIVE_TLS_NAMES" >> {seen}',
            self.leaf,
            self.ca_file,
        )

        self.assertEqual(self.csr + f'{HOST}\n'.encode(), seen.read_bytes())

    def test_fails(self):
        """Its status and its last words are the reason."""
        said = self.failure('echo first >&2; echo denied >&2; echo; exit 3')

        self.assertIn('ended with the status 3: denied', said)
        self.assertIn('it said nothing', self.failure('exit 1'))
        self.assertIn('status -9', self.failure('kill -9 $$'))

    def test_hangs(self):
        """What takes too long is ended, with what it started."""
        said = self.failure('sleep 1000 & sleep 1000', timeout=1)

        self.assertIn('longer than 1 seconds', said)

    def test_cannot_be_run(self):
        """A program that is not there is named."""
        self.set(command='/nonexistent/program')
        issuer = command.CommandIssuer(self.conf)
        error = self.assertRaises(
            exception.IssuerUnusable, issuer.issue, self.csr, names=(HOST,)
        )
        self.assertIn('/nonexistent/program', str(error))

        self.set(command='an "unfinished')
        error = self.assertRaises(
            exception.IssuerUnusable, command.CommandIssuer, self.conf
        )
        self.assertIn('issuer_command', str(error))

    def test_dollar_sign(self):
        """A lone dollar sign means something else to oslo.config."""
        self.set(command='sh -c "echo $HOME"')

        error = self.assertRaises(
            exception.IssuerUnusable, command.CommandIssuer, self.conf
        )

        self.assertIn('is written as two', str(error))

    def test_wrong_output(self):
        """What is not the host's certificate first is refused."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        other = self.file(
            'other', self.certificate(ec.generate_private_key(ec.SECP256R1()))
        )
        damaged = self.file(
            'damaged', pathlib.Path(self.leaf).read_bytes()[:200]
        )
        for paths, expected in (
            ([], 'no certificate in PEM'),
            (['/dev/null'], 'no certificate in PEM'),
            ([damaged], 'is damaged'),
            ([self.leaf, damaged], 'is damaged'),
            ([self.ca_file, self.leaf], 'not for the key of the request'),
            ([other, self.ca_file], 'not for the key of the request'),
            ([self.leaf], 'no self-signed CA'),
            ([self.leaf, self.middle_file], 'no self-signed CA'),
            ([self.leaf, self.file('key', key)], 'private key'),
        ):
            self.assertIn(expected, self.failure('true', *paths))
        self.assertIn(
            'too large',
            self.failure(f'{sys.executable} -c "print(300000 * str(0))"'),
        )

    def test_wrong_files(self):
        """Files that cannot be used are named before anything is run."""
        seen = self.root / 'ran'
        said = self.failure(f'touch {seen}', ca_file='/nonexistent')

        self.assertIn('issuer_ca_file /nonexistent', said)
        self.assertFalse(seen.exists())
        self.assertIn(
            'no certificate in PEM in [native_tls] issuer_ca_file',
            self.failure('', self.leaf, ca_file='/dev/null'),
        )
