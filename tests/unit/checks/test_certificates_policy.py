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

"""What is demanded of certificates beyond what QEMU demands."""

from __future__ import annotations

import datetime
from typing import Any

import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.checks import revocation
from nova_native_tls.checks import separation
from nova_native_tls.checks import time_left
from nova_native_tls.host import guests
from tests.functional import credentials as certificates
from tests.unit.host import observations

Status = result.Status
DAY_S = 24 * 3600


class TimeLeftTest(testtools.TestCase):
    """Certificates that end soon."""

    def _codes(self, **changes: Any) -> list[str]:
        ends = observations.issue(days=(-1, 1))
        return [
            each.code
            for each in observations.judge(
                time_left.TimeLeftCheck(),
                **{
                    'credentials': observations.credential_files(ends, ends),
                    **changes,
                },
            )
        ]

    def test_enough(self) -> None:
        """A day is enough for the guests that fit in here."""
        self.assertEqual(['time-left.enough'], self._codes())

    def test_large_host(self) -> None:
        """Guests as large as the host could come: 128 GiB, 28 hours."""
        self.assertEqual(
            ['server-cert.expires-soon'], self._codes(memory_mib=128 * 1024)
        )

    def test_large_guest(self) -> None:
        """The largest that runs here could leave."""
        running = (
            observations.guest(),
            observations.guest(memory_mib=120 * 1024),
        )
        self.assertEqual(
            ['client-cert.expires-soon'], self._codes(guests=running)
        )

    def test_small_guests(self) -> None:
        """Nova takes them for 2 GiB."""
        timeout = {'completion_timeout_s_per_gib': DAY_S // 2 + 60}
        self.assertIn(
            'client-cert.expires-soon',
            self._codes(
                context={'settings': timeout},
                guests=(observations.guest(memory_mib=1),),
            ),
        )

    def test_disks(self) -> None:
        """Nova allows time for those that are copied, too."""
        leaving = guests.Known(name='g1', memory_mib=1024, disk_gib=120)
        for block, expected in (
            (True, ['client-cert.expires-soon']),
            (None, ['client-cert.expires-soon']),
            (False, ['time-left.enough']),
        ):
            found = self._codes(
                context={
                    'stage': base.Stage.SOURCE,
                    'guest': leaving,
                    'block': block,
                }
            )
            self.assertEqual(expected, found)

    def test_no_limit(self) -> None:
        """Where Nova has none, a day has to be left."""
        later = observations.NOW + datetime.timedelta(hours=1)
        self.assertEqual(
            ['server-cert.expires-soon', 'client-cert.expires-soon'],
            self._codes(
                context={
                    'settings': {'completion_timeout_s_per_gib': 0},
                    'now': later,
                }
            ),
        )

    def test_authority(self) -> None:
        """A CA that ends soon takes all its certificates along."""
        later = observations.NOW + datetime.timedelta(days=400, hours=-1)
        found = self._codes(context={'now': later})
        self.assertIn('ca-cert.expires-soon', found)

    def test_expired(self) -> None:
        """That is another check's."""
        later = observations.NOW + datetime.timedelta(days=2)
        self.assertEqual(
            ['time-left.enough'], self._codes(context={'now': later})
        )


class SeparationTest(testtools.TestCase):
    """QEMU's certificates, and libvirt's CA."""

    def _found(self, trusted: bytes, **changes: Any) -> result.Finding:
        (found,) = observations.judge(
            separation.SeparationCheck(), libvirt_ca=trusted, **changes
        )
        return found

    def test_own_authority(self) -> None:
        """Another CA, even one of the same name."""
        for other in (
            certificates.authority(),
            certificates.authority(subject='another'),
        ):
            self.assertEqual(
                'separation.kept', self._found(other.cert_pem).code
            )

    def test_shared(self) -> None:
        """Every certificate that it accepts is named."""
        found = self._found(observations.authority().cert_pem)
        self.assertEqual(
            ('separation.shared-ca', Status.WARNING),
            (found.code, found.status),
        )
        for name in ('server-cert.pem', 'client-cert.pem'):
            self.assertIn(name, found.subject)

    def test_shared_among_others(self) -> None:
        """One of several, and an expired certificate too."""
        bundle = (
            certificates.authority().cert_pem
            + observations.authority().cert_pem
        )
        old = observations.issue(days=(-9, -2))
        found = self._found(
            bundle, credentials=observations.credential_files(old, old)
        )
        self.assertEqual('separation.shared-ca', found.code)

    def test_damaged(self) -> None:
        """It could not be looked at, and so is no success."""
        self.assertEqual(Status.WARNING, self._found(b'no certificate').status)


class RevocationTest(testtools.TestCase):
    """This host's own list."""

    def _found(self, *revoked: Any, ca_crl: Any = None, **changes: Any) -> Any:
        crl = ca_crl or certificates.revocation_list(
            observations.authority(), *revoked
        )
        return [
            (each.code, each.status)
            for each in observations.judge(
                revocation.RevocationCheck(),
                credentials=observations.credential_files(ca_crl=crl),
                **changes,
            )
        ]

    def test_nobody_revoked(self) -> None:
        """The list is there, and says nothing of this host."""
        self.assertEqual(
            [('ca-crl.applied', Status.SUCCESS)],
            self._found(observations.issue()),
        )

    def test_server_certificate(self) -> None:
        """No QEMU of a source would notice."""
        self.assertEqual(
            [('server-cert.revoked', Status.FAILURE)],
            self._found(observations.faultless()),
        )

    def test_list_of_another(self) -> None:
        """A CA of another name revokes what is its own."""
        other = certificates.authority(subject='another')
        crl = certificates.revocation_list(other, observations.faultless())
        self.assertEqual(
            [('ca-crl.applied', Status.SUCCESS)], self._found(ca_crl=crl)
        )

    def test_second_list(self) -> None:
        """Every list of the file counts."""
        other = certificates.authority(subject='another')
        crl = certificates.revocation_list(
            other
        ) + certificates.revocation_list(
            observations.authority(), observations.faultless()
        )
        self.assertEqual(
            [('server-cert.revoked', Status.FAILURE)], self._found(ca_crl=crl)
        )

    def test_outdated(self) -> None:
        """QEMU takes it for ever; an operator should not."""
        later = observations.NOW + datetime.timedelta(days=2)
        self.assertEqual(
            [('ca-crl.outdated', Status.WARNING)],
            self._found(context={'now': later}),
        )

    def test_damaged(self) -> None:
        """What cannot be read is a failure."""
        crl = b'-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n'
        ((_code, status),) = self._found(ca_crl=crl)
        self.assertEqual(Status.FAILURE, status)
