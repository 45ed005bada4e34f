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

"""Where in a guest's physical memory is it safe to look?

Only where there is RAM on every machine of the kind: what is read elsewhere
could be a device, and reading is not always harmless to one.

QEMU splits the memory of a large guest around the devices below 4 GiB, and
where it does differs. ``pc`` keeps 3.5 GiB below, or 3 GiB once the guest
has 3.5 GiB (``pc_init1``, QEMU 7.2 hw/i386/pc_piix.c); ``q35`` keeps 2.75 GiB
or, with that much, 2 GiB (``pc_q35_init``, QEMU 7.2 hw/i386/pc_q35.c). So what
is below 2 GiB is RAM in both; and so is, from 4 GiB on, all of the guest's
memory but 3.5 GiB. What is between stays unseen.
"""

from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ElementTree

MIB = 1 << 20
GIB = 1 << 30

#: Below it are the display's memory and the firmware.
LOW_BEGIN = MIB
LOW_END = 2 * GIB
HIGH_BEGIN = 4 * GIB
#: What is below 4 GiB at most.
LOW_MAX = 7 * GIB // 2
#: From a size near 1 TiB on, QEMU >= 7.1 begins the second part at 1 TiB for
#: some processors (``pc_memory_init`` in hw/i386/pc.c): well below that, only
#: the first part is looked at.
TOP_MAX = 512 * GIB

BLOCK_BYTES = 32 * 1024
#: A power of two, for the order.
BLOCKS = 32

_MACHINE = re.compile(r'(pc|q35)(-|$)')
_ARCHITECTURES = ('x86_64', 'i686')
_KIB = {'KiB': 1, 'MiB': 1024, 'GiB': 1024 * 1024}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """RAM of a guest that is known to be where it is.

    :ivar ranges: begin and end of each part, in guest-physical bytes.
    """

    ranges: tuple[tuple[int, int], ...]


def memory_of(definition: ElementTree.Element) -> Memory | None:
    """Find its RAM in libvirt's XML of a running guest.

    Memory that was plugged in is somewhere else, and left out.

    :returns: None where that cannot be told, for example of another kind of
        machine.
    """
    machine = definition.find('os/type')
    if (
        machine is None
        or machine.get('arch') not in _ARCHITECTURES
        or not _MACHINE.match(machine.get('machine') or '')
        # Encrypted: nothing can be learned from it.
        or definition.find('launchSecurity') is not None
    ):
        return None
    total = _bytes(definition.find('memory'))
    most = definition.find('maxMemory')
    plugged = [
        _bytes(size)
        for size in definition.iterfind('devices/memory/target/size')
    ]
    top = total if most is None else _bytes(most)
    if (
        total is None
        or top is None
        or None in plugged
        or len(plugged) != len(definition.findall('devices/memory'))
    ):
        return None
    fixed = total - sum(each for each in plugged if each is not None)
    far = top > TOP_MAX or definition.find('.//pcihole64') is not None
    return ranges(fixed, low_only=far)


def ranges(size: int, *, low_only: bool = False) -> Memory | None:
    """Find the RAM of a guest with so many bytes that were never plugged."""
    found = [(LOW_BEGIN, min(size, LOW_END))]
    if size > LOW_MAX and not low_only:
        found.append((HIGH_BEGIN, HIGH_BEGIN + size - LOW_MAX))
    return (
        Memory(ranges=tuple(found))
        if size >= LOW_BEGIN + BLOCK_BYTES
        else None
    )


def blocks(memory: Memory, *, offset: float) -> tuple[int, ...]:
    """Choose where to read ``BLOCK_BYTES`` each, in the order to do it.

    They are as far from each other as can be; the order is such that the
    first few of them are, too.

    :param offset: 0 to 1 without the end; by chance, so that not every look
        is at the same places.
    :returns: addresses, each at the begin of a block.
    """
    room = sum((end - begin) // BLOCK_BYTES for begin, end in memory.ranges)
    count = BLOCKS
    while count > room:
        count //= 2
    step = room // count
    # At its last bit below 1 a product with it may be a whole number.
    first = min(int(offset * step), step - 1)
    return tuple(
        _address(memory, _reversed(index, count) * room // count + first)
        for index in range(count)
    )


def _address(memory: Memory, number: int) -> int:
    """Give the address of a block, counted over all ranges."""
    for begin, end in memory.ranges:
        within = (end - begin) // BLOCK_BYTES
        if number < within:
            return begin + number * BLOCK_BYTES
        number -= within
    raise IndexError(number)


def _reversed(index: int, count: int) -> int:
    """Read the bits of a number below a power of two from the other end."""
    turned = 0
    while count > 1:
        turned = turned << 1 | index & 1
        index >>= 1
        count >>= 1
    return turned


def _bytes(element: ElementTree.Element | None) -> int | None:
    if element is None:
        return None
    text = (element.text or '').strip()
    factor = _KIB.get(element.get('unit') or 'KiB')
    if factor is None or not text.isascii() or not text.isdigit():
        return None
    return int(text) * factor * 1024
