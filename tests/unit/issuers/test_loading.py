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

"""The issuer that the options name is found, or the reason is given."""

from __future__ import annotations

from unittest import mock

from oslo_config import cfg
from stevedore import extension
import testtools

from nova_native_tls import conf as options
from nova_native_tls import exception
from nova_native_tls.issuers import base
from nova_native_tls.issuers import command
from nova_native_tls.issuers import loading
from nova_native_tls.issuers import local


class TestLoading(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.conf = cfg.ConfigOpts()
        options.register_opts(self.conf)
        self.conf([])

    def choose(self, name: str) -> None:
        self.conf.set_override('issuer', name, 'native_tls')

    def refused(self) -> str:
        error = self.assertRaises(
            exception.IssuerUnusable, loading.load, self.conf
        )
        return str(error)

    def entries(self, **kinds):
        """Let other things be installed."""
        found = []
        for name, kind in kinds.items():
            entry = mock.Mock(**{'load.return_value': kind})
            entry.name = name
            found.append(entry)
        return mock.patch.object(
            extension.ExtensionManager,
            'list_entry_points',
            lambda _self: found,
        )

    def test_default(self):
        """The CA of this project issues, if nothing else is said."""
        self.assertIsInstance(loading.load(self.conf), local.LocalIssuer)

    def test_command(self):
        """A program issues, if one is named."""
        self.choose('command')
        self.assertIn('issuer_command', self.refused())

        self.conf.set_override('issuer_command', 'true', 'native_tls')
        self.assertIsInstance(loading.load(self.conf), command.CommandIssuer)

    def test_unknown(self):
        """What is not installed is an error that names what is."""
        self.choose('vault')

        self.assertIn('command, local', self.refused())

    def test_unusable(self):
        """One that cannot be loaded, or is none, is an error."""
        self.choose('mine')
        with self.entries(mine=dict):
            self.assertIn('not an Issuer', self.refused())
        with self.entries(mine='text'):
            self.assertIn('not an Issuer', self.refused())
        with self.entries(mine=None) as _entries:
            self.assertIn('not an Issuer', self.refused())
        broken = mock.Mock(**{'load.side_effect': ImportError('no vault')})
        broken.name = 'mine'
        with mock.patch.object(
            extension.ExtensionManager,
            'list_entry_points',
            lambda _self: [broken],
        ):
            self.assertIn('ImportError: no vault', self.refused())

    def test_other_distribution(self):
        """An issuer that somebody else installed is used."""

        class Mine(base.Issuer):
            def issue(self, csr_pem, *, names, replaces=None):
                raise NotImplementedError

        self.choose('mine')
        with self.entries(mine=Mine):
            self.assertIsInstance(loading.load(self.conf), Mine)
