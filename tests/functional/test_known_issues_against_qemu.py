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


"""Known issues, shown by the QEMU that is installed: it has them, or not.

Whichever it does, the releases in the table have to say so.
"""

from __future__ import annotations

import functools
import re
import shlex
import subprocess

import testtools

from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration.known_issues import rules
from nova_native_tls.migration import versions
from nova_native_tls.pki import advice
from nova_native_tls.pki import qemu_releases
from tests.functional import credentials
from tests.functional import qemu_migration
from tests.functional import qemu_tls


@functools.cache
def installed() -> versions.Version:
    """The release of QEMU here."""
    said = subprocess.run(
        ['qemu-system-x86_64', '--version'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r'version ([0-9.]+[0-9])', said)
    assert found is not None, said
    return versions.Version.parse(found[1])


def refused(*flags: str) -> set[str]:
    """Which known issues refuse this between two hosts such as this one."""
    host = versions.HostVersions(qemu=installed())
    return {
        met.known.id
        for met in rules.find(
            migration_call.MigrateCall(flags=frozenset(flags), params={}),
            migration_call.MigrationRequest(machine='pc-q35-10.1'),
            versions.Context(source=host, destination=host),
        )
    }


class CombinationsTest(credentials.CredentialsTestCase):
    """What libvirt would ask of QEMU."""

    def setUp(self) -> None:
        super().setUp()
        self.qemu = self.useFixture(qemu_migration.Qemu())

    def test_zero_copy(self) -> None:
        """QEMU refuses it with TLS, and alone it does not."""
        self.qemu.enable('multifd')
        self.qemu.enable('zero-copy-send')
        err = self.assertRaises(
            qemu_migration.Refused,
            self.qemu.use_tls,
            self.files().directory,
            'client',
            credentials.NAME,
        )
        self.assertIn('non-TLS multifd migration', str(err))
        self.assertIn('tls-zerocopy', refused('TLS', 'ZEROCOPY', 'PARALLEL'))
        self.assertEqual(set(), refused('ZEROCOPY', 'PARALLEL'))

    def test_post_copy(self) -> None:
        """Before 8.0 QEMU does not even look; then it refuses, up to 10.0."""
        said = ''
        try:
            self.qemu.enable('postcopy-ram', 'multifd')
        except qemu_migration.Refused as err:
            said = str(err)
        looks = versions.Version(8, 0) <= installed()
        affected = installed() < versions.Version(10, 1)
        self.assertEqual(
            'Postcopy is not yet compatible with multifd'
            if looks and affected
            else '',
            said,
        )
        self.assertEqual(
            {'post-copy-parallel'} if affected else set(),
            refused('LIVE', 'POSTCOPY', 'PARALLEL'),
        )


class CredentialsTest(credentials.CredentialsTestCase):
    """Which certificates it loads."""

    def test_key_encipherment(self) -> None:
        """A critical key usage without it."""
        files = self.files()
        files.install(
            'server',
            self.issue(credentials.usage('digital_signature'), rsa_bits=2048),
        )
        said = qemu_tls.load(files.directory, 'server')
        self.assertEqual(
            qemu_releases.KEY_ENCIPHERMENT.include(installed()),
            'does not permit key encipherment' in said,
            said,
        )

    def test_whole_chain(self) -> None:
        """An intermediate CA alone in ca-cert.pem."""
        middle = credentials.authority(
            subject='an intermediate authority', issuer=self.ca
        )
        files = self.files(middle)
        said = qemu_tls.load(files.directory, 'server')
        self.assertEqual(
            qemu_releases.WHOLE_CHAIN.include(installed()),
            'has no issuer in CA chain' in said,
            said,
        )


class DHParametersTest(credentials.CredentialsTestCase):
    """Whether it makes parameters of its own."""

    def _traced(self, files: credentials.Files) -> str:
        done = subprocess.run(
            [
                *('qemu-img', '-T', 'qcrypto_tls_creds_load_dh', 'info'),
                *qemu_tls.credentials(files.directory, 'server'),
                '/nonexistent/disk',
            ],
            env=qemu_tls.ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=qemu_tls.HANGS_AFTER_S,
            check=False,
        )
        # The credentials were loaded, and that is all.
        self.assertIn('/nonexistent/disk', done.stderr)
        return done.stderr

    def test_own_parameters(self) -> None:
        """Not if there is a file of them."""
        files = self.files()
        self.assertNotIn('<generated>', self._traced(files))
        files.remove('dh-params.pem')
        self.assertEqual(
            qemu_releases.OWN_DH_PARAMETERS.include(installed()),
            '<generated>' in self._traced(files),
        )

    def test_made_with_certtool(self) -> None:
        """It takes those that an operator is told to make."""
        files = self.files()
        files.remove('dh-params.pem')
        subprocess.run(
            shlex.split(_certtool()),
            cwd=files.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        self.assertNotIn('<generated>', self._traced(files))


def _certtool() -> str:
    """Give the command that is told."""
    remedy = advice.for_code('dh-params.absent').remedy
    (command,) = re.findall(r'"(certtool [^"]*)"', remedy)
    return str(command)


class InstalledTest(testtools.TestCase):
    """What the tests above go by."""

    def test_release(self) -> None:
        """It is one that is supported at all."""
        self.assertGreaterEqual(installed(), versions.Version(5, 2))
