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

"""Servers go there and back with TLS 1.3 on every channel.

Local disks are copied, shared ones are not, and which it is Nova finds out
itself (``block_migration=auto``).
"""

from __future__ import annotations

from tests.cloud import base
from tests.cloud.harness import observed_move


class LocalDiskTest(base.CloudTestCase):
    """Memory and disk are sent, each over a connection of its own."""

    def test_local_disk(self) -> None:
        """A running server moves there and back."""
        machine = self.boot()
        there = observed_move.move(machine, self.destination)
        self.assert_moved_encrypted(there)
        self.assert_arrived(machine)
        back = observed_move.move(machine, self.source)
        self.assert_moved_encrypted(back)
        self.assert_stayed(machine)

    def test_local_disk_paused(self) -> None:
        """A paused server arrives paused, and goes on where it stood."""
        machine = self.boot()
        machine.pause()
        there = observed_move.move(machine, self.destination)
        self.assert_moved_encrypted(there)
        self.assertEqual('PAUSED', machine.show().status)
        self.assertEqual('paused', machine.guest.state(self.destination))
        back = observed_move.move(machine, self.source)
        self.assert_moved_encrypted(back)
        self.assertEqual('PAUSED', machine.show().status)
        machine.unpause()
        self.assert_stayed(machine)

    def test_local_disk_control(self) -> None:
        """With the option off all of it can be read, so it would be found."""
        self.configure(driver=base.PLUGIN, native_tls=False)
        machine = self.boot()
        there = observed_move.move(machine, self.destination)
        self.assert_moved_readable(there)
        self.assert_arrived(machine)


class SharedDiskTest(base.CloudTestCase):
    """Only memory is sent."""

    def setUp(self) -> None:
        super().setUp()
        self.share_instances()

    def test_shared_disk(self) -> None:
        """A running server moves there and back."""
        machine = self.boot()
        there = observed_move.move(machine, self.destination)
        self.assert_moved_encrypted(there, ports=(base.RAM,))
        self.assert_arrived(machine)
        back = observed_move.move(machine, self.source)
        self.assert_moved_encrypted(back, ports=(base.RAM,))
        self.assert_stayed(machine)

    def test_shared_disk_paused(self) -> None:
        """A paused server arrives paused, and goes on where it stood."""
        machine = self.boot()
        machine.pause()
        there = observed_move.move(machine, self.destination)
        self.assert_moved_encrypted(there, ports=(base.RAM,))
        self.assertEqual('paused', machine.guest.state(self.destination))
        machine.unpause()
        self.assert_arrived(machine)

    def test_shared_disk_control(self) -> None:
        """With the option off memory can be read, and no disk is sent."""
        self.configure(driver=base.PLUGIN, native_tls=False)
        machine = self.boot()
        there = observed_move.move(machine, self.destination)
        self.assert_moved_readable(there, disk=False)
        self.assert_arrived(machine)
