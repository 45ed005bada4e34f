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


"""What is read from a guest's definition."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import testtools

from nova_native_tls.migration import guest_traits


class ReadTest(testtools.TestCase):
    """libvirt's XML, as far as it matters."""

    def _read(self, inside: str) -> guest_traits.GuestTraits:
        return guest_traits.read(
            ElementTree.fromstring(f'<domain>{inside}</domain>')
        )

    def test_machine(self) -> None:
        """As libvirt has it; there may be none."""
        for inside, machine in (
            ('<os><type machine="pc-q35-9.2">hvm</type></os>', 'pc-q35-9.2'),
            ('<os><type>hvm</type></os>', None),
            ('', None),
        ):
            self.assertEqual(machine, self._read(inside).machine)

    def test_iothreads(self) -> None:
        """By number, or one by one."""
        for inside, expected in (
            ('<iothreads>1</iothreads>', True),
            ('<iothreads> 4 </iothreads>', True),
            ('<iothreads>0</iothreads>', False),
            ('<iothreadids><iothread id="1"/></iothreadids>', True),
            ('<iothreadids/>', False),
            ('', False),
        ):
            self.assertIs(expected, self._read(inside).iothreads, inside)
