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

"""``host show``, ``renew``, ``install`` and ``enroll``, without a host."""

from __future__ import annotations

import pathlib
from typing import Any
from unittest import mock

import fixtures
import testtools

from nova_native_tls.checks import this_host
from nova_native_tls import exception
from nova_native_tls.host import tls_directory
from nova_native_tls.identity import install
from nova_native_tls.issuers import base
from nova_native_tls.issuers import loading
from tests.functional import credentials
from tests.functional.identity import world
from tests.unit.cmd import in_process
from tests.unit.host import observations


class FakeIssuer(base.Issuer):
    """Signs whatever it is asked to.

    :ivar asked: what it was asked for.
    """

    def __init__(self, ca: credentials.Identity) -> None:
        self._ca = ca
        self.days = (-1, 30)
        self.asked: list[dict[str, Any]] = []

    def issue(self, csr_pem: bytes, **asked: Any) -> base.Issued:
        """Sign it."""
        self.asked.append({'csr': csr_pem, **asked})
        return base.Issued(
            chain_pem=world.sign(csr_pem, self._ca, days=self.days),
            ca_pem=self._ca.cert_pem,
        )


class HostIdentityTestCase(testtools.TestCase):
    """A host that does not exist, with a directory that does."""

    def setUp(self) -> None:
        super().setUp()
        self.command_line = self.useFixture(in_process.CommandLine())
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.conf = root / 'nova.conf'
        self.conf.write_text('')
        self.directory = root / 'pki'
        self.issuer = FakeIssuer(credentials.authority())
        self.replace(loading, 'load').return_value = self.issuer
        self.replace(this_host, 'look').return_value = observations.good(
            daemon=None,
            directory=tls_directory.TLSDirectory(path=str(self.directory)),
        )
        self.install = self.replace(install, 'install')

    def replace(self, owner: Any, name: str) -> Any:
        """Put something else in place of a function."""
        patcher = mock.patch.object(owner, name, autospec=True)
        self.addCleanup(patcher.stop)
        return patcher.start()

    def put(self, days: tuple[int, int] = (-1, 30)) -> None:
        """Put files there by hand."""
        files = credentials.Files(self.directory, self.issuer._ca)
        for end in ('server', 'client'):
            files.install(
                end, credentials.issue('x', issuer=self.issuer._ca, days=days)
            )

    def run_command(self, *argv: str) -> in_process.Result:
        """Run a host command."""
        return self.command_line.run('host', *argv, '-f', 'json')


class ShowTest(HostIdentityTestCase):
    """What monitoring sees."""

    def test_exit_status(self) -> None:
        """0, 1 from the time of renewal on, 2 when it is too late."""
        for days, expected in (((-1, 30), 0), ((-30, 10), 1), ((-3, -1), 2)):
            self.put(days)
            done = self.run_command('show')
            self.assertEqual(expected, done.status, done.err)
            self.assertEqual(expected > 0, 'host renew' in done.err)
            for path in self.directory.iterdir():
                path.unlink()
            self.directory.rmdir()

    def test_report(self) -> None:
        """The fields that the rotation of a CA reads."""
        self.put()
        shown = self.run_command('show').json()
        self.assertRegex(shown['certificate_sha256'], '^[0-9a-f]{64}$')
        self.assertEqual(
            [each['sha256'] for each in shown['trusted']],
            shown['trusted_sha256'],
        )
        self.assertRegex(shown['time'], r'^\S+T\S+\+00:00$')


class RenewTest(HostIdentityTestCase):
    """What the issuer is asked for."""

    def renew(self, *argv: str) -> in_process.Result:
        """Run it."""
        return self.run_command(
            'renew', '--config-file', str(self.conf), *argv
        )

    def test_not_due(self) -> None:
        """Nobody is asked before it is time."""
        self.put()
        done = self.renew('--if-due')
        self.assertEqual(0, done.status, done.err)
        self.assertFalse(done.json()['renewed'])
        self.assertEqual([], self.issuer.asked)

    def test_due(self) -> None:
        """The same names, and the certificate that it replaces."""
        self.put((-30, 10))
        old = (self.directory / 'server-cert.pem').read_bytes()
        self.install.return_value = install.Installed(
            changed=True, warnings=('look out',)
        )
        done = self.renew('--if-due')
        self.assertEqual(1, done.status)
        self.assertIn('look out', done.err)
        [asked] = self.issuer.asked
        self.assertEqual((credentials.NAME,), asked['names'])
        self.assertEqual(old, asked['replaces'])

    def test_again(self) -> None:
        """A request that waits is used; for other names there is another."""
        self.install.side_effect = exception.NativeTLSError
        for name in ('host1', 'host1', 'host2'):
            self.assertEqual(2, self.renew('--name', name).status)
        csrs = [each['csr'] for each in self.issuer.asked]
        self.assertEqual(csrs[0], csrs[1])
        self.assertNotEqual(csrs[0], csrs[2])

    def test_damaged_request(self) -> None:
        """One that cannot be read is made anew."""
        self.install.side_effect = exception.NativeTLSError
        (self.directory / '.pending').mkdir(parents=True)
        self.assertEqual(2, self.renew('--name', 'host1').status)
        self.assertEqual(1, len(self.issuer.asked))


class InstallTest(HostIdentityTestCase):
    """Files that are given."""

    def test_too_large(self) -> None:
        """Nobody reads gigabytes."""
        self.conf.write_bytes(b'x' * (4 * 1024 * 1024 + 1))
        done = self.run_command('install', '--ca', str(self.conf))
        self.assertEqual(2, done.status)
        self.assertIn('too large', done.err)
        self.install.assert_not_called()
