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

"""The pre-check that the documentation shows does what it says."""

from __future__ import annotations

import datetime
import importlib.util
import pathlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509
from cryptography.x509 import oid
import testtools

from nova_native_tls.checks import result
from tests.functional import credentials
from tests.unit.host import observations

EXAMPLE = (
    pathlib.Path(__file__).parents[3]
    / 'doc/source/examples/organisation-precheck/organisation_precheck.py'
)


class ExampleTest(testtools.TestCase):
    """Runs it as the driver would."""

    def setUp(self) -> None:
        super().setUp()
        spec = importlib.util.spec_from_file_location('example', EXAMPLE)
        assert spec is not None and spec.loader is not None
        self.example = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.example)

    def judge(self, server_cert: object) -> result.Finding:
        check = self.example.OrganisationCheck()
        (found,) = observations.judge(check, server_cert=server_cert)
        return found

    def issued(self, *organisations: str) -> bytes:
        """The certificate of a host of these."""
        subject = x509.Name(
            x509.NameAttribute(oid.NameOID.ORGANIZATION_NAME, each)
            for each in organisations
        )
        ca = observations.authority()
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca.cert.subject)
            .public_key(ca.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + credentials.DAY)
        )
        cert = builder.sign(ca.key, hashes.SHA256())
        return cert.public_bytes(serialization.Encoding.PEM)

    def test_ours(self) -> None:
        """Success, whatever else the certificate names."""
        for names in (('Example Ltd',), ('Other Ltd', 'Example Ltd')):
            found = self.judge(self.issued(*names))
            self.assertIs(result.Status.SUCCESS, found.status)

    def test_others(self) -> None:
        """A failure that says whose it is, and what to do."""
        for content, whose in (
            (self.issued('Other Ltd'), 'Other Ltd'),
            (self.issued(), 'nobody'),
            (b'no certificate', 'nobody'),
            (None, 'nobody'),
        ):
            found = self.judge(content)
            self.assertIs(result.Status.FAILURE, found.status)
            self.assertIn(f'issued for {whose}', found.sentence())
            self.assertIn('request one', found.remedy)

    def test_unseen(self) -> None:
        """What nobody could look at is no success."""
        found = self.judge(observations.UNSEEN)
        self.assertIs(result.Status.FAILURE, found.status)
