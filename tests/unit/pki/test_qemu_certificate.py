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

from nova_native_tls.migration import versions
from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki import qemu_certificate

from tests.functional.fidelity import certificates
from tests.unit.pki import pairs

DAY = certificates.DAY
SERVER = (certificates.SERVER_AUTH,)
CLIENT = (certificates.CLIENT_AUTH,)


class RulesTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.pair = pairs.pair()
        self.template = self.pair.destination.leaf

    def broken(self, **changes) -> list[str]:
        """Give the codes of the rules that the certificate breaks."""
        rules = {
            'end': pairs.SERVER,
            'path': '/d/server-cert.pem',
            'is_ca': False,
            'now': int(pairs.NOW.timestamp()),
            'version': pairs.OLD,
            **changes,
        }
        der = self.template.der(pairs.NOW)
        self.template.cached = None
        self.faults = list(
            qemu_certificate.broken(
                certificate.Certificate.from_der(der),
                qemu_certificate.Rules(**rules),
            )
        )
        return [one.code.partition('.')[2] for one in self.faults]

    def check(self, attribute: str, cases: dict, **changes) -> None:
        """Set an attribute and compare the codes."""
        for value, expected in cases.items():
            setattr(self.template, attribute, value)
            self.assertEqual(expected, self.broken(**changes), value)


class TestHostCertificate(RulesTestCase):
    def test_good(self):
        """Without any extension there is nothing to object to."""
        self.assertEqual([], self.broken())

    def test_time(self):
        """The second of its end and of its beginning are still good."""
        now = int(pairs.NOW.timestamp())
        until, since = now + self.template.until, now + self.template.since
        for moment, expected in (
            (since - 1, ['not-yet-valid']),
            (since, []),
            (until, []),
            (until + 1, ['expired']),
        ):
            self.assertEqual(expected, self.broken(now=moment))

    def test_sentence(self):
        """QEMU's own, with the path; and what was seen."""
        self.template.until = -DAY
        self.broken()
        (found,) = self.faults
        self.assertEqual('server-cert.expired', found.code)
        self.assertEqual('server-cert.pem', found.file)
        self.assertEqual(
            'The server certificate /d/server-cert.pem has expired',
            found.sentence,
        )
        self.assertIn('CN=a server', found.seen)

    def test_basic_constraints(self):
        """A host's certificate must not be a CA's."""
        self.check(
            'basic',
            {
                None: [],
                (False, None, True): [],
                (True, None, True): ['is-a-ca'],
                (True, None, False): ['is-a-ca'],
            },
        )

    def test_key_usage(self):
        """Only a critical one counts."""
        self.check(
            'usage',
            {
                None: [],
                (('digitalSignature',), True): [],
                (('keyEncipherment',), True): ['no-digital-signature'],
                (('keyEncipherment',), False): [],
                ((), True): ['no-digital-signature'],
            },
        )

    def test_key_encipherment(self):
        """Older QEMU wants it as well, until each branch dropped it."""
        self.template.usage = ('digitalSignature',), True
        for version, expected in (
            ('6.2.0', True),
            ('7.2.21', True),
            ('7.2.22', False),
            ('8.2.2', True),
            ('9.2.4', True),
            ('10.0.6', True),
            ('10.0.7', False),
            ('10.1.2', True),
            ('10.1.3', False),
            ('10.2.0', False),
            ('11.1.3', False),
        ):
            self.assertEqual(
                ['no-key-encipherment'] if expected else [],
                self.broken(version=versions.Version.parse(version)),
                version,
            )

    def test_purpose(self):
        """Only a critical one counts, and any purpose is every purpose."""
        self.check(
            'purposes',
            {
                (SERVER, True): [],
                (CLIENT, True): ['wrong-purpose'],
                (CLIENT, False): [],
                (SERVER + CLIENT, True): [],
                ((certificates.ANY_PURPOSE,), True): [],
            },
        )
        self.check(
            'purposes',
            {(SERVER, True): ['wrong-purpose'], (CLIENT, True): []},
            end=pairs.CLIENT,
        )

    def test_malformed(self):
        """An extension that cannot be read is a fault."""
        for number in (
            certificates.BASIC_CONSTRAINTS,
            certificates.KEY_USAGE,
            certificates.EXTENDED_KEY_USAGE,
        ):
            self.template.extra = [(number, False, b'\x30\x05\x01')]
            self.assertEqual(['malformed'], self.broken(), number)

    def test_all_of_them(self):
        """The first is QEMU's; the others are told as well."""
        self.template.until = -DAY
        self.template.basic = (True, None, True)
        self.template.purposes = CLIENT, True
        self.assertEqual(
            ['expired', 'is-a-ca', 'wrong-purpose'], self.broken()
        )


class TestAuthority(RulesTestCase):
    def setUp(self):
        super().setUp()
        self.template = self.pair.root

    def broken(self, **changes) -> list[str]:
        return super().broken(is_ca=True, path='/d/ca-cert.pem', **changes)

    def test_basic_constraints(self):
        """A CA has to say that it is one."""
        self.check(
            'basic',
            {
                (True, None, False): [],
                (False, None, True): ['not-a-ca'],
                None: ['not-a-ca'],
            },
        )

    def test_version_1(self):
        """It has no extensions, so it cannot say so."""
        self.template.version = 1
        self.assertEqual(['not-a-ca'], self.broken())

    def test_key_usage(self):
        """Only a critical one counts, and keyCertSign is wanted."""
        self.check(
            'usage',
            {
                None: [],
                (('keyCertSign',), True): [],
                (('cRLSign',), True): ['no-certificate-signing'],
                (('cRLSign',), False): [],
            },
        )

    def test_purpose_does_not_matter(self):
        """Whatever it is for."""
        self.template.purposes = CLIENT, True
        self.assertEqual([], self.broken())
