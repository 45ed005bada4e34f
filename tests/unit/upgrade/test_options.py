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

"""The options, before an upgrade."""

from __future__ import annotations

from oslo_upgradecheck import upgradecheck

from nova_native_tls.upgrade import options
from tests.unit.upgrade import hosts

Code = upgradecheck.Code


class OptionsTest(hosts.HostTestCase):
    """What nova-compute would say when it starts."""

    def check(self, text: str | None) -> upgradecheck.Result:
        return options.check(self.host(text))

    def test_consistent(self) -> None:
        """Nothing is wrong."""
        found = self.check(hosts.ON)
        self.assertIs(Code.SUCCESS, found.code)
        self.assertIn('options.consistent', found.details)
        self.assertNotIn('native-tls-off', found.details)

    def test_off(self) -> None:
        """Is as it was meant, and said."""
        found = self.check('')
        self.assertIs(Code.SUCCESS, found.code)
        self.assertIn('options.native-tls-off', found.details)

    def test_advice(self) -> None:
        """A connection in clear text is a warning."""
        found = self.check('[libvirt]\nlive_migration_with_native_tls = true')
        self.assertIs(Code.WARNING, found.code)
        self.assertIn('live_migration_scheme', found.details)

    def test_refused(self) -> None:
        """What exclude each other, wrong types, impossible values."""
        for line in (
            'live_migration_tunnelled = true',
            'live_migration_completion_timeout = soon',
            'live_migration_parallel_connections = 1000',
        ):
            found = self.check(f'{hosts.ON}{line}\n')
            self.assertIs(Code.FAILURE, found.code, line)
            self.assertIn(line.split()[0], found.details)

    def test_our_own_option(self) -> None:
        """It counts as much as Nova's."""
        found = self.check('[native_tls]\ntls_destination = a b\n')
        self.assertIs(Code.FAILURE, found.code)
        self.assertIn('tls_destination', found.details)

    def test_no_file(self) -> None:
        """Defaults are not what anybody meant."""
        found = self.check(None)
        self.assertIs(Code.WARNING, found.code)
        self.assertIn('--config-file', found.details)
