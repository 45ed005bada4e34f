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

"""Two hosts whose clocks differ, in the legs of Nova's check."""

from __future__ import annotations

import datetime
from typing import Any
from unittest import mock

import fixtures

from nova_native_tls.nova import carrier
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import test_two_hosts


class ClocksTest(test_two_hosts.TwoHosts):
    """A host whose clock is ahead says what comes from the future."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    def _ahead(self, seconds: int) -> Any:
        moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(
            seconds=seconds
        )
        return mock.patch.object(
            carrier, '_now', autospec=True, return_value=moment
        )

    def _migrate(self, *, destination_s: int = 0, source_s: int = 0) -> str:
        """Ask at all legs.

        :returns: what was logged about clocks.
        """
        self.be('compute2')
        with self._ahead(destination_s):
            data = adapter.over_rpc(self.destination(self.made))
        self.be('compute1')
        with self._ahead(source_s):
            data = adapter.over_rpc(self.source(self.made, data))
        self.be('compute2')
        self.again(self.made, data)
        return '\n'.join(
            line
            for line in self.log.output.splitlines()
            if 'peer-clock' in line
        )

    def test_agree(self) -> None:
        """Nothing is said, nor of a clock that is behind a little."""
        self.assertEqual('', self._migrate(source_s=-5))

    def test_destination_is_ahead(self) -> None:
        """The source finds out, and the migration goes on."""
        said = self._migrate(destination_s=300)
        self.assertRegex(
            said, 'clock of compute2 is at least [0-9]{2,} seconds'
        )
        self.assertEqual(1, said.count('\n') + 1)

    def test_source_is_ahead(self) -> None:
        """The destination finds out, when it is asked again."""
        said = self._migrate(source_s=300)
        self.assertRegex(
            said, 'clock of compute1 is at least [0-9]{2,} seconds'
        )
        self.assertEqual(1, said.count('\n') + 1)
