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

"""Tests of the wiring of a lab."""

from __future__ import annotations

import unittest

from tests.lab.harness.node import addresses
from tests.lab.harness.node import network


class BatchTestCase(unittest.TestCase):
    """What ``ip`` is told."""

    def test_veth_is_born_in_its_namespaces(self) -> None:
        """No link is made in one namespace to be moved to another."""
        lines = network.ports_batch(addresses.of_host(1), 4711).splitlines()
        self.assertEqual(
            'link add host1-mgmt type veth peer name mgmt0 netns 4711',
            lines[0],
        )
        self.assertEqual(4, len(lines))

    def test_ports_are_in_their_bridges(self) -> None:
        """The networks stay apart."""
        batch = network.ports_batch(addresses.of_host(1), 4711)
        self.assertIn('set host1-mgmt addrgenmode none master br-mgmt', batch)
        self.assertIn(
            'set host1-migr addrgenmode none master br-migration', batch
        )

    def test_addresses_are_usable_at_once(self) -> None:
        """IPv6 addresses do not wait for duplicate address detection."""
        batch = network.addresses_batch(addresses.of_host(1))
        self.assertIn(
            'addr add 2001:db8:2::11/64 dev migration0 nodad\n', batch
        )
        self.assertIn('addr add 203.0.113.11/24 dev migration0\n', batch)
        self.assertIn('link set lo up\n', batch)

    def test_controller_has_one_interface(self) -> None:
        """The controller is in the management network only."""
        batch = network.addresses_batch(addresses.of_controller())
        self.assertNotIn('migration0', batch)
