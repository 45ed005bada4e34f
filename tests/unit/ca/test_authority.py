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

"""A CA signs, revokes and lists."""

from __future__ import annotations

from unittest import mock

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography import x509

from nova_native_tls.ca import authority
from nova_native_tls.ca import request
from nova_native_tls import exception
from nova_native_tls.store import directory_lock
from nova_native_tls.store import durable
from tests.unit.ca import authorities

DAY = authorities.DAY
HOST = authorities.HOST
NOW = authorities.NOW
ANY_KEY = authority.Replacement(any_key=True)


class SigningTestCase(authorities.AuthorityTestCase):
    def setUp(self):
        super().setUp()
        self.init()

    def refused(self, csr: bytes, *names: str, **changes) -> str:
        """Let it refuse, and see that nothing changed."""
        with self.working() as ca:
            before = self.contents()
            error = self.assertRaises(
                exception.RequestRefused,
                ca.sign,
                csr,
                terms=authorities.terms(*names, **changes),
                now=NOW,
            )
        self.assertEqual(before, self.contents())
        return str(error)


class TestSign(SigningTestCase):
    def test_certificate(self):
        """It has the names and the key of the request, and the CA's name."""
        key = ec.generate_private_key(ec.SECP256R1())

        found = self.sign(HOST, '203.0.113.1', key=key)

        self.assertEqual(key.public_key(), found.public_key())
        self.assertEqual(NOW + 90 * DAY, found.not_valid_after_utc)
        found.verify_directly_issued_by(self.reading().certificate(1))

    def test_journal(self):
        """What was signed can be read back."""
        found = self.sign(HOST)

        (one,) = self.reading().ledger.valid(NOW)
        self.assertEqual(found.serial_number, one.serial)
        self.assertEqual((HOST,), one.names)
        self.assertEqual(found.not_valid_after_utc, one.not_after)

    def test_serial_numbers(self):
        """A random number that was used already is not used again."""
        with mock.patch.object(
            x509,
            'random_serial_number',
            autospec=True,
            side_effect=[7, 7, 7, 8],
        ):
            self.assertEqual(7, self.sign(HOST).serial_number)
            with self.working() as ca:
                ca.revoke(serial=7, now=NOW)
            self.assertEqual(8, self.sign(HOST).serial_number)

    def test_name_not_allowed(self):
        """All names have to be allowed."""
        self.assertIn(
            'it asks for host2',
            self.refused(authorities.request(HOST, 'host2'), HOST),
        )

    def test_weak_key(self):
        """A request that is not sound is not signed."""
        key = rsa.generate_private_key(65537, 1024)

        self.assertIn(
            'RSA 1024', self.refused(authorities.request(HOST, key=key), HOST)
        )

    def test_same_key_again(self):
        """A host may ask again with the key that it has."""
        key = ec.generate_private_key(ec.SECP256R1())

        serials = {self.sign(HOST, key=key).serial_number for _ in range(2)}

        self.assertEqual(2, len(serials))

    def test_name_in_use(self):
        """Another key gets a name only if the operator says so."""
        self.sign(HOST)
        csr = authorities.request(HOST)

        self.assertIn('belongs to another key', self.refused(csr, HOST))
        self.assertIn('--replace', self.refused(csr, HOST))
        self.sign(HOST, replacement=ANY_KEY)

    def test_name_is_free_again(self):
        """A certificate that expired or was revoked holds no name."""
        self.sign(HOST, validity=DAY)
        self.sign(HOST, now=NOW + 2 * DAY)
        with self.working() as ca:
            ca.revoke(name=HOST, now=NOW + 2 * DAY)

        self.sign(HOST, now=NOW + 2 * DAY)

    def test_renewal(self):
        """The key that a host has now may be replaced, and no other."""
        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
        own = [request.key_sha256(key.public_key()) for key in keys]
        self.sign(HOST, key=keys[0])

        def renew(old: int, new: int) -> dict[str, object]:
            return {
                'csr': authorities.request(HOST, key=keys[new]),
                'replacement': authority.Replacement(key_sha256=own[old]),
            }

        wrong = renew(1, 2)
        self.refused(wrong.pop('csr'), HOST, **wrong)
        for old, new in ((0, 1), (1, 2)):
            self.sign(
                HOST, key=keys[new], replacement=renew(old, new)['replacement']
            )
        # The certificate of the third may never have reached the host.
        csr = authorities.request(HOST)
        self.refused(csr, HOST)
        with self.working() as ca:
            (serial,) = (
                one.serial
                for one in ca.ledger.valid(NOW)
                if one.key_sha256 == own[1]
            )
            ca.revoke(serial=serial, now=NOW)
        lost = authority.Replacement(key_sha256=own[1])
        self.refused(csr, HOST, replacement=lost)
        self.sign(HOST, replacement=authority.Replacement(key_sha256=own[0]))

    def test_not_beyond_the_ca(self):
        """A certificate ends with the CA, and after that there is none."""
        ca = self.reading().certificate(1)
        late = ca.not_valid_after_utc - DAY

        self.assertEqual(
            ca.not_valid_after_utc,
            self.sign(HOST, now=late).not_valid_after_utc,
        )
        error = self.assertRaises(
            exception.CAUnusable, self.sign, 'host2', now=late + 2 * DAY
        )
        self.assertIn('expired', str(error))

    def test_full_disk(self):
        """What cannot be written down is not signed."""
        with (
            mock.patch.object(
                durable,
                'append',
                autospec=True,
                side_effect=durable.WriteFailed(path='x', problem='full'),
            ),
            self.working() as ca,
        ):
            self.assertRaises(
                durable.WriteFailed,
                ca.sign,
                authorities.request(HOST),
                terms=authorities.terms(HOST),
                now=NOW,
            )
            self.assertEqual([], list(ca.ledger.valid(NOW)))
        self.assertEqual([], list(self.reading().ledger.valid(NOW)))

    def test_one_at_a_time(self):
        """Who comes while somebody works with the CA is told so."""
        hold = directory_lock.hold
        with (
            self.working(),
            mock.patch.object(
                directory_lock, 'hold', lambda path: hold(path, limit_s=0)
            ),
        ):
            self.assertRaises(directory_lock.InUse, self.sign, HOST)


class TestSignAll(SigningTestCase):
    def test_answers(self):
        """Each request has its answer; a refusal keeps no other waiting."""
        csrs = [
            authorities.request('host1'),
            authorities.request('host3'),
            b'x',
            authorities.request('host1'),
            authorities.request('host2'),
        ]
        with self.working() as ca:
            answers = ca.sign_all(
                csrs, terms=authorities.terms('host1', 'host2'), now=NOW
            )

        kinds = [type(answer) is bytes for answer in answers]
        self.assertEqual([True, False, False, False, True], kinds)
        for answer, expected in zip(
            answers[1:4],
            ('not allowed', '0 certificate requests', 'another key'),
            strict=True,
        ):
            self.assertIn(expected, str(answer))
        self.assertEqual(
            [('host1',), ('host2',)],
            [one.names for one in self.reading().ledger.valid(NOW)],
        )

    def test_nothing(self):
        """Nothing to sign changes nothing."""
        before = self.contents()
        with self.working() as ca:
            self.assertEqual(
                [], ca.sign_all([], terms=authorities.terms(), now=NOW)
            )
        self.assertEqual(before['journal'], self.contents()['journal'])


class TestRevoke(SigningTestCase):
    def listed(self) -> set[int]:
        crl = x509.load_pem_x509_crl(self.reading().revocation_lists())
        return {each.serial_number for each in crl}

    def test_by_name(self):
        """All certificates of a host are revoked, and of no other."""
        other = self.sign('host2')
        found = {
            self.sign(HOST, replacement=ANY_KEY).serial_number
            for _ in range(2)
        }

        with self.working() as ca:
            revoked = ca.revoke(name=HOST.upper(), now=NOW)

        self.assertEqual(found, {one.serial for one in revoked})
        self.assertEqual(found, self.listed())
        (left,) = self.reading().ledger.valid(NOW)
        self.assertEqual(other.serial_number, left.serial)

    def test_by_serial(self):
        """One certificate is revoked; the list grows."""
        first, second = self.sign('host1'), self.sign('host2')

        for certificate in (first, second):
            with self.working() as ca:
                ca.revoke(serial=certificate.serial_number, now=NOW)

        self.assertEqual(
            {first.serial_number, second.serial_number}, self.listed()
        )
        crl = x509.load_pem_x509_crl(self.reading().revocation_lists())
        number = crl.extensions.get_extension_for_class(x509.CRLNumber)
        self.assertEqual(3, number.value.crl_number)

    def test_nothing(self):
        """What is not there cannot be revoked, nor what is revoked."""
        serial = self.sign(HOST).serial_number
        with self.working() as ca:
            ca.revoke(serial=serial, now=NOW)
            before = self.contents()
            for what in ({'serial': serial}, {'serial': 5}, {'name': HOST}):
                error = self.assertRaises(
                    exception.NothingToRevoke, ca.revoke, now=NOW, **what
                )
                self.assertIn('Nothing was revoked', str(error))
        self.assertEqual(before, self.contents())

    def test_interrupted(self):
        """Lists that a crash kept from being made are called outdated."""
        serial = self.sign(HOST).serial_number
        full = durable.WriteFailed(path='x', problem='full')

        # After the revocation is in the journal, before the lists are.
        real = durable.append
        outcomes = iter((real, None))

        def append(*arguments) -> None:
            if next(outcomes) is None:
                raise full
            real(*arguments)

        with (
            self.working() as ca,
            mock.patch.object(durable, 'append', append),
        ):
            self.assertRaises(
                durable.WriteFailed, ca.revoke, serial=serial, now=NOW
            )
        self.assertTrue(self.reading().lists_outdated(NOW))

        # After the lists are in the journal, before they are in their file.
        with (
            self.working() as ca,
            mock.patch.object(
                durable, 'write', autospec=True, side_effect=full
            ),
        ):
            self.assertRaises(durable.WriteFailed, ca.make_lists, now=NOW)
        self.assertTrue(self.reading().lists_outdated(NOW))

        with self.working() as ca:
            ca.make_lists(now=NOW)
        self.assertFalse(self.reading().lists_outdated(NOW))
        self.assertEqual({serial}, self.listed())

    def test_old_lists(self):
        """Lists are outdated when hosts were to have the next ones."""
        self.assertFalse(self.reading().lists_outdated(NOW + 89 * DAY))
        self.assertTrue(self.reading().lists_outdated(NOW + 91 * DAY))
