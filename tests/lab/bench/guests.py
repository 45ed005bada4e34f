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

"""Guests that are moved."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Literal

from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.guest import kernel as guest_kernel
from tests.lab.harness.guest import memory_image
from tests.lab.harness.guest import spec as guest_spec
from tests.lab.harness.node import host as lab_host

#: As virtual_disk of the cloud's harness does: QEMU itself writes.
_DEVICE = '/machine/peripheral/virtio-disk0/virtio-backend'
_PORTION_MIB = 16
_BYTES = 256
#: Firmware and this kernel's own part cannot be written to.
_KEPT_MIB = 24


#: Of the memory that is given, what the pages of ordinary memory are at most.
_IMAGE_SHARE = 8


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of guest.

    :ivar fill: what its memory is like.
    :ivar dirties: it writes to most of its memory, as fast as it can.
    :ivar disk: it has a disk as large as its memory, which is moved, too.
    """

    name: str
    title: str
    fill: Literal['random', 'image']
    dirties: bool = False
    disk: bool = False

    def spec(self, memory_mib: int) -> guest_spec.GuestSpec:
        """Say what the guest is."""
        written_mib = memory_mib - _KEPT_MIB - _image_mib(memory_mib)
        return guest_spec.GuestSpec(
            name=f'bench-{self.name}',
            memory_mib=memory_mib,
            fill=self.fill,
            dirty_mib_s='max' if self.dirties else 0,
            working_set_mib=max(written_mib, 1) if self.dirties else 0,
            check_mib_s=1,
            disk_mib=memory_mib if self.disk else None,
        )

    def moved_gib(self, memory_mib: int) -> float:
        """Say how much is moved: memory, and the disk."""
        return memory_mib * (2 if self.disk else 1) / 1024


KINDS = (
    Kind(name='random', title='idle, incompressible memory', fill='random'),
    Kind(name='ordinary', title='idle, ordinary memory', fill='image'),
    Kind(
        name='writing-random',
        title='writing, incompressible memory',
        fill='random',
        dirties=True,
    ),
    Kind(
        name='writing',
        title='writing, ordinary memory',
        fill='image',
        dirties=True,
    ),
    Kind(
        name='disk',
        title='idle, ordinary memory and a disk',
        fill='image',
        disk=True,
    ),
)


def _image_mib(memory_mib: int) -> int:
    wanted = max(memory_mib // _IMAGE_SHARE, 1)
    return min(wanted, memory_image.SIZE_MAX_MIB)


def start(
    kind: Kind,
    host: lab_host.Host,
    *,
    memory_mib: int,
    directory: pathlib.Path,
    timeout_s: float,
) -> lab_guest.Guest:
    """Start a guest and wait until its memory, and disk, are full.

    :param directory: where its kernel and its pages are kept.
    :raises LabError: it did not come up.
    """
    image = None
    if kind.fill == 'image':
        image = memory_image.build(directory, size_mib=_image_mib(memory_mib))
    guest = lab_guest.Guest(
        kind.spec(memory_mib),
        guest_kernel.build(directory / 'kernel'),
        image=image,
    )
    guest.define_and_start(host)
    guest.wait_ready(host, timeout_s=timeout_s)
    for offset in range(0, guest.spec.disk_mib or 0, _PORTION_MIB):
        pattern = offset // _PORTION_MIB % (_BYTES - 1) + 1
        write = f'write -P {pattern} {offset}M {_PORTION_MIB}M'
        host.virsh(
            *('qemu-monitor-command', '--hmp', guest.name),
            f'qemu-io -d {_DEVICE} "{write}"',
        )
    return guest
