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

"""Tests of what a guest is made of."""

from __future__ import annotations

import re
from typing import Any
import unittest
from xml.etree import ElementTree

from tests.lab.harness.guest import spec as guest_spec


class GuestSpecTestCase(unittest.TestCase):
    """Secrets, parameters that fit, and the domain."""

    def test_secrets_are_new(self) -> None:
        """No two guests share a secret, nor a guest and its disk."""
        one = guest_spec.GuestSpec(name='a')
        two = guest_spec.GuestSpec(name='b')
        self.assertEqual(
            4, len({one.secret, two.secret, one.disk_secret, two.disk_secret})
        )

    def test_secrets_stay_private(self) -> None:
        """Neither the XML nor the repr has a secret as memory has it."""
        spec = guest_spec.GuestSpec(name='a', disk_mib=4)
        for text in (guest_spec.domain_xml(spec), repr(spec)):
            self.assertNotIn(spec.secret, text)
            self.assertNotIn(spec.disk_secret, text)

    def test_command_line(self) -> None:
        """The kernel is told the secret in hexadecimal, and all rates."""
        spec = guest_spec.GuestSpec(
            name='a',
            secret='Secret42',
            working_set_mib=16,
            dirty_mib_s='max',
            check_mib_s=3,
            fill='random',
        )
        self.assertEqual(
            'secret_hex=5365637265743432 working_set_mib=16 dirty_mib_s=max '
            'check_mib_s=3 fill=random',
            spec.command_line,
        )

    def test_bad_parameters(self) -> None:
        """What the kernel would refuse is refused before it starts."""
        bad: tuple[dict[str, Any], ...] = (
            {'memory_mib': 8},
            {'memory_mib': 3073},
            {'working_set_mib': 126},
            {'working_set_mib': 0},
            {'secret': 'short'},
            {'secret': 'x' * 49},
            {'secret': 'with space'},
            {'disk_secret': 'umläut-secret'},
        )
        for options in bad:
            with self.subTest(options), self.assertRaises(ValueError):
                guest_spec.GuestSpec(name='a', **options)

    def test_idle(self) -> None:
        """A guest that dirties nothing needs no working set."""
        spec = guest_spec.GuestSpec(name='a', working_set_mib=0, dirty_mib_s=0)
        self.assertIn('dirty_mib_s=0', spec.command_line)

    def test_domain(self) -> None:
        """The domain is TCG, without CPU, with console and maybe a disk."""
        spec = guest_spec.GuestSpec(
            name='a', memory_mib=64, machine='pc-i440fx-7.2', disk_mib=4
        )
        domain = ElementTree.fromstring(guest_spec.domain_xml(spec))
        self.assertEqual('qemu', domain.get('type'))
        self.assertIsNone(domain.find('cpu'))
        self.assertEqual('64', domain.findtext('memory'))
        machine = domain.find('os/type')
        assert machine is not None
        self.assertEqual('pc-i440fx-7.2', machine.get('machine'))
        self.assertEqual(guest_spec.KERNEL, domain.findtext('os/kernel'))
        disk = domain.find('devices/disk/source')
        assert disk is not None
        self.assertEqual(spec.disk_path, disk.get('file'))
        serial = domain.find('devices/serial/source')
        assert serial is not None
        self.assertEqual(spec.serial_path, serial.get('path'))

    def test_image(self) -> None:
        """Pages to fill the memory with come as QEMU hands over a module."""
        for fill, initrd in (
            ('image', guest_spec.MEMORY_IMAGE),
            ('pattern', None),
        ):
            spec = guest_spec.GuestSpec(name='a', fill=fill)
            domain = ElementTree.fromstring(guest_spec.domain_xml(spec))
            self.assertEqual(initrd, domain.findtext('os/initrd'))
            self.assertIn(f'fill={fill}', spec.command_line)

    def test_no_disk(self) -> None:
        """Without a size there is no disk."""
        xml = guest_spec.domain_xml(guest_spec.GuestSpec(name='a'))
        self.assertIsNone(re.search('<disk', xml))
