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

"""Tests of the names and addresses of a lab."""

from __future__ import annotations

import ipaddress
import unittest

from tests.lab.harness.node import addresses

#: Linux, include/uapi/linux/if.h, without the final zero.
MAX_INTERFACE_NAME = 15


class HostsFileTestCase(unittest.TestCase):
    """What the nodes resolve."""

    def setUp(self) -> None:
        super().setUp()
        self.lines = addresses.hosts_file(
            [addresses.of_controller(), addresses.of_host(2)]
        ).splitlines()

    def test_names_are_the_management_addresses(self) -> None:
        """The full name is first: it is the canonical one."""
        self.assertIn('198.51.100.12 host2.lab.example host2', self.lines)
        self.assertIn('2001:db8:1::12 host2.lab.example host2', self.lines)

    def test_migration_names_are_the_migration_addresses(self) -> None:
        """The migration address has a name of its own."""
        self.assertIn(
            '203.0.113.12 host2-migration.lab.example host2-migration',
            self.lines,
        )

    def test_controller_is_not_in_the_migration_network(self) -> None:
        """No name leads from the controller into that network."""
        controller = [line for line in self.lines if 'controller' in line]
        self.assertEqual(
            [
                '198.51.100.10 controller.lab.example controller',
                '2001:db8:1::10 controller.lab.example controller',
            ],
            controller,
        )

    def test_no_host_is_local(self) -> None:
        """libvirt refuses to migrate to a name that is the local host's."""
        local = [line for line in self.lines if line.startswith('127.')]
        self.assertEqual(['127.0.0.1 localhost'], local)


class NodeAddressesTestCase(unittest.TestCase):
    """Every host that is allowed has usable addresses."""

    def test_last_host(self) -> None:
        """The addresses of the last host are still inside the prefixes."""
        last = addresses.of_host(addresses.MAX_HOSTS)
        for network in last.networks:
            self.assertIn(
                ipaddress.ip_address(network.ipv4(last.number)),
                ipaddress.ip_network(f'{network.ipv4_prefix}0/24'),
            )
            self.assertIn(
                ipaddress.ip_address(network.ipv6(last.number)),
                ipaddress.ip_network(f'{network.ipv6_prefix}/64'),
            )

    def test_port_names_fit(self) -> None:
        """The kernel takes the names of the ports of the switch."""
        for node in (
            addresses.of_controller(),
            addresses.of_host(addresses.MAX_HOSTS),
        ):
            for network in node.networks:
                port = node.name + network.port_suffix
                self.assertLessEqual(len(port), MAX_INTERFACE_NAME, port)

    def test_of_name(self) -> None:
        """A node is found by its name."""
        self.assertEqual(addresses.of_host(17), addresses.of_name('host17'))
        self.assertEqual(
            addresses.of_controller(), addresses.of_name('controller')
        )

    def test_of_other_name(self) -> None:
        """The switch, and anything else, has no addresses."""
        for name in ('switch', 'host', 'host0', 'host01', 'host1\n', ''):
            with self.subTest(name=name), self.assertRaises(ValueError):
                addresses.of_name(name)
