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

"""Listening ports are read from the kernel's table."""

from __future__ import annotations

import testtools

from tests.cloud.harness.services import listening

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt
   0: 0A6433C6:1628 00000000:0000 0A 00000000:00000000 00:00000000 00000000
   1: 0A6433C6:1388 0B6433C6:D431 01 00000000:00000000 00:00000000 00000000
   2: 00000000000000000000000000000000:0050 0:0000 0A 00000000:00000000 00:0 0
"""


class ParseTest(testtools.TestCase):
    """A table with two listeners and a connection."""

    def test_only_listeners(self) -> None:
        """A connected port is not listened on."""
        self.assertEqual({5672, 80}, listening.parse(TABLE))

    def test_empty(self) -> None:
        """No socket, no port."""
        self.assertEqual(set(), listening.parse(TABLE.splitlines()[0]))
