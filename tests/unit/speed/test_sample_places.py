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

"""Tests of where in a guest's memory to look."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ElementTree

import hypothesis
from hypothesis import strategies
import testtools

from nova_native_tls.speed import sample_places

MIB = sample_places.MIB
GIB = sample_places.GIB

SIZES = strategies.integers(2 * MIB, 6 << 40)
OFFSETS = strategies.floats(0, 1, exclude_max=True)


def ram_of_pc(size: int) -> list[tuple[int, int]]:
    """RAM as pc_init1 splits it, QEMU 7.2 hw/i386/pc_piix.c."""
    low = 3 * GIB if size >= 0xE0000000 else size
    return [(0, low), (4 * GIB, 4 * GIB + size - low)]


def ram_of_q35(size: int) -> list[tuple[int, int]]:
    """RAM as pc_q35_init splits it, QEMU 7.2 hw/i386/pc_q35.c."""
    low = 2 * GIB if size >= 0xB0000000 else size
    return [(0, low), (4 * GIB, 4 * GIB + size - low)]


def ram_of_old_pc(size: int) -> list[tuple[int, int]]:
    """RAM of pc-1.7 and before."""
    low = min(size, 0xE0000000)
    return [(0, low), (4 * GIB, 4 * GIB + size - low)]


class BlocksTest(testtools.TestCase):
    @hypothesis.given(SIZES, OFFSETS)
    @hypothesis.example(0xE0000000, 0.0)
    @hypothesis.example(0xE0000000 + MIB, 0.999)
    @hypothesis.example(0xB0000000, 0.999)
    @hypothesis.example(2 * GIB, 0.999)
    def test_only_ram(self, size, offset):
        """Each block is RAM on every machine, and no two overlap."""
        memory = sample_places.ranges(size)
        found = sample_places.blocks(memory, offset=offset)
        for split in (ram_of_pc, ram_of_q35, ram_of_old_pc):
            for address in found:
                self.assertTrue(
                    any(
                        begin <= address
                        and address + sample_places.BLOCK_BYTES <= end
                        for begin, end in split(size)
                    ),
                    f'{split.__name__} {address:#x}',
                )
        self.assertGreaterEqual(min(found), MIB)
        ordered = sorted(found)
        for one, next_one in itertools.pairwise(ordered):
            self.assertGreaterEqual(next_one - one, sample_places.BLOCK_BYTES)

    def test_spread(self):
        """Any first few are from all over the guest."""
        size = 1025 * MIB
        found = sample_places.blocks(sample_places.ranges(size), offset=0.5)

        self.assertEqual(32, len(found))
        for count in (2, 4, 8, 16, 32):
            part = GIB // count
            self.assertEqual(
                set(range(count)),
                {(address - MIB) // part for address in found[:count]},
            )

    def test_both_parts(self):
        """A large guest is looked at beyond 4 GiB in proportion."""
        memory = sample_places.ranges(int(9.5 * GIB))
        found = sample_places.blocks(memory, offset=0)

        self.assertEqual(24, sum(address >= 4 * GIB for address in found))

    def test_offset(self):
        """Another time it is other places."""
        memory = sample_places.ranges(GIB)
        self.assertNotEqual(
            sample_places.blocks(memory, offset=0.1),
            sample_places.blocks(memory, offset=0.2),
        )

    def test_tiny(self):
        """A guest without room has no place to look."""
        self.assertIsNone(sample_places.ranges(MIB))


def xml(
    *,
    memory="<memory unit='KiB'>8388608</memory>",
    machine='pc-q35-10.0',
    arch='x86_64',
    more='',
    devices='',
) -> ElementTree.Element:
    return ElementTree.fromstring(
        f"<domain type='kvm'>{memory}<os><type arch='{arch}' "
        f"machine='{machine}'>hvm</type></os>{more}"
        f'<devices>{devices}</devices></domain>'
    )


WHOLE = sample_places.ranges(8 * GIB)
DIMM = (
    "<memory model='dimm'><target><size unit='KiB'>4194304</size>"
    '<node>0</node></target></memory>'
)


class MemoryOfTest(testtools.TestCase):
    def test_machines(self):
        """Whatever a distribution calls its PCs."""
        for machine in (
            'pc',
            'q35',
            'pc-i440fx-7.2',
            'pc-q35-rhel9.4.0',
            'pc-i440fx-jammy',
        ):
            self.assertEqual(
                WHOLE, sample_places.memory_of(xml(machine=machine))
            )

    def test_other_machines(self):
        """Where RAM is in another one nobody here knows."""
        for machine, arch in (
            ('virt-9.2', 'aarch64'),
            ('virt-9.2', 'x86_64'),
            ('microvm', 'x86_64'),
            ('isapc', 'x86_64'),
            ('pcx', 'x86_64'),
            ('q35', 'aarch64'),
        ):
            self.assertIsNone(
                sample_places.memory_of(xml(machine=machine, arch=arch))
            )
        self.assertIsNone(
            sample_places.memory_of(ElementTree.fromstring('<domain/>'))
        )

    def test_plugged(self):
        """libvirt counts plugged memory, which is at another place."""
        for element in (DIMM, DIMM.replace('dimm', 'virtio-mem')):
            self.assertEqual(
                sample_places.ranges(4 * GIB),
                sample_places.memory_of(xml(devices=element)),
            )
        self.assertEqual(
            sample_places.ranges(0),
            sample_places.memory_of(xml(devices=DIMM * 2)),
        )

    def test_plugged_without_size(self):
        """Memory of an unknown size makes the rest unknown."""
        self.assertIsNone(
            sample_places.memory_of(xml(devices="<memory model='new'/>"))
        )

    def test_moved(self):
        """Where the second part may have been moved only the first counts."""
        low = sample_places.Memory(ranges=((MIB, 2 * GIB),))
        for changed in (
            {'memory': "<memory unit='KiB'>1073741824</memory>"},
            {'more': "<maxMemory slots='4' unit='KiB'>1073741824</maxMemory>"},
            {
                'devices': "<controller type='pci'>"
                "<pcihole64 unit='KiB'>1048576</pcihole64></controller>"
            },
        ):
            self.assertEqual(low, sample_places.memory_of(xml(**changed)))

    def test_encrypted(self):
        """Memory that the host cannot read is not read."""
        self.assertIsNone(
            sample_places.memory_of(xml(more="<launchSecurity type='sev'/>"))
        )

    def test_unreadable(self):
        """A size that is no number in a known unit is none."""
        for memory in (
            '',
            '<memory/>',
            "<memory unit='KiB'>-1</memory>",
            "<memory unit='KiB'>many</memory>",
            "<memory unit='pages'>8</memory>",
        ):
            self.assertIsNone(sample_places.memory_of(xml(memory=memory)))
