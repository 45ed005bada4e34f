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

"""Two QEMUs are brought to refuse each other, and that is explained."""

from __future__ import annotations

import pathlib

from nova_native_tls.explain import entry
from nova_native_tls.explain import matcher

from tests.functional import credentials
from tests.functional import qemu_tls

SOURCE, DESTINATION = entry.Host.SOURCE, entry.Host.DESTINATION
#: Who hears of what the certificate of a role is like.
JUDGES = {'client': DESTINATION, 'server': SOURCE}


class HandshakeTest(credentials.CredentialsTestCase):
    """One host does not accept the other, and only one of them knows why."""

    def setUp(self) -> None:
        super().setUp()
        self.source = self.files()
        self.destination = self.files()

    def _said(
        self,
        *,
        name: str | None = credentials.NAME,
        source_options: tuple[str, ...] = (),
        destination_options: tuple[str, ...] = (),
        plain: entry.Host | None = None,
    ) -> qemu_tls.Said:
        return qemu_tls.shake_hands(
            qemu_tls.credentials(
                self.source.directory, 'client', *source_options
            )
            if plain is not SOURCE
            else [],
            qemu_tls.credentials(
                self.destination.directory, 'server', *destination_options
            )
            if plain is not DESTINATION
            else [],
            name=name if plain is not SOURCE else None,
        )

    def _best(self, said: qemu_tls.Said) -> matcher.Explanation:
        found = matcher.best_of(
            source_log=said.source, destination_log=said.destination
        )
        self.assertIsNotNone(found, said)
        return found

    def _assert_explained(
        self, expected: str, mend: entry.Host, **how
    ) -> matcher.Explanation:
        said = self._said(**how)
        found = self._best(said)
        self.assertEqual((expected, mend), (found.id, found.mend), said)
        return found

    def test_nothing_wrong(self):
        """Then there is nothing to explain."""
        said = self._said()
        self.assertIn('virtual size', said.source)
        self.assertEqual((), matcher.explain(said.source))
        self.assertEqual((), matcher.explain(said.destination))

    def test_name(self):
        """A name, an address, and the empty one that a libvirt passes."""
        found = self._assert_explained(
            'name.mismatch', DESTINATION, name='host9.example.org'
        )
        self.assertIn('host9.example.org', found.cause)
        found = self._assert_explained(
            'name.address-mismatch', DESTINATION, name=None
        )
        self.assertIn('127.0.0.1', found.cause)
        self._assert_explained('name.empty', SOURCE, name='')

    def test_destination_without_a_common_authority(self):
        """The source does not know who issued what it is shown."""
        self.destination.write('ca-cert.pem', self.other_ca.cert_pem)
        self.destination.install('server', self.issue(issuer=self.other_ca))
        self._assert_explained('peer.unknown-issuer', entry.Host.BOTH)

    def test_source_without_a_common_authority(self):
        """GnuTLS then sends no certificate at all."""
        self.source.write(
            'ca-cert.pem', self.ca.cert_pem + self.other_ca.cert_pem
        )
        self.source.install('client', self.issue(issuer=self.other_ca))
        self._assert_explained('client-cert.not-sent', SOURCE)

    def test_source_without_a_certificate(self):
        """Nor without its key: the source itself sees nothing wrong."""
        for name in ('client-cert.pem', 'client-key.pem'):
            self.source = self.files()
            self.source.remove(name)
            # Newer QEMUs refuse to load the one without the other.
            if qemu_tls_refuses(self.source.directory):
                continue
            said = self._said()
            found = self._best(said)
            self.assertEqual('client-cert.not-sent', found.id)
            (alone,) = matcher.explain(said.source, seen_on=SOURCE)
            self.assertEqual(entry.Rank.CONSEQUENCE, alone.rank)
            self.assertIn('on the destination', alone.remedy)

    def test_namesake_of_the_authority(self):
        """An authority made anew under the old name."""
        for host, role, mend in (
            (self.destination, 'server', DESTINATION),
            (self.source, 'client', SOURCE),
        ):
            host.write(
                'ca-cert.pem', self.ca.cert_pem + self.namesake.cert_pem
            )
            host.install(role, self.issue(issuer=self.namesake))
            said = self._said()
            said_by = said.source if role == 'server' else said.destination
            (found,) = matcher.explain(said_by, seen_on=JUDGES[role])
            self.assertEqual(
                ('peer.not-trusted', mend), (found.id, found.mend)
            )
            host.write('ca-cert.pem', self.ca.cert_pem)
            host.install(role, self.issue())

    def test_dates_that_only_the_other_host_minds(self):
        """As when one clock is wrong."""
        unchecked = ('sanity-check=off',)
        for days in ((-9, -1), (1, 9)):
            self.source.install('client', self.issue(days=days))
            self._assert_explained(
                'peer.not-trusted', SOURCE, source_options=unchecked
            )
        self.source.install('client', self.issue())
        self.destination.install('server', self.issue(days=(-9, -1)))
        self._assert_explained(
            'peer.not-trusted', DESTINATION, destination_options=unchecked
        )

    def test_revoked(self):
        """By a list that only the destination reads."""
        identity = self.issue()
        self.source.install('client', identity)
        self.destination.write(
            'ca-crl.pem', credentials.revocation_list(self.ca, identity)
        )
        self._assert_explained('client-cert.revoked', SOURCE)

    def test_weak(self):
        """A key that the other host holds to be too short."""
        strict = ('priority=NORMAL:%PROFILE_MEDIUM',)
        self.source.install('client', self.issue(rsa_bits=1024))
        self._assert_explained('peer.weak', SOURCE, destination_options=strict)
        self.source.install('client', self.issue())
        self.destination.install('server', self.issue(rsa_bits=1024))
        self._assert_explained('peer.weak', DESTINATION, source_options=strict)

    def test_clear_text(self):
        """One of the two was told nothing of TLS."""
        self._assert_explained('disks.source-plain', SOURCE, plain=SOURCE)
        self._assert_explained(
            'disks.destination-plain', DESTINATION, plain=DESTINATION
        )

    def test_priority(self):
        """The host is told whose priority GnuTLS does not take."""
        for bad in ('NOSUCH', '@NOSUCH', 'NORMAL:-CIPHER-ALL'):
            options = (f'priority={bad}',)
            found = self._assert_explained(
                'priority.unusable', SOURCE, source_options=options
            )
            self.assertIn(f'priority {bad} ', found.cause)
            self._assert_explained(
                'priority.unusable', DESTINATION, destination_options=options
            )

    def test_nothing_in_common(self):
        """Versions, ciphers, or a key usage that rules out all of them."""
        for first, second in (
            ('-VERS-ALL:+VERS-TLS1.2', '-VERS-ALL:+VERS-TLS1.3'),
            ('-CIPHER-ALL:+AES-256-GCM', '-CIPHER-ALL:+CHACHA20-POLY1305'),
        ):
            self._assert_explained(
                'handshake.nothing-in-common',
                entry.Host.BOTH,
                source_options=(f'priority=NORMAL:{first}',),
                destination_options=(f'priority=NORMAL:{second}',),
            )
        self.destination.install(
            'server',
            self.issue(credentials.usage('key_encipherment', critical=False)),
        )
        self._assert_explained('handshake.nothing-in-common', entry.Host.BOTH)

    def test_the_other_end_of_a_handshake(self):
        """It learns nothing, and is sent to the host that knows."""
        said = self._said(destination_options=('priority=NOSUCH',))
        (found,) = matcher.explain(said.source, seen_on=SOURCE)
        self.assertEqual('handshake.refused', found.id)
        self.assertEqual(entry.Rank.SYMPTOM, found.rank)
        self.assertIn('on the destination', found.remedy)


def qemu_tls_refuses(directory: pathlib.Path) -> bool:
    """Whether QEMU does not even load what a source has there."""
    said = qemu_tls.load(directory, 'client')
    return matcher.explain(said)[0].id != 'network.unreachable'
