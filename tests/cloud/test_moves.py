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

from collections.abc import Mapping
from typing import ClassVar

from tests.cloud import base
from tests.cloud.harness.guest import observed_move


class LocalDiskTest(base.CloudTestCase):
    """Memory and disk are sent, each over connections of its own."""

    def test_local_disk(self) -> None:
        """A running server moves there and back, and then paused."""
        machine = self.boot()
        there = observed_move.move(machine, self.destination)
        self.assert_moved_encrypted(there)
        self.assert_arrived(machine)
        back = observed_move.move(machine, self.source)
        self.assert_moved_encrypted(back)
        self.assert_stayed(machine)
        machine.pause()
        there = observed_move.move(machine, self.destination)
        self.assert_moved_encrypted(there)
        self.assertEqual('PAUSED', machine.show().status)
        self.assertEqual('paused', machine.guest.state(self.destination))
        machine.unpause()
        self.assert_arrived(machine)


class SharedDiskTest(base.CloudTestCase):
    """Only memory is sent."""

    ports: ClassVar[Mapping[int, int]] = {base.RAM: base.SAFE[base.RAM]}

    def setUp(self) -> None:
        super().setUp()
        self.share_instances()

    def test_shared_disk(self) -> None:
        """A running server moves there, and back when it is paused."""
        machine = self.boot()
        there = observed_move.move(machine, self.destination)
        self.assert_moved_encrypted(there, ports=self.ports)
        self.assert_arrived(machine)
        machine.pause()
        back = observed_move.move(machine, self.source)
        self.assert_moved_encrypted(back, ports=self.ports)
        self.assertEqual('paused', machine.guest.state(self.source))
        machine.unpause()
        self.assert_stayed(machine)


class ControlTest(base.CloudTestCase):
    """With the option off all can be read, so the search can find it."""

    native_tls = False

    def test_local_disk(self) -> None:
        """Both secrets are found."""
        machine = self.boot()
        there = observed_move.move(machine, self.destination)
        self.assert_moved_readable(there)
        self.assert_arrived(machine)

    def test_shared_disk(self) -> None:
        """That of the memory is found, and no disk is sent."""
        self.share_instances()
        machine = self.boot()
        there = observed_move.move(machine, self.destination)
        self.assert_moved_readable(there, disk=False)
        self.assert_arrived(machine)
