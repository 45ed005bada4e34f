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

"""The speed of interfaces, as /sys has it."""

from __future__ import annotations

import ipaddress
import pathlib

import fixtures
import testtools

from nova_native_tls.speed import link

GBIT_25 = 25000 / link._MBIT_PER_GIB
ADDRESS = '203.0.113.5'


class SpeedTest(testtools.TestCase):
    """Each kind of interface, in a directory like the kernel's."""

    def setUp(self) -> None:
        super().setUp()
        self.net = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.named = 'eth0'
        self.useFixture(
            fixtures.MockPatchObject(
                link, 'interface', lambda _address: self.named
            )
        )

    def add(
        self, name: str, speed: str | None, *lower: str, kind: str = ''
    ) -> None:
        """Make one; ``kind`` is a file that only some have."""
        folder = self.net / name
        folder.mkdir()
        if speed is not None:
            (folder / 'speed').write_text(f'{speed}\n')
        if kind:
            (folder / kind).mkdir()
        for each in lower:
            (folder / f'lower_{each}').mkdir()

    def speed_of(self, name: str) -> float | None:
        """Ask, when that one has the address."""
        self.named = name
        return link.gib_s(ADDRESS, str(self.net))

    def assert_speed(self, expected: float, name: str) -> None:
        """It has this one."""
        found = self.speed_of(name)
        assert found is not None
        self.assertAlmostEqual(expected, found)

    def test_card(self) -> None:
        """25 Gbit/s are 2.91 GiB/s."""
        self.add('eth0', '25000', kind='device')
        self.assert_speed(GBIT_25, 'eth0')
        self.assertAlmostEqual(2.91, GBIT_25, places=2)

    def test_card_that_does_not_say(self) -> None:
        """Of a virtual machine, or without a cable."""
        for name, speed in (('a', '-1'), ('b', None), ('c', ''), ('d', '0')):
            self.add(name, speed, kind='device')
            self.assertIsNone(self.speed_of(name))

    def test_software(self) -> None:
        """What it says of itself is made up."""
        self.add('veth0', '10000')
        self.add('lo', None)
        self.assertIsNone(self.speed_of('veth0'))
        self.assertIsNone(self.speed_of('lo'))

    def test_vlan_on_bond(self) -> None:
        """The kernel adds up what a bond has."""
        self.add('eth0', '25000', kind='device')
        self.add('eth1', '25000', kind='device')
        self.add('bond0', '50000', 'eth0', 'eth1', kind='bonding')
        self.add('bond0.7', '50000', 'bond0')
        self.assert_speed(2 * GBIT_25, 'bond0.7')

    def test_bond_that_does_not_say(self) -> None:
        """One of its cards carries it at least."""
        self.add('eth0', '25000', kind='device')
        self.add('bond0', '-1', 'eth0', kind='bonding')
        self.assert_speed(GBIT_25, 'bond0')

    def test_bridge(self) -> None:
        """Guests have their interfaces on it, which say anything."""
        self.add('eth0', '25000', kind='device')
        self.add('tap0', '100000')
        self.add('br0', '100000', 'tap0', 'eth0', kind='bridge')
        self.assert_speed(GBIT_25, 'br0')

    def test_bridge_with_two_cards(self) -> None:
        """Nobody knows which; it shall not seem slower than it is."""
        self.add('eth0', '1000', kind='device')
        self.add('eth1', '25000', kind='device')
        self.add('br0', '-1', 'eth0', 'eth1', kind='bridge')
        self.assert_speed(GBIT_25, 'br0')

    def test_bridge_without_card(self) -> None:
        """It ends inside the host."""
        self.add('tap0', '10')
        self.add('br0', '10', 'tap0', kind='bridge')
        self.assertIsNone(self.speed_of('br0'))

    def test_circle(self) -> None:
        """Whatever /sys says, there is an answer."""
        self.add('a', None, 'b')
        self.add('b', None, 'a')
        self.assertIsNone(self.speed_of('a'))

    def test_gone(self) -> None:
        """It was there a moment ago."""
        self.assertIsNone(self.speed_of('eth9'))

    def test_no_address(self) -> None:
        """A name is none."""
        self.assertIsNone(link.gib_s('host1', str(self.net)))


class InterfaceTest(testtools.TestCase):
    """This host's own."""

    def test_ipv4(self) -> None:
        """Every host has this one."""
        found = link.interface(ipaddress.ip_address('127.0.0.1'))
        self.assertEqual('lo', found)

    def test_mapped(self) -> None:
        """The same, written as IPv6."""
        found = link.interface(ipaddress.ip_address('::ffff:127.0.0.1'))
        self.assertEqual('lo', found)

    def test_of_another_host(self) -> None:
        """No interface has it."""
        for address in ('203.0.113.77', '2001:db8::77'):
            self.assertIsNone(
                link.interface(ipaddress.ip_address(address), '/dev/null')
            )

    def test_ipv6(self) -> None:
        """As the kernel lists them."""
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        table = folder / 'if_inet6'
        table.write_text(
            '00000000000000000000000000000001 01 80 10 80       lo\n'
            '20010db8000000000000000000000005 02 40 00 80     eth1\n'
        )
        found = link.interface(ipaddress.ip_address('2001:db8::5'), str(table))
        self.assertEqual('eth1', found)
