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

"""The CA of this project as an issuer."""

from __future__ import annotations

import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography import x509
import fixtures
from oslo_config import cfg

from nova_native_tls.ca import passphrase
from nova_native_tls import conf as options
from nova_native_tls import exception
from nova_native_tls.issuers import base
from nova_native_tls.issuers import local
from tests.functional import credentials
from tests.unit.ca import authorities

HOST = authorities.HOST


class TestLocal(authorities.AuthorityTestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.EnvironmentVariable(passphrase.VARIABLE))
        self.conf = cfg.ConfigOpts()
        options.register_opts(self.conf)
        self.conf([])
        self.set('ca_directory', str(self.directory))
        self.now = datetime.datetime.now(datetime.UTC)

    def set(self, name: str, value: object) -> None:
        self.conf.set_override(name, value, 'native_tls')

    def issue(self, key=None, **changes) -> base.Issued:
        changes.setdefault('names', (HOST,))
        csr = authorities.request(HOST, key=key)
        return local.LocalIssuer(self.conf).issue(csr, **changes)

    def test_issued(self):
        """A host gets its certificate, whom to trust, and who is revoked."""
        self.init(now=self.now)
        key = ec.generate_private_key(ec.SECP256R1())

        found = self.issue(key)

        leaf = x509.load_pem_x509_certificate(found.chain_pem)
        self.assertEqual(key.public_key(), leaf.public_key())
        leaf.verify_directly_issued_by(
            x509.load_pem_x509_certificate(found.ca_pem)
        )
        self.assertEqual(0, len(x509.load_pem_x509_crl(found.crl_pem)))

    def test_only_the_names_of_the_host(self):
        """A request for another name is refused."""
        self.init(now=self.now)

        self.assertRaises(
            exception.RequestRefused, self.issue, names=('host2',)
        )

    def test_renewal(self):
        """A host replaces its own key, and nobody else does."""
        self.init(now=self.now)
        first = self.issue()
        self.assertRaises(exception.RequestRefused, self.issue)

        second = self.issue(replaces=first.chain_pem)

        # The second may have been lost before it was installed.
        self.issue(replaces=first.chain_pem)
        self.issue(replaces=second.chain_pem)
        stranger = credentials.issue('a host', names=(HOST,))
        self.assertRaises(
            exception.RequestRefused, self.issue, replaces=stranger.cert_pem
        )
        self.assertRaises(exception.IssueFailed, self.issue, replaces=b'x')

    def test_lists_stay_fresh(self):
        """Hosts that renew are given lists that last until the next time."""
        age = datetime.timedelta(days=40)
        self.init(now=self.now - age)

        found = self.issue()

        crl = x509.load_pem_x509_crl(found.crl_pem)
        self.assertLess(
            self.now + datetime.timedelta(days=89), crl.next_update_utc
        )
        again = self.issue(replaces=found.chain_pem)
        self.assertEqual(found.crl_pem, again.crl_pem)

    def test_passphrase(self):
        """It comes from the file that the options name."""
        self.init(now=self.now, passphrase=b'secret')
        error = self.assertRaises(exception.PassphraseUnusable, self.issue)
        self.assertIn('ca_passphrase_file', str(error))

        path = self.root / 'passphrase'
        path.write_text('secret\n')
        self.set('ca_passphrase_file', str(path))
        self.issue()
