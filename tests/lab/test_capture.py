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


"""A capture's account on a node with other traffic, by the real tcpdump."""

from __future__ import annotations

from tests.lab import base
from tests.lab.harness import observed
from tests.lab.harness.wire import capture

CAPTURES = 3
#: Bounded in time; to a port that nobody listens on, inside the node.
_OTHER_TRAFFIC = """
import socket, time
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end = time.monotonic() + 60
while time.monotonic() < end:
    other.sendto(b'x', ('127.0.0.1', 9))
"""


class CaptureTest(base.LabTestCase):
    """Other traffic is not what a capture has to have."""

    def test_other_traffic(self) -> None:
        """What came before the filter was set does not count as dropped."""
        node = self.lab.controller
        other = node.popen(['python3', '-c', _OTHER_TRAFFIC])
        self.addCleanup(other.kill)
        path = observed.captures(self.lab) / 'other.pcap'
        self.addCleanup(path.unlink)
        for _ in range(CAPTURES):
            with capture.Capture(node, path) as running:
                pass
            self.assertEqual(0, running.result.dropped_packets)
