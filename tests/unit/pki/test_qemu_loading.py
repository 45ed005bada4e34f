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

from __future__ import annotations

import dataclasses
import errno

import testtools

from nova_native_tls.pki import credential_set
from nova_native_tls.pki import loaded
from nova_native_tls.pki import qemu_loading

from tests.functional.fidelity import certificates
from tests.functional.fidelity import keys
from tests.functional.fidelity import world
from tests.unit.pki import pairs

DENIED = credential_set.File(read_error=errno.EACCES)
FIFO = credential_set.File(waits=True)
DIRECTORY = credential_set.File(read_error=errno.EISDIR)
NONSENSE = credential_set.File(content=b'nonsense')


class LoadingTestCase(testtools.TestCase):
    version = pairs.OLD

    def setUp(self):
        super().setUp()
        self.pair = pairs.pair()
        self.host = self.pair.destination

    def load(self, **replaced: credential_set.File) -> loaded.Loaded:
        """Load a host's files, of which some are replaced.

        :param replaced: by name, as in ``ca_cert``.
        """
        files = pairs.files(self.host, self.pair.passphrase)
        changes = {
            f'{name.replace("_", "-")}.pem': file
            for name, file in replaced.items()
        }
        return qemu_loading.load(
            dataclasses.replace(files, files={**files.files, **changes}),
            credential_set.Endpoint(self.host.role),
            now=int(pairs.NOW.timestamp()),
            version=self.version,
        )

    def assert_faults(self, expected: list[str], **replaced) -> None:
        found = self.load(**replaced)
        self.assertEqual(expected, [one.code for one in found.faults])
        if not expected:
            self.assertIsNotNone(found.credentials)


class CommonTests:
    """What all versions of QEMU do."""

    def test_good(self):
        """Both ends load, and there is something to shake hands with."""
        for self.host in self.pair.hosts:
            self.assert_faults([])

    def test_ca_is_missing(self):
        """Both ends need it."""
        for self.host in self.pair.hosts:
            self.assert_faults(
                ['ca-cert.missing'], ca_cert=credential_set.MISSING
            )

    def test_key_is_another_ones(self):
        """GnuTLS compares them."""
        self.host.key = keys.get('p256', 5)
        self.assert_faults(['server-cert.key-mismatch'])

    def test_encrypted_key(self):
        """It needs the passphrase, and the right one."""
        self.host.encrypted = 'right'
        for self.pair.passphrase, expected in (
            ('right', []),
            ('wrong', ['server-key.encrypted']),
            (None, ['server-key.encrypted']),
        ):
            self.assert_faults(expected)

    def test_fifo(self):
        """QEMU would wait there, and say nothing."""
        for name in ('ca_cert', 'server_cert', 'server_key', 'ca_crl'):
            found = self.load(**{name: FIFO})
            self.assertEqual(
                [f'{name.replace("_", "-")}.fifo'],
                [one.code for one in found.faults],
            )
            self.assertEqual('', found.faults[0].sentence)
            self.assertIsNone(found.credentials)

    def test_revocation_list_of_a_source(self):
        """It is not even looked at."""
        self.host = self.pair.source
        self.assert_faults([], ca_crl=FIFO)

    def test_revocation_list_of_a_destination(self):
        """It has to be one; an empty file is none, but no error."""
        self.assert_faults(['ca-crl.damaged'], ca_crl=DIRECTORY)

    def test_files_of_the_other_end(self):
        """They are not looked at."""
        self.assert_faults([], client_cert=NONSENSE, client_key=FIFO)

    def test_too_large(self):
        """That is a fault of its own."""
        self.assert_faults(
            ['ca-cert.too-large'], ca_cert=credential_set.File(too_large=True)
        )

    def test_leaf_is_broken(self):
        """QEMU's own rules are asked."""
        self.host.leaf.until = -certificates.DAY
        self.assert_faults(['server-cert.expired', 'server-cert.untrusted'])

    def test_foreign_ca(self):
        """GnuTLS is asked about the chain."""
        self.host.leaf.issuer = self.pair.new_authority('another root')
        found = [one.code for one in self.load().faults]
        self.assertIn('server-cert.foreign-ca', found)

    def test_damaged_dh_parameters(self):
        """GnuTLS has to take them."""
        self.assert_faults(['dh-params.damaged'], dh_params=NONSENSE)

    def test_nothing_as_a_source(self):
        """A source needs no certificate to load its files."""
        self.host = self.pair.source
        nothing = credential_set.MISSING
        self.assert_faults([], client_cert=nothing, client_key=nothing)


class TestTo101(CommonTests, LoadingTestCase):
    def test_missing(self):
        """A server needs both, and QEMU stops at the first."""
        self.assert_faults(
            ['server-cert.missing', 'server-key.missing'],
            server_cert=credential_set.MISSING,
            server_key=credential_set.MISSING,
        )

    def test_half_a_client(self):
        """It is loaded, and then not used."""
        self.host = self.pair.source
        found = self.load(client_key=credential_set.MISSING)
        self.assertEqual((), found.faults)
        self.assertEqual((), found.credentials.shown())

    def test_unreadable(self):
        """QEMU skips its own rules and leaves the rest to GnuTLS."""
        self.host.leaf.until = -certificates.DAY
        self.assert_faults(['server-cert.not-permitted'], server_cert=DENIED)

    def test_directory_not_traversable(self):
        """Whatever is in it."""
        denied = credential_set.File(stat_error=errno.EACCES)
        self.assert_faults(['ca-cert.not-permitted'], ca_cert=denied)

    def test_every_authority_counts(self):
        """One that nobody needs is enough."""
        other = self.pair.new_authority('an old root')
        other.until = -certificates.DAY
        self.host.bundle.append(other)
        self.assert_faults(['ca-cert.expired'])

    def test_only_sixteen_count(self):
        """What comes after them is not looked at, also the own CA."""
        others = [self.pair.new_authority(f'r{n}') for n in range(16)]
        others[0].until = certificates.DAY
        late = self.pair.new_authority('an old root')
        late.until = -certificates.DAY
        self.host.bundle = [self.pair.root, *others[:15], late]
        self.assert_faults([])
        self.host.files = {}
        self.host.bundle = [*others, self.pair.root]
        self.assert_faults(['server-cert.foreign-ca'])

    def test_own_chain_does_not_count(self):
        """The intermediate has to be in ca-cert.pem."""
        self.pair = pairs.pair(intermediate=True)
        self.host = self.pair.destination
        self.host.bundle = [self.pair.root]
        self.host.chain = [self.pair.intermediate]
        self.assert_faults(['server-cert.foreign-ca'])

    def test_nul(self):
        """QEMU's rules do not see what is behind it."""
        other = self.pair.new_authority('an old root')
        other.until = -certificates.DAY
        self.host.write(pairs.NOW)
        self.host.files['ca-cert.pem'] += b'\0' + world.pem_of(
            other, pairs.NOW
        )
        self.assert_faults([])

    def test_more_identities_are_not_looked_at(self):
        """Newer QEMU would."""
        self.assert_faults([], server_cert_0=NONSENSE)


class TestFrom102(CommonTests, LoadingTestCase):
    version = pairs.NEW

    def test_missing(self):
        """A server needs one."""
        self.assert_faults(
            ['server-cert.missing'],
            server_cert=credential_set.MISSING,
            server_key=credential_set.MISSING,
        )

    def test_half_an_identity(self):
        """Both or nothing, also of a client."""
        for self.host in self.pair.hosts:
            role = self.host.role
            for there, gone in (('cert', 'key'), ('key', 'cert')):
                found = self.load(**{f'{role}_{gone}': credential_set.MISSING})
                self.assertEqual(
                    [f'{role}-{gone}.missing'],
                    [one.code for one in found.faults],
                    there,
                )

    def test_unreadable(self):
        """It is found at once."""
        self.assert_faults(['server-cert.not-permitted'], server_cert=DENIED)

    def test_other_authorities_do_not_count(self):
        """Only those of the chain."""
        other = self.pair.new_authority('an old root')
        other.until = -certificates.DAY
        self.host.bundle.append(other)
        self.assert_faults([])

    def test_root_is_needed(self):
        """An intermediate alone is not enough."""
        self.pair = pairs.pair(intermediate=True)
        self.host = self.pair.destination
        self.host.bundle = [self.pair.intermediate]
        self.assert_faults(['ca-cert.incomplete'])

    def test_own_chain_counts(self):
        """The intermediate may be in either file."""
        self.pair = pairs.pair(intermediate=True)
        self.host = self.pair.destination
        self.host.bundle = [self.pair.root]
        self.host.chain = [self.pair.intermediate]
        self.assert_faults([])

    def test_order_counts(self):
        """Each one is issued by the next."""
        self.pair = pairs.pair(intermediate=True)
        self.host = self.pair.destination
        self.host.chain = [self.pair.root]
        self.assertIn(
            'server-cert.unordered', [f.code for f in self.load().faults]
        )

    def test_circle(self):
        """QEMU goes round and round; we do not."""
        first, second = (
            self.pair.new_authority(name) for name in ('one', 'two')
        )
        first.issuer, second.issuer = second, first
        self.host.leaf.issuer = first
        self.host.bundle = [first, second]
        self.assertIn('ca-cert.circular', [f.code for f in self.load().faults])

    def test_more_identities(self):
        """All of them are loaded, up to the first gap."""
        self.assert_faults(['server-key.missing'], server_cert_0=NONSENSE)
        self.assert_faults([], server_cert_1=NONSENSE)

    def test_another_identity_instead(self):
        """The first one need not be there."""
        self.host.write(pairs.NOW)
        for kind in ('cert', 'key'):
            content = self.host.files.pop(f'server-{kind}.pem')
            self.host.files[f'server-{kind}-0.pem'] = content
        self.assert_faults([])

    def test_no_authority(self):
        """A file without certificates is a fault."""
        self.assert_faults(['ca-cert.damaged'], ca_cert=NONSENSE)
