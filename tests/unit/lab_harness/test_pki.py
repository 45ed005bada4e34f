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

"""Tests of the certificates of a lab."""

from __future__ import annotations

import datetime
import ipaddress
import pathlib
import unittest

from cryptography.hazmat.primitives import serialization
from cryptography import x509
from cryptography.x509 import oid

from tests.lab.harness.node import node
from tests.lab.harness.node import process
from tests.lab.harness.pki import pki


class RecordingHost(node.Node):
    """A host that only remembers what it was to write."""

    def __init__(self) -> None:
        super().__init__(
            'host1',
            directory=pathlib.Path('/nonexistent'),
            init=process.ProcessIdentity(pid=1, start_ticks=0, boot_id='x'),
        )
        self.files: dict[str, tuple[str, int, str]] = {}

    def write_file(
        self,
        path: str,
        text: str,
        *,
        mode: int = 0o644,
        owner: str = 'root:root',
    ) -> None:
        """Remember a file."""
        self.files[path] = (text, mode, owner)


def parse(pem: str) -> x509.Certificate:
    """Return the certificate in a PEM text."""
    return x509.load_pem_x509_certificate(pem.encode('ascii'))


class IssueTestCase(unittest.TestCase):
    """What is in a certificate."""

    def setUp(self) -> None:
        super().setUp()
        self.ca = pki.CertificateAuthority('test CA')

    def test_issuer(self) -> None:
        """The certificate is signed by the CA and the CA may sign."""
        authority = parse(self.ca.cert_pem)
        parse(self.ca.issue(['a']).cert_pem).verify_directly_issued_by(
            authority
        )
        constraints = authority.extensions.get_extension_for_class(
            x509.BasicConstraints
        )
        self.assertTrue(constraints.value.ca)
        self.assertTrue(constraints.critical)

    def test_key_belongs_to_it(self) -> None:
        """The key is the certificate's."""
        issued = self.ca.issue(['a'])
        key = serialization.load_pem_private_key(
            issued.key_pem.encode('ascii'), None
        )
        self.assertEqual(parse(issued.cert_pem).public_key(), key.public_key())

    def test_key_is_not_shown(self) -> None:
        """Printing the result does not print the key."""
        self.assertNotIn('PRIVATE', repr(self.ca.issue(['a'])))

    def test_names(self) -> None:
        """Names are there in order; addresses only when asked for."""
        plain = self._names(self.ca.issue(['b', 'a']))
        self.assertEqual(['b', 'a'], plain.get_values_for_type(x509.DNSName))
        self.assertEqual([], plain.get_values_for_type(x509.IPAddress))
        with_address = self._names(
            self.ca.issue(['a'], ip_addresses=['2001:db8::1'])
        )
        self.assertEqual(
            [ipaddress.ip_address('2001:db8::1')],
            with_address.get_values_for_type(x509.IPAddress),
        )

    def _names(self, issued: pki.Issued) -> x509.SubjectAlternativeName:
        return (
            parse(issued.cert_pem)
            .extensions.get_extension_for_class(x509.SubjectAlternativeName)
            .value
        )

    def test_purposes(self) -> None:
        """Both by default, one on request, no extension for none."""
        server = oid.ExtendedKeyUsageOID.SERVER_AUTH
        client = oid.ExtendedKeyUsageOID.CLIENT_AUTH
        for wanted, issued in (
            ([server, client], self.ca.issue(['a'])),
            ([client], self.ca.issue(['a'], server=False)),
            ([server], self.ca.issue(['a'], client=False)),
        ):
            found = parse(issued.cert_pem).extensions.get_extension_for_class(
                x509.ExtendedKeyUsage
            )
            self.assertEqual(wanted, list(found.value))
            self.assertFalse(found.critical)
        neither = self.ca.issue(['a'], server=False, client=False)
        with self.assertRaises(x509.ExtensionNotFound):
            parse(neither.cert_pem).extensions.get_extension_for_class(
                x509.ExtendedKeyUsage
            )

    def test_key_usage_suits_every_qemu(self) -> None:
        """It permits signing, as GnuTLS wants, and is not critical."""
        usage = parse(
            self.ca.issue(['a']).cert_pem
        ).extensions.get_extension_for_class(x509.KeyUsage)
        self.assertTrue(usage.value.digital_signature)
        self.assertFalse(usage.critical)

    def test_dates(self) -> None:
        """The dates that were asked for are the certificate's."""
        before = datetime.datetime(2001, 2, 3, tzinfo=datetime.UTC)
        after = datetime.datetime(2002, 2, 3, tzinfo=datetime.UTC)
        cert = parse(
            self.ca.issue(['a'], not_before=before, not_after=after).cert_pem
        )
        self.assertEqual(
            (before, after),
            (cert.not_valid_before_utc, cert.not_valid_after_utc),
        )


class InstallTestCase(unittest.TestCase):
    """What QEMU finds in its directory."""

    def setUp(self) -> None:
        super().setUp()
        self.host = RecordingHost()
        ca = pki.CertificateAuthority('test CA')
        self.issued = pki.install_qemu_identity(self.host, ca)

    def test_files(self) -> None:
        """There are five files, Diffie-Hellman parameters not among them."""
        self.assertEqual(
            {
                '/etc/pki/qemu/ca-cert.pem',
                '/etc/pki/qemu/server-cert.pem',
                '/etc/pki/qemu/server-key.pem',
                '/etc/pki/qemu/client-cert.pem',
                '/etc/pki/qemu/client-key.pem',
            },
            set(self.host.files),
        )

    def test_keys(self) -> None:
        """QEMU's group may read the keys, others may not."""
        for role in ('server', 'client'):
            self.assertEqual(
                (self.issued.key_pem, 0o640, 'root:kvm'),
                self.host.files[f'/etc/pki/qemu/{role}-key.pem'],
            )

    def test_migration_network_is_not_in_it(self) -> None:
        """The names are the management names of the host, no others."""
        names = (
            parse(self.issued.cert_pem)
            .extensions.get_extension_for_class(x509.SubjectAlternativeName)
            .value
        )
        self.assertEqual(
            ['host1.lab.example', 'host1'], [name.value for name in names]
        )
