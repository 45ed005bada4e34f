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

"""What is installed, in facts."""

from __future__ import annotations

import datetime
import pathlib

import fixtures
import testtools

from nova_native_tls import exception
from nova_native_tls.identity import pending
from nova_native_tls.identity import report
from nova_native_tls.identity import request
from tests.functional import credentials

DAY = credentials.DAY


class ReportTest(testtools.TestCase):
    """A directory with plain files."""

    def setUp(self) -> None:
        super().setUp()
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.ca = credentials.authority()
        self.files = credentials.Files(root / 'pki', self.ca)
        self.path = str(root / 'pki')
        for end in ('server', 'client'):
            self.files.install(
                end, credentials.issue('x', issuer=self.ca, days=(-30, 60))
            )

    def test_facts(self) -> None:
        """Names, trust, revocation lists and what is pending."""
        other = credentials.authority(subject='other')
        self.files.write('ca-cert.pem', self.ca.cert_pem + other.cert_pem)
        self.files.write(
            'ca-crl.pem',
            credentials.revocation_list(self.ca, other)
            + credentials.revocation_list(other),
        )
        pending.write(self.path, request.make(['host1']))

        found = report.read(self.path)
        assert found.server is not None
        self.assertEqual((credentials.NAME,), found.server.dns_names)
        self.assertEqual(
            ['CN=an authority', 'CN=other'],
            [each.subject for each in found.trusted],
        )
        self.assertEqual(
            [1, 0], [each.revoked for each in found.revocation_lists]
        )
        assert found.pending is not None
        self.assertEqual(('host1',), found.pending.request.names)
        self.assertIsNone(found.installed_set)

    def test_due(self) -> None:
        """From a part of the validity of the older certificate on."""
        now = datetime.datetime.now(datetime.UTC)
        for after, expected in ((29, False), (31, True)):
            found = report.read(self.path, now + after * DAY)
            self.assertEqual(expected, found.is_due())
        self.files.install(
            'client', credentials.issue('x', issuer=self.ca, days=(-80, 10))
        )
        found = report.read(self.path, now)
        self.assertTrue(found.is_due())
        self.assertFalse(found.is_due(0.95))
        left = found.seconds_left()
        assert left is not None
        self.assertAlmostEqual(10 * 86400, left, delta=60)

    def test_missing(self) -> None:
        """What is not there is due, and has no time left."""
        for name in ('server-cert.pem', 'client-cert.pem', 'ca-cert.pem'):
            self.files.remove(name)
            self.assertTrue(report.read(self.path).is_due())
        self.assertIsNone(report.read(self.path).seconds_left())
        self.assertEqual((), report.read(self.path).trusted)

    def test_no_directory(self) -> None:
        """Nothing is installed where nothing is."""
        found = report.read(f'{self.path}/nowhere')
        self.assertIsNone(found.server)
        self.assertIsNone(found.pending)

    def test_damaged(self) -> None:
        """What is no certificate is an error, never a missing one."""
        for name in ('server-cert.pem', 'ca-cert.pem', 'ca-crl.pem'):
            good = (self.files.directory / name).exists() and (
                self.files.directory / name
            ).read_bytes()
            self.files.write(
                name, b'-----BEGIN X-----\nx\n-----END X509 CRL-----\n'
            )
            error = self.assertRaises(
                exception.NativeTLSError, report.read, self.path
            )
            self.assertNotIn('\n', str(error))
            if good:
                self.files.write(name, good)

    def test_damaged_request(self) -> None:
        """A request that cannot be read is told; the rest is shown."""
        pending.write(self.path, request.make(['host1']))
        waiting = self.files.directory / pending.DIRECTORY
        (waiting / pending.CSR).write_text('damaged')
        self.assertIn('--replace', report.read(self.path).pending_problem)
        (waiting / pending.CSR).unlink()
        self.assertIn('--replace', report.read(self.path).pending_problem)
