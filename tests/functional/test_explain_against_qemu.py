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

"""QEMU is brought to say a sentence, and the sentence is explained.

So a QEMU that words something anew makes a test fail, rather than an
operator look for an explanation in vain. Here are the sentences of a host
about its own files.
"""

from __future__ import annotations

from collections.abc import Callable

from nova_native_tls.explain import entry
from nova_native_tls.explain import matcher

from tests.functional import credentials
from tests.functional import qemu_tls

SOURCE, DESTINATION = entry.Host.SOURCE, entry.Host.DESTINATION
HOSTS = {'client': SOURCE, 'server': DESTINATION}
OTHER = {'client': 'server', 'server': 'client'}
PURPOSES = {'client': credentials.CLIENT, 'server': credentials.SERVER}
NOT_PEM = b'not PEM'

Change = Callable[[credentials.Files, str], None]


class LoadTest(credentials.CredentialsTestCase):
    """A host cannot use its own files: which file, and which host."""

    def _assert_explained(
        self,
        expected: str,
        change: Change,
        *,
        ca: credentials.Identity | None = None,
        endpoints: tuple[str, ...] = ('server', 'client'),
        options: tuple[str, ...] = (),
        **how,
    ) -> None:
        """Break a file of each host; ROLE in the id is client or server."""
        for endpoint in endpoints:
            files = self.files(ca)
            change(files, endpoint)
            said = qemu_tls.load(files.directory, endpoint, *options, **how)
            found = matcher.explain(said, seen_on=HOSTS[endpoint])
            self.assertEqual(
                (expected.replace('ROLE', endpoint), HOSTS[endpoint]),
                (found[0].id, found[0].mend) if found else said,
            )
            self.assertEqual(1, len(found), said)
            if 'ca-cert' not in expected and not expected.startswith('secret'):
                # The name of the file alone tells the host.
                (alone,) = matcher.explain(said)
                self.assertEqual(HOSTS[endpoint], alone.mend)

    def test_nothing_wrong(self):
        """Then nothing is explained but that nobody listens."""
        said = qemu_tls.load(self.files().directory, 'client')
        (found,) = matcher.explain(said, seen_on=SOURCE)
        self.assertEqual('network.unreachable', found.id)
        self.assertIn('127.0.0.1:1', found.cause)

    def test_missing(self):
        """The authority on both hosts, the rest on the destination."""
        self._assert_explained(
            'ca-cert.missing', lambda files, _role: files.remove('ca-cert.pem')
        )
        for name in ('server-cert', 'server-key'):
            self._assert_explained(
                f'{name}.missing',
                lambda files, _role, name=name: files.remove(f'{name}.pem'),
                endpoints=('server',),
            )

    def test_missing_directory(self):
        """Says what its first missing file says."""
        self._assert_explained(
            'ca-cert.missing',
            lambda files, _role: files.directory.rename(
                files.directory.with_name(f'{files.directory.name}-gone')
            ),
        )

    def test_not_permitted(self):
        """A file, or the directory around it."""

        def forbid(files: credentials.Files, _role: str) -> None:
            files.directory.chmod(0)
            # So that it can be removed.
            self.addCleanup(files.directory.chmod, 0o755)

        self._assert_explained('ca-cert.not-permitted', forbid, as_nobody=True)
        self._assert_explained(
            'ca-cert.not-permitted',
            lambda files, _role: (files.directory / 'ca-cert.pem').chmod(0),
            as_nobody=True,
        )

    def test_not_permitted_optional(self):
        """A file that only the destination reads, and only if it is there."""

        def forbid(name: str) -> Change:
            def change(files: credentials.Files, _role: str) -> None:
                files.write(f'{name}.pem', NOT_PEM)
                (files.directory / f'{name}.pem').chmod(0)

            return change

        for name in ('ca-crl', 'dh-params'):
            self._assert_explained(
                f'{name}.not-permitted',
                forbid(name),
                endpoints=('server',),
                as_nobody=True,
            )

    def test_key_not_permitted(self):
        """As every key is whose owner is root alone."""

        def forbid(files: credentials.Files, role: str) -> None:
            (files.directory / f'{role}-key.pem').chmod(0)

        for role in HOSTS:
            files = self.files()
            forbid(files, role)
            said = qemu_tls.load(files.directory, role, as_nobody=True)
            (found,) = matcher.explain(said)
            self.assertIn(f'{role}-key.pem', found.cause)
            self.assertIn('may not read', found.cause)
            self.assertEqual(HOSTS[role], found.mend)

    def test_damaged(self):
        """What is not PEM is told apart from what is not there."""
        self._assert_explained(
            'ROLE-cert.damaged',
            lambda files, role: files.write(f'{role}-cert.pem', NOT_PEM),
        )
        for name in ('ca-crl', 'dh-params'):
            self._assert_explained(
                f'{name}.damaged',
                lambda files, _role, name=name: files.write(
                    f'{name}.pem', NOT_PEM
                ),
                endpoints=('server',),
            )

    def test_damaged_authority(self):
        """It is named, however QEMU words it."""
        for role in HOSTS:
            files = self.files()
            files.write('ca-cert.pem', NOT_PEM)
            said = qemu_tls.load(files.directory, role)
            (found,) = matcher.explain(said, seen_on=HOSTS[role])
            self.assertIn('ca-cert.damaged', found.id)
            self.assertEqual(HOSTS[role], found.mend)

    def test_damaged_key(self):
        """It is named, however QEMU words it."""
        for role in HOSTS:
            files = self.files()
            files.write(f'{role}-key.pem', NOT_PEM)
            (found,) = matcher.explain(qemu_tls.load(files.directory, role))
            self.assertIn(f'{role}-key.pem', found.cause)
            self.assertEqual(HOSTS[role], found.mend)

    def test_mixed_pair(self):
        """A certificate and the key of another one."""
        self._assert_explained(
            'ROLE-cert.key-mismatch',
            lambda files, role: files.write(
                f'{role}-key.pem', self.issue().key_pem()
            ),
        )

    def test_secret_that_qemu_does_not_have(self):
        """It is the secret that is missing, not the file."""
        self._assert_explained(
            'secret.unknown',
            lambda files, role: None,
            options=('passwordid=nosuch',),
        )

    def test_encrypted_key(self):
        """Without a passphrase, and with a wrong one."""
        for how in ({}, {'options': ('passwordid=s',), 'secret': 'another'}):
            for role in HOSTS:
                files = self.files()
                identity = self.issue()
                files.install(role, identity)
                files.write(
                    f'{role}-key.pem', identity.key_pem(credentials.PASSPHRASE)
                )
                said = qemu_tls.load(
                    files.directory,
                    role,
                    *how.get('options', ()),
                    secret=how.get('secret'),
                )
                (found,) = matcher.explain(said)
                self.assertIn('passphrase', found.cause)
                self.assertIn(f'{role}-key.pem', found.cause)
                self.assertEqual(HOSTS[role], found.mend)

    def test_rules_for_a_certificate(self):
        """Each rule of QEMU has an id of its own."""
        for expected, make in (
            ('expired', lambda role: self.issue(days=(-9, -1))),
            ('not-yet-valid', lambda role: self.issue(days=(1, 9))),
            (
                'is-a-ca',
                lambda role: self.issue(credentials.constraints(is_ca=True)),
            ),
            (
                'no-digital-signature',
                lambda role: self.issue(credentials.usage('key_encipherment')),
            ),
            (
                'wrong-purpose',
                lambda role: self.issue(
                    credentials.purposes(PURPOSES[OTHER[role]])
                ),
            ),
            ('foreign-ca', lambda role: self.issue(issuer=self.other_ca)),
            ('untrusted', lambda role: self.issue(issuer=self.namesake)),
        ):
            self._assert_explained(
                f'ROLE-cert.{expected}',
                lambda files, role, make=make: files.install(role, make(role)),
            )

    def test_rules_for_an_authority(self):
        """Each rule of QEMU has an id of its own."""
        is_ca = credentials.constraints(is_ca=True)
        for expected, authority in (
            ('expired', credentials.authority(days=(-9, -1))),
            ('not-yet-valid', credentials.authority(days=(1, 9))),
            (
                'not-a-ca',
                credentials.authority(credentials.constraints(is_ca=False)),
            ),
            (
                'not-a-ca',
                credentials.authority(credentials.usage('key_cert_sign')),
            ),
            (
                'no-certificate-signing',
                credentials.authority(
                    is_ca, credentials.usage('digital_signature')
                ),
            ),
        ):
            self._assert_explained(
                f'ca-cert.{expected}', lambda files, role: None, ca=authority
            )
