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

"""What is installed passes the checks of hosts, without a warning."""

from __future__ import annotations

import dataclasses
import os

from nova_native_tls.checks import credential_modes
from nova_native_tls.checks import credentials
from nova_native_tls.checks import result
from nova_native_tls.host import path_walk
from nova_native_tls.host import read_as_user
from nova_native_tls.host import tls_directory
from nova_native_tls.identity import candidate
from nova_native_tls.identity import install
from nova_native_tls.pki import credential_set
from tests.functional import credentials as test_credentials
from tests.functional.identity import world
from tests.unit.host import observations


class CheckedTest(world.IdentityTestCase):
    """Links, modes and owners, as ``host check`` sees them."""

    def test_no_warning(self) -> None:
        """Neither of the modes, nor of what QEMU makes of the files."""
        given = dataclasses.replace(
            self.signed(), crl=test_credentials.revocation_list(self.ca)
        )
        for each in (given, candidate.Given(ca=self.ca.cert_pem * 2)):
            install.install(each, self.place, world.PATIENCE)
            found = self.findings()
            self.assertEqual(
                [],
                [
                    each
                    for each in found
                    if each.status is not result.Status.SUCCESS
                ],
            )
            self.assertNotEqual([], found)

    def test_dh_parameters(self) -> None:
        """Of files by hand it misses them, until one does as it says."""
        by_hand = test_credentials.Files(self.directory, self.ca)
        for end in ('server', 'client'):
            one = test_credentials.issue(
                world.HOST, issuer=self.ca, names=(world.HOST,)
            )
            by_hand.install(end, one)
            key = self.directory / f'{end}-key.pem'
            key.chmod(0o400)
            os.chown(key, self.place.user.identity.uid, -1)
        by_hand.remove('dh-params.pem')
        codes = {each.code for each in self.findings() if each.status}
        self.assertEqual({'dh-params.absent'}, codes)

        install.install(
            candidate.Given(ca=self.ca.cert_pem), self.place, world.PATIENCE
        )
        codes = {each.code for each in self.findings() if each.status}
        self.assertEqual(set(), codes)
        self.assert_qemu_loads()

    def findings(self) -> list[result.Finding]:
        """Look at the directory as QEMU's user, and judge it."""
        directory = str(self.directory)
        walker = path_walk.Walker('')
        paths = {
            name: walker.walk(f'{directory}/{name}')
            for name in credential_set.NAMES
        }
        seen = observations.good(
            user=self.place.user,
            directory=tls_directory.TLSDirectory(path=directory),
            credentials=credential_set.CredentialSet(
                directory=directory,
                files=read_as_user.read(
                    directory, self.place.user.identity
                ).files,
            ),
            walks={'': walker.walk(directory)}
            | {
                name: walk
                for name, walk in paths.items()
                if walk.end is not None or walk.links
            },
        )
        return [
            finding
            for check in (
                credential_modes.CredentialModesCheck(),
                credentials.CredentialsCheck(),
            )
            for finding in observations.judge(
                check,
                seen,
                context={
                    'own': observations.contexts.host(1, tls_name=world.HOST)
                },
            )
        ]
