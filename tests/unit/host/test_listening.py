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

"""Tables of the kernel, as text."""

from __future__ import annotations

import testtools

from nova_native_tls.host import listening
from tests.unit.host import listeners

TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr
   0: 0100007F:C000 00000000:0000 0A 00000000:00000000 00:00000000
   1: 00000000:4082 00000000:0000 0A 00000000:00000000 00:00000000
   2: 0100007F:4083 0100007F:1234 01 00000000:00000000 00:00000000
"""
TCP6 = """  sl  local_address rem_address   st tx_queue rx_queue tr
   0: 00000000000000000000000001000000:407D 0:0000 0A 00000000:00000000
   1: 0000000000000000FFFF00000100007F:407E 0:0000 0A 00000000:00000000
   2: B80D0120000000000000000001000000:407F 0:0000 0A 00000000:00000000
"""


class ParseTest(testtools.TestCase):
    """On a machine whose numbers begin with the smallest byte."""

    def test_ipv4(self) -> None:
        """Listeners only, with their addresses."""
        self.assertEqual(
            [
                listeners.listener('127.0.0.1', 49152),
                listeners.listener('0.0.0.0', 16514),
            ],
            listening.parse(TCP),
        )

    def test_ipv6(self) -> None:
        """Each word of 32 bits by itself."""
        self.assertEqual(
            [
                listeners.listener('::1', 16509),
                listeners.listener('::ffff:127.0.0.1', 16510),
                listeners.listener('2001:db8::1', 16511),
            ],
            listening.parse(TCP6),
        )

    def test_reachable(self) -> None:
        """What only this host can connect to is not."""
        self.assertEqual(
            [False, True, False, False, True],
            [
                each.is_reachable
                for each in listening.parse(TCP) + listening.parse(TCP6)
            ],
        )
