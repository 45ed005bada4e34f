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

"""Time for the disks of a server, in the legs of Nova's check."""

from __future__ import annotations

import fixtures

from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import test_two_hosts
from tests.functional.nova_adapter import trees


class TimeLeftTest(test_two_hosts.TwoHosts):
    """Certificates for one more day, which is what Nova allows for 108 GiB.

    800 seconds for each, live_migration_completion_timeout.
    """

    def setUp(self) -> None:
        super().setUp()
        for name in ('compute1', 'compute2'):
            host = name.replace('compute', 'host')
            ends = trees.issue(f'{host}.example.org', days=(-1, 1))
            self.break_host(name, **trees.of(ends))
        self.log = self.useFixture(fixtures.FakeLogger())

    def _warned(self, root_gb: int, ephemeral_gb: int) -> set[str]:
        """Migrate a server with such disks.

        :returns: which certificates would not last.
        """
        instance = adapter.instance()
        instance.root_gb, instance.ephemeral_gb = root_gb, ephemeral_gb
        self.useFixture(
            fixtures.MockPatchObject(
                adapter, 'instance', lambda *_arguments: instance
            )
        )
        self.migrate()
        return {
            word.rstrip(':')
            for word in self.log.output.split()
            if word.endswith('.expires-soon:')
        }

    def test_small(self) -> None:
        """There is time enough, also for disks that count as 2 GiB."""
        self.assertEqual(set(), self._warned(1, 1))

    def test_large(self) -> None:
        """The destination does not know yet what is copied; the source does.

        Nothing is, here.
        """
        self.assertEqual({'server-cert.expires-soon'}, self._warned(100, 10))
