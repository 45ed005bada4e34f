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

"""What the certificates of this project look like."""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.x509 import oid
import testtools

from nova_native_tls.pki import inspect
from nova_native_tls.pki import key_type
from nova_native_tls.pki import profile

NOW = datetime.datetime(2026, 11, 21, 12, 0, 0, 123, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)


class TestProfile(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.ca_key = key_type.make()
        self.ca = profile.authority(
            self.ca_key,
            'a CA',
            serial=7,
            period=profile.Period.begin(NOW, 10 * DAY),
        )

    def host(self, *names: str, validity=5 * DAY) -> x509.Certificate:
        return profile.host(
            key_type.make().public_key(),
            names,
            issuer=self.ca,
            issuer_key=self.ca_key,
            serial=8,
            period=profile.Period.begin(NOW, validity).within(self.ca),
        )

    def test_host_names(self):
        """Names and addresses are subjectAltNames of the right type."""
        found = inspect.describe(
            self.host('host1.example.org', '203.0.113.1', '2001:db8::1')
        )

        self.assertEqual(('host1.example.org',), found.dns_names)
        self.assertEqual(('203.0.113.1', '2001:db8::1'), found.ip_addresses)
        self.assertEqual(('host1.example.org',), found.common_names)

    def test_long_name(self):
        """A name that is too long for a CN gives it its first label."""
        name = 'host1.' + 20 * 'abc.' + 'example.org'

        found = inspect.describe(self.host(name))

        self.assertEqual((name,), found.dns_names)
        self.assertEqual(('host1',), found.common_names)

    def test_host_usage(self):
        """The key usage is not critical, and digitalSignature alone.

        QEMU up to 10.1.2 wants keyEncipherment where it is critical.
        """
        extension = self.host('host1').extensions.get_extension_for_class(
            x509.KeyUsage
        )

        self.assertFalse(extension.critical)
        self.assertTrue(extension.value.digital_signature)
        self.assertFalse(extension.value.key_encipherment)
        self.assertFalse(extension.value.key_cert_sign)

    def test_host_purposes(self):
        """It is for both ends of a migration, and no CA."""
        extensions = self.host('host1').extensions
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        constraints = extensions.get_extension_for_class(x509.BasicConstraints)

        self.assertEqual(
            [
                oid.ExtendedKeyUsageOID.SERVER_AUTH,
                oid.ExtendedKeyUsageOID.CLIENT_AUTH,
            ],
            list(purposes.value),
        )
        self.assertFalse(constraints.value.ca)

    def test_authority(self):
        """A CA signs hosts and lists, and no other CA; it is its own root."""
        extensions = self.ca.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints)
        usage = extensions.get_extension_for_class(x509.KeyUsage)

        self.assertEqual(
            (True, True, 0),
            (
                constraints.critical,
                constraints.value.ca,
                constraints.value.path_length,
            ),
        )
        self.assertTrue(usage.critical)
        self.assertTrue(usage.value.key_cert_sign and usage.value.crl_sign)
        self.assertEqual(self.ca.issuer, self.ca.subject)
        self.ca.verify_directly_issued_by(self.ca)

    def test_key_identifiers(self):
        """A certificate names the key of its issuer."""
        own = self.ca.extensions.get_extension_for_class(
            x509.SubjectKeyIdentifier
        )
        named = self.host('host1').extensions.get_extension_for_class(
            x509.AuthorityKeyIdentifier
        )

        self.assertEqual(own.value.key_identifier, named.value.key_identifier)

    def test_period(self):
        """It begins before now, for clocks that are behind."""
        found = profile.Period.begin(NOW, DAY)

        whole = NOW.replace(microsecond=0)
        self.assertEqual(whole - HOUR, found.not_before)
        self.assertEqual(whole + DAY, found.not_after)

    def test_never_beyond_the_ca(self):
        """A host's certificate ends with its CA at the latest."""
        self.assertEqual(
            self.ca.not_valid_after_utc,
            self.host('host1', validity=100 * DAY).not_valid_after_utc,
        )

    def test_never_before_the_ca(self):
        """Nor does it begin before its CA does, with a clock set back."""
        found = profile.Period.begin(NOW - DAY, 5 * DAY).within(self.ca)

        self.assertEqual(self.ca.not_valid_before_utc, found.not_before)

    def test_revocation_list(self):
        """It names the serial numbers, its own number and its issuer."""
        found = profile.revocation_list(
            self.ca,
            self.ca_key,
            [profile.Revoked(serial=8, at=NOW)],
            number=3,
            period=profile.Period.begin(NOW, DAY),
        )

        self.assertEqual([8], [each.serial_number for each in found])
        number = found.extensions.get_extension_for_class(x509.CRLNumber)
        self.assertEqual(3, number.value.crl_number)
        self.assertTrue(found.is_signature_valid(self.ca.public_key()))
