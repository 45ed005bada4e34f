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

import testtools

from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import clock
from nova_native_tls.pki.gnutls import library

from tests.functional.fidelity import certificates
from tests.unit.pki import pairs


class TestClock(testtools.TestCase):
    def setUp(self):
        super().setUp()
        pair = pairs.pair()
        self.chain, self.authorities = (
            [certificate.Certificate.from_der(template.der(pairs.NOW))]
            for template in (pair.source.leaf, pair.root)
        )

    def status(self) -> int:
        return certificate.verify(self.chain, self.authorities)

    def test_another_time(self):
        """GnuTLS believes it while it lasts, and no longer."""
        now = int(pairs.NOW.timestamp())
        with clock.at(now + 30 * certificates.DAY):
            self.assertTrue(self.status() & library.CERT_EXPIRED)
        with clock.at(now - 30 * certificates.DAY):
            self.assertTrue(self.status() & library.CERT_NOT_ACTIVATED)
        self.assertEqual(0, self.status())

    def test_back_after_an_error(self):
        """Whatever happens in between."""

        def broken() -> None:
            with clock.at(0):
                raise ZeroDivisionError

        self.assertRaises(ZeroDivisionError, broken)
        self.assertEqual(0, self.status())

    def test_now(self):
        """None leaves it alone."""
        with clock.at(None):
            self.assertEqual(0, self.status())
