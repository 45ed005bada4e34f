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

"""A CA is replaced by its next generation, and no host is left behind."""

from __future__ import annotations

from unittest import mock

from cryptography.hazmat.primitives import hashes
from cryptography import x509

from nova_native_tls.ca import authority
from nova_native_tls.ca import ledger
from nova_native_tls.ca import record
from nova_native_tls.ca import rotation
from nova_native_tls import exception
from nova_native_tls.pki import key_type
from nova_native_tls.store import durable
from tests.unit.ca import authorities

DAY = authorities.DAY
NOW = authorities.NOW
ANY_KEY = authority.Replacement(any_key=True)


class RotationTestCase(authorities.AuthorityTestCase):
    def setUp(self):
        super().setUp()
        self.init(kind=key_type.KeyType.ED25519)
        self.hosts = {
            name: self.sign(name, f'{name}.example.org')
            for name in ('host1', 'host2')
        }

    def take(self, step, *, now=NOW, **changes) -> None:
        with self.working() as ca:
            step(ca, now=now, **changes)

    def refused(self, step, *, now=NOW) -> str:
        before = self.contents()
        error = self.assertRaises(
            exception.RotationRefused, self.take, step, now=now
        )
        self.assertEqual(before, self.contents())
        return str(error)

    def report(self, *names: str, trusts=(1, 2)) -> None:
        """Let hosts say what they show and trust."""
        generations = self.reading().ledger.generations
        with self.working() as ca:
            rotation.take_reports(
                ca,
                [
                    record.Reported(
                        at=NOW,
                        host=name,
                        seen_at=NOW,
                        certificate_sha256=self.hosts[name]
                        .fingerprint(hashes.SHA256())
                        .hex(),
                        trusted_sha256=tuple(
                            generations[number - 1].sha256 for number in trusts
                        ),
                    )
                    for name in names
                ],
            )

    def renew(self, name: str) -> None:
        self.hosts[name] = self.sign(
            name, f'{name}.example.org', replacement=ANY_KEY
        )

    def missing(self, now=NOW) -> tuple[str, ...]:
        return rotation.missing(self.reading().ledger, now)

    def bundle(self, now=NOW) -> list[x509.Certificate]:
        return x509.load_pem_x509_certificates(self.reading().bundle(now))


class TestRotation(RotationTestCase):
    def test_from_one_to_the_next(self):
        """Hosts trust both, are renewed, and the old one goes with its key."""
        (old,) = self.bundle()
        self.take(rotation.start)
        self.assertEqual(old, self.bundle()[0])
        new = self.bundle()[1]
        self.sign('host3').verify_directly_issued_by(old)
        with self.working() as ca:
            ca.revoke(name='host3', now=NOW)

        self.report('host1', 'host2')
        self.take(rotation.switch)
        self.assertEqual([old, new], self.bundle())
        for name in self.hosts:
            self.renew(name)
            self.hosts[name].verify_directly_issued_by(new)

        self.report('host1', 'host2')
        self.take(rotation.finish)
        self.assertEqual([new], self.bundle())
        self.assertFalse((self.directory / 'ca-key-1.pem').exists())
        self.assertEqual(ledger.Step.STEADY, self.reading().ledger.step)
        self.assertFalse(self.reading().lists_outdated(NOW))
        # And again.
        self.take(rotation.start)
        self.assertEqual(3, len(self.reading().ledger.generations))

    def test_new_generation(self):
        """It is of the same kind and name, with a subject of its own."""
        self.take(rotation.start)

        old, new = self.bundle()
        self.assertEqual(
            key_type.KeyType.ED25519, key_type.recognise(new.public_key())
        )
        self.assertNotEqual(old.subject, new.subject)
        self.assertIn(
            'QEMU migration CA generation 2', new.subject.rfc4514_string()
        )

    def test_another_kind(self):
        """A rotation may change the kind of key."""
        self.take(rotation.start, kind=key_type.KeyType.RSA_3072)

        self.assertEqual(
            key_type.KeyType.RSA_3072,
            key_type.recognise(self.bundle()[1].public_key()),
        )

    def test_lists_of_both(self):
        """While hosts trust both, there is a revocation list of each."""
        self.take(rotation.start)

        lists = self.reading().revocation_lists()
        self.assertEqual(2, lists.count(b'BEGIN X509 CRL'))

    def test_order(self):
        """A step that is not the next one is refused, and the next named."""
        self.assertIn('"start" is next', self.refused(rotation.switch))
        self.assertIn('"start" is next', self.refused(rotation.finish))
        self.take(rotation.start)
        self.assertIn('"switch" is the next', self.refused(rotation.start))
        self.assertIn('"switch" is the next', self.refused(rotation.finish))
        self.report('host1', 'host2')
        self.take(rotation.switch)
        self.assertIn('"finish" is the next', self.refused(rotation.start))
        self.assertIn('"finish" is the next', self.refused(rotation.switch))

    def test_encrypted(self):
        """The new key has the passphrase of the old one."""
        self.directory = self.root / 'encrypted'
        self.init(passphrase=b'secret')

        with self.working(lambda: b'secret') as ca:
            rotation.start(ca, now=NOW)

        pem = (self.directory / 'ca-key-2.pem').read_bytes()
        self.assertIn(b'ENCRYPTED', pem)
        with self.working(lambda: b'secret') as ca:
            rotation.switch(ca, now=NOW)

    def test_crash_before_the_journal(self):
        """A generation that the journal does not know is made anew."""
        full = durable.WriteFailed(path='x', problem='full')
        with mock.patch.object(
            durable, 'append', autospec=True, side_effect=full
        ):
            self.assertRaises(durable.WriteFailed, self.take, rotation.start)
        self.assertTrue((self.directory / 'ca-key-2.pem').exists())
        self.assertEqual(1, len(self.bundle()))

        self.take(rotation.start)
        self.report('host1', 'host2')
        self.take(rotation.switch)
        self.renew('host1')

    def test_crash_before_the_key_is_removed(self):
        """The key of a generation that was given up goes the next time."""
        self.take(rotation.start)
        self.report('host1', 'host2')
        self.take(rotation.switch)
        for name in self.hosts:
            self.renew(name)
        self.report('host1', 'host2')
        full = durable.WriteFailed(path='x', problem='full')
        with mock.patch.object(
            durable, 'remove', autospec=True, side_effect=full
        ):
            self.assertRaises(durable.WriteFailed, self.take, rotation.finish)
        self.assertTrue((self.directory / 'ca-key-1.pem').exists())

        self.renew('host1')

        self.assertFalse((self.directory / 'ca-key-1.pem').exists())

    def test_expired_ca(self):
        """A CA that has expired is no longer in the bundle.

        QEMU up to 10.1 would refuse all that are in it.
        """
        until = self.bundle()[0].not_valid_after_utc
        self.take(rotation.start, now=until - DAY)

        _old, new = self.bundle(until)
        self.assertEqual([new], self.bundle(until + DAY))


class TestRefusals(RotationTestCase):
    def test_switch(self):
        """A host that does not trust both keeps the old one signing."""
        self.take(rotation.start)
        self.assertEqual(('host1', 'host2'), self.missing())
        self.assertIn('from host1, host2 yet', self.refused(rotation.switch))

        self.report('host1')
        self.report('host2', trusts=[1])
        self.assertEqual(('host2',), self.missing())
        self.assertIn('from host2 yet', self.refused(rotation.switch))

        self.report('host2', trusts=[2])
        self.assertIn('from host2 yet', self.refused(rotation.switch))

    def test_finish(self):
        """A host that shows a certificate of the old one keeps it trusted."""
        self.take(rotation.start)
        self.report('host1', 'host2')
        self.take(rotation.switch)
        self.assertEqual(('host1', 'host2'), self.missing())

        self.renew('host1')
        self.report('host1')
        self.report('host2')
        self.assertIn('from host2 yet', self.refused(rotation.finish))
        # Signed is not installed.
        was = self.hosts['host2']
        self.renew('host2')
        self.hosts['host2'] = was
        self.report('host2')
        self.assertEqual(('host2',), self.missing())

    def test_host_that_is_gone(self):
        """It is waited for until it is revoked, or its time is over."""
        self.take(rotation.start)
        self.report('host1')
        self.assertEqual(('host2',), self.missing())
        self.assertEqual((), self.missing(NOW + 91 * DAY))
        with self.working() as ca:
            ca.revoke(name='host2', now=NOW)

        self.take(rotation.switch)

    def test_new_host(self):
        """A host that has never had the old one is not waited for."""
        self.take(rotation.start)
        self.report('host1', 'host2')
        self.take(rotation.switch)
        for name in self.hosts:
            self.renew(name)
        self.report('host1', 'host2')
        self.sign('host3')

        self.take(rotation.finish)

    def test_report_of_another_ca(self):
        """A certificate that is not known is no reason to go on."""
        name = self.directory
        self.directory = self.root / 'another'
        self.init()
        stranger = self.sign('host2')
        self.directory = name
        self.take(rotation.start)
        self.hosts['host2'] = stranger

        error = self.assertRaises(
            exception.RotationRefused, self.report, 'host1', 'host2'
        )

        self.assertIn('did not sign', str(error))
        self.assertEqual(('host1', 'host2'), self.missing())

    def test_many_hosts(self):
        """A sentence names some of many."""
        for number in range(3, 9):
            self.sign(f'host{number}')
        self.take(rotation.start)

        self.assertIn('host4, host5 and 3 more', self.refused(rotation.switch))
