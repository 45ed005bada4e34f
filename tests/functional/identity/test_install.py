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

"""Installing: what QEMU then loads, what is refused, and what stays."""

from __future__ import annotations

import os
import stat

from cryptography.hazmat.primitives import serialization
from cryptography import x509

from nova_native_tls.identity import candidate
from nova_native_tls.identity import install
from nova_native_tls.identity import pending
from nova_native_tls.store import durable
from nova_native_tls.store import set_directory
from tests.functional import credentials
from tests.functional.identity import world

SERVER_ONLY = credentials.purposes(credentials.SERVER)


class InstallTest(world.IdentityTestCase):
    """What works."""

    def install(self, given: candidate.Given) -> install.Installed:
        """Install, and see that QEMU loads it."""
        done = install.install(given, self.place, world.PATIENCE)
        self.assert_qemu_loads()
        return done

    def test_first(self) -> None:
        """QEMU's user reads everything, and others not the key."""
        given = self.signed()
        self.assertTrue(self.install(given).changed)

        content = self.content()
        self.assertEqual(given.cert, content['server-cert.pem'])
        self.assertEqual(given.cert, content['client-cert.pem'])
        self.assertEqual(content['server-key.pem'], content['client-key.pem'])
        self.assertEqual(given.ca, content['ca-cert.pem'])
        self.assertNotIn('ca-crl.pem', content)
        key = (self.directory / 'server-key.pem').stat()
        self.assertEqual(0, stat.S_IMODE(key.st_mode) & 0o037)
        self.assertIsNone(pending.read(str(self.directory)))

    def test_repeatedly(self) -> None:
        """Each renewal replaces the key, and one set is kept to go back."""
        keys = set()
        for _time in range(4):
            self.assertTrue(self.install(self.signed()).changed)
            keys.add(self.content()['server-key.pem'])

        self.assertEqual(4, len(keys))
        self.assertEqual(2, len(os.listdir(self.directory / '.sets')))
        previous = self.directory / '.previous' / 'server-key.pem'
        self.assertIn(previous.read_bytes(), keys)

    def test_back(self) -> None:
        """The certificate before finds its key in the set before."""
        self.install(self.signed())
        before = self.content()
        self.install(self.signed())

        self.install(candidate.Given(cert=before['server-cert.pem']))
        self.assertEqual(before, self.content())

    def test_same_again(self) -> None:
        """What is there already is not replaced."""
        given = self.signed()
        self.install(given)
        current = os.readlink(self.directory / '.current')

        self.assertFalse(self.install(given).changed)
        self.assertEqual(current, os.readlink(self.directory / '.current'))

    def test_opened_permissions_are_mended(self) -> None:
        """The same files with other permissions are replaced."""
        given = self.signed()
        self.install(given)
        (self.directory / 'server-key.pem').chmod(0o666)

        self.assertTrue(self.install(given).changed)
        key = (self.directory / 'server-key.pem').stat()
        self.assertEqual(0, stat.S_IMODE(key.st_mode) & 0o037)

    def test_more_trust_alone(self) -> None:
        """A bundle alone leaves the certificate and its key."""
        self.install(self.signed())
        before = self.content()
        both = self.ca.cert_pem + credentials.authority(subject='new').cert_pem

        self.install(candidate.Given(ca=both))
        self.assertEqual({**before, 'ca-cert.pem': both}, self.content())

    def test_revocation_list_alone(self) -> None:
        """A list alone leaves everything else."""
        self.install(self.signed())
        before = self.content()
        crl = credentials.revocation_list(self.ca)

        self.install(candidate.Given(crl=crl))
        self.assertEqual({**before, 'ca-crl.pem': crl}, self.content())

    def test_over_plain_files(self) -> None:
        """Files that were put there by hand become the set to go back to."""
        old = credentials.Files(self.directory, self.ca)
        for end in ('server', 'client'):
            old.install(end, credentials.issue('x', issuer=self.ca))
            (self.directory / f'{end}-key.pem').chmod(0o644)
        (self.directory / 'server-cert-0.pem').write_bytes(b'numbered')
        before = self.content()

        self.install(self.signed())
        self.assertNotIn('server-cert-0.pem', self.content())
        previous = self.directory / '.previous'
        self.assertEqual(
            before,
            {path.name: path.read_bytes() for path in previous.iterdir()},
        )
        # Whose DH parameters are used on.
        self.assertEqual(
            before['dh-params.pem'], self.content()['dh-params.pem']
        )

    def test_over_plain_file_again(self) -> None:
        """A link that somebody has replaced by a file is a link again."""
        self.install(self.signed())
        path = self.directory / 'ca-cert.pem'
        path.unlink()
        path.write_bytes(self.ca.cert_pem)

        self.install(self.signed())
        self.assertEqual('.current/ca-cert.pem', os.readlink(path))

    def test_linked_directory(self) -> None:
        """A link may lead to the directory."""
        elsewhere = self.directory.parent / 'elsewhere'
        elsewhere.mkdir()
        self.directory.symlink_to(elsewhere)

        self.install(self.signed())
        self.assertTrue((elsewhere / '.current').is_dir())

    def test_leftovers(self) -> None:
        """What an interrupted process has left goes away."""
        self.install(self.signed())
        left = [
            self.directory / f'{durable.UNFINISHED}1',
            self.directory / '.sets' / f'{durable.UNFINISHED}2',
            self.directory / '.sets' / '9',
        ]
        for path in left:
            path.mkdir()
            (path / 'server-key.pem').write_text('half')

        self.install(self.signed())
        self.assertEqual([], [path for path in left if path.exists()])


class RefusedTest(world.IdentityTestCase):
    """What is refused; the old set stays, to the byte."""

    def setUp(self) -> None:
        super().setUp()
        install.install(self.signed(), self.place, world.PATIENCE)
        self.before = self.content()

    def assert_refused(self, given: candidate.Given, *expected: str) -> None:
        """It is refused with these words, and nothing has changed."""
        current = os.readlink(self.directory / '.current')
        error = self.assertRaises(
            candidate.InstallRefused,
            install.install,
            given,
            self.place,
            world.PATIENCE,
        )
        for text in expected:
            self.assertIn(text, str(error))
        self.assertEqual(self.before, self.content())
        self.assertEqual(current, os.readlink(self.directory / '.current'))
        self.assert_qemu_loads()

    def test_private_key_in_bundle(self) -> None:
        """A private key among the CAs."""
        bundle = self.ca.cert_pem + self.ca.key_pem()
        self.assert_refused(candidate.Given(ca=bundle), 'private key')

    def test_private_key_beside_certificate(self) -> None:
        """A private key behind the certificate."""
        given = self.signed()
        assert given.cert is not None
        self.assert_refused(
            candidate.Given(cert=given.cert + self.ca.key_pem()), 'private key'
        )

    def test_empty_bundle(self) -> None:
        """No CA at all, or something else."""
        for content in (b'', b'\0', b'no certificate', self.ca.key_pem()[:40]):
            self.assert_refused(candidate.Given(ca=content), 'CA bundle')

    def test_expired_authority(self) -> None:
        """A CA that has expired, beside a good one."""
        old = credentials.authority(subject='old', days=(-9, -1))
        self.assert_refused(
            candidate.Given(ca=self.ca.cert_pem + old.cert_pem),
            'CN=old',
            'expired',
        )

    def test_bundle_without_own_authority(self) -> None:
        """A bundle of another CA alone: no host would take this one."""
        other = credentials.authority(subject='other')
        self.assert_refused(candidate.Given(ca=other.cert_pem))

    def test_no_authority(self) -> None:
        """A certificate in the bundle that is no CA's."""
        leaf = credentials.issue('leaf', issuer=self.ca)
        self.assert_refused(
            candidate.Given(ca=self.ca.cert_pem + leaf.cert_pem), 'no CA'
        )

    def test_too_many_authorities(self) -> None:
        """More than QEMU looks at."""
        self.assert_refused(
            candidate.Given(ca=self.ca.cert_pem * 17), '17', '16'
        )

    def test_key_of_another_host(self) -> None:
        """A certificate for a key that is not here."""
        other = credentials.issue('x', issuer=self.ca, names=(world.HOST,))
        self.assert_refused(
            candidate.Given(cert=other.cert_pem, ca=self.ca.cert_pem),
            'another host',
        )

    def test_other_names(self) -> None:
        """A certificate for other names than were asked for."""
        given = self.signed(names=('host2.example.org',))
        self.assert_refused(given, 'host2.example.org', world.HOST)

    def test_other_names_for_installed_key(self) -> None:
        """Nor for the key that is installed."""
        key = serialization.load_pem_private_key(
            self.before['server-key.pem'], None
        )
        cert = world.certificate(
            key.public_key(),
            self.ca,
            x509.SubjectAlternativeName([x509.DNSName('host2.example.org')]),
        )
        self.assert_refused(
            candidate.Given(cert=cert), 'other names', 'host2.example.org'
        )

    def test_expired_certificate(self) -> None:
        """A certificate that has expired, or is not valid yet."""
        self.assert_refused(self.signed(days=(-3, -1)), 'valid')
        self.assert_refused(self.signed(days=(2, 3)), 'valid')

    def test_certificate_for_one_end(self) -> None:
        """A certificate that may be shown as a destination only."""
        asked = self.request(replace=True)
        cert = world.sign(asked.request.csr_pem, self.ca, SERVER_ONLY)
        self.assert_refused(
            candidate.Given(cert=cert, ca=self.ca.cert_pem), 'client-cert'
        )

    def test_damaged_revocation_list(self) -> None:
        """A list that nobody can read, also behind a good one."""
        good = credentials.revocation_list(self.ca)
        bad = good.replace(b'\nMI', b'\nMA', 1)
        for content in (b'', b'none', bad, good + bad):
            self.assert_refused(candidate.Given(crl=content), 'revocation')

    def test_own_certificate_revoked(self) -> None:
        """A list on which this host itself is."""
        own = credentials.Identity(
            cert=x509.load_pem_x509_certificate(
                self.before['server-cert.pem']
            ),
            key=None,
        )
        crl = credentials.revocation_list(self.ca, own)
        self.assert_refused(candidate.Given(crl=crl), 'revo')


class PlaceTest(world.IdentityTestCase):
    """What is in the way of an installation."""

    def test_unreadable_for_qemu(self) -> None:
        """A directory that QEMU's user cannot enter: what to type."""
        self.directory.mkdir(0o700)
        error = self.assertRaises(
            install.QemuCannotRead,
            install.install,
            self.signed(),
            self.place,
            world.PATIENCE,
        )
        self.assertIn('chmod', str(error))
        self.assertEqual({}, self.content())
        self.assertEqual([], os.listdir(self.directory / '.sets'))

    def test_directory_in_place_of_file(self) -> None:
        """A directory under the name of a file stays what it is."""
        (self.directory / 'ca-crl.pem').mkdir(parents=True)
        self.assertRaises(
            set_directory.NotAFile,
            install.install,
            self.signed(),
            self.place,
            world.PATIENCE,
        )
        self.assertTrue((self.directory / 'ca-crl.pem').is_dir())

    def test_pipe_in_place_of_file(self) -> None:
        """Nobody waits at a FIFO."""
        self.directory.mkdir()
        os.mkfifo(self.directory / 'dh-params.pem')
        self.assertRaises(
            set_directory.NotAFile,
            install.install,
            self.signed(),
            self.place,
            world.PATIENCE,
        )

    def test_request_pending(self) -> None:
        """A second request needs a wish to forget the first."""
        first = self.request()
        error = self.assertRaises(pending.RequestPending, self.request)
        self.assertIn('--replace', str(error))
        kept = pending.read(str(self.directory))
        assert kept is not None
        self.assertEqual(first.request.key_pem, kept.request.key_pem)
