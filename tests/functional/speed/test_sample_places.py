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

"""Where we look in a guest's memory, and where QEMU has its RAM."""

from __future__ import annotations

import testtools

from nova_native_tls.speed import sample_places
from tests.functional import qemu_migration

MIB = sample_places.MIB
GIB = sample_places.GIB

#: Around each size at which QEMU changes where it puts memory.
SIZES = (
    16 * MIB,
    2 * GIB,
    11 * GIB // 4 - MIB,
    11 * GIB // 4,
    3 * GIB,
    7 * GIB // 2 - MIB,
    7 * GIB // 2,
    7 * GIB // 2 + MIB,
    4 * GIB,
    9 * GIB,
    500 * GIB,
)


class SamplePlacesTest(testtools.TestCase):
    """QEMU is asked of each address whether it is RAM."""

    def qemu(self, machine: str, size: int) -> qemu_migration.Qemu:
        backend = f'memory-backend-ram,id=ram,reserve=off,size={size}'
        return qemu_migration.Qemu(
            '-S',
            *('-machine', f'{machine},accel=tcg,memory-backend=ram'),
            *('-object', backend),
            *('-m', f'{size // MIB}M'),
        )

    def is_ram(self, qemu: qemu_migration.Qemu, address: int) -> bool:
        answer = qemu.order(
            'human-monitor-command', command_line=f'gpa2hva {address:#x}'
        )
        return answer.startswith('Host virtual address for')

    def test_blocks(self):
        """The first and the last byte of each block are RAM."""
        for machine in ('pc', 'q35'):
            for size in SIZES:
                with self.qemu(machine, size) as qemu:
                    memory = sample_places.ranges(size)
                    begins = sample_places.blocks(memory, offset=0.99)
                    last = sample_places.BLOCK_BYTES - 1
                    self.assertEqual(
                        [],
                        [
                            f'{machine} {size // MIB} MiB {address:#x}'
                            for begin in begins
                            for address in (begin, begin + last)
                            if not self.is_ram(qemu, address)
                        ],
                    )

    def test_ends(self):
        """So are the ends of what is known to be RAM, but not the gap."""
        for machine, gap in (('pc', 3 * GIB), ('q35', 2 * GIB)):
            size = 8 * GIB
            with self.qemu(machine, size) as qemu:
                for begin, end in sample_places.ranges(size).ranges:
                    self.assertTrue(self.is_ram(qemu, begin))
                    self.assertTrue(self.is_ram(qemu, end - 1))
                self.assertFalse(self.is_ram(qemu, gap))
