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

"""What a lab guest is: its parameters, and the domain XML made of them."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Literal
import uuid as uuidlib
from xml.etree import ElementTree

IMAGES = '/var/lib/libvirt/images'
KERNEL = f'{IMAGES}/lab-guest-kernel.elf'
MEMORY_IMAGE = f'{IMAGES}/lab-guest-memory.bin'
LOGS = '/var/log/libvirt/qemu'

# Above this QEMU's machine pc would put memory beyond 4 GiB, where a 32-bit
# kernel does not reach: it would neither hold the secret nor be checked.
MEMORY_MAX_MIB = 3072
MEMORY_MIN_MIB = 16
# The guest kernel uses everything above its own image.
UNUSED_MIB = 3


def _token() -> str:
    return secrets.token_hex(16)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class GuestSpec:
    """One lab guest.

    ``secret`` fills the memory, ``disk_secret`` the disk; both are new for
    each guest, so that a capture can only hold them because of this guest.
    ``dirty_mib_s`` is a rate over ``working_set_mib``, 0 for an idle guest,
    ``'max'`` for as fast as the CPU allows.  With ``fill='zero'`` only the
    working set holds the secret.  With ``fill='image'`` the memory is made of
    the pages of a file, in turn, each with the secret in it; the file itself
    takes some of the memory, too.

    :raises ValueError: the parameters do not fit each other.
    """

    name: str
    memory_mib: int = 128
    vcpus: int = 1
    machine: str = 'pc'
    uuid: str = dataclasses.field(default_factory=lambda: str(uuidlib.uuid4()))
    secret: str = dataclasses.field(default_factory=_token, repr=False)
    working_set_mib: int = 8
    dirty_mib_s: int | Literal['max'] = 8
    check_mib_s: int = 64
    fill: Literal['pattern', 'random', 'zero', 'image'] = 'pattern'
    disk_mib: int | None = None
    disk_secret: str = dataclasses.field(default_factory=_token, repr=False)

    def __post_init__(self) -> None:
        if not MEMORY_MIN_MIB <= self.memory_mib <= MEMORY_MAX_MIB:
            raise ValueError(
                f'memory_mib is {self.memory_mib}: a lab guest has '
                f'{MEMORY_MIN_MIB} to {MEMORY_MAX_MIB} MiB'
            )
        if self.working_set_mib > self.memory_mib - UNUSED_MIB:
            raise ValueError(
                f'working_set_mib is {self.working_set_mib}: at most '
                f'{self.memory_mib - UNUSED_MIB} of the guest\'s '
                f'{self.memory_mib} MiB can be dirtied'
            )
        if self.dirty_mib_s and not self.working_set_mib:
            raise ValueError('dirty_mib_s needs a working_set_mib')
        for secret in (self.secret, self.disk_secret):
            if (
                not 8 <= len(secret) <= 48
                or not secret.isascii()
                or not secret.isprintable()
                or ' ' in secret
            ):
                raise ValueError(
                    'a secret has 8 to 48 printable ASCII characters'
                )

    @property
    def serial_path(self) -> str:
        """Where, on each host, libvirt writes the guest's console."""
        return f'{LOGS}/{self.name}-serial.log'

    @property
    def disk_path(self) -> str:
        """Where, on each host, the guest's disk is."""
        return f'{IMAGES}/{self.name}.qcow2'

    @property
    def command_line(self) -> str:
        """The kernel's parameters.

        The secret is written in hexadecimal: the domain XML goes over the
        control connection, and must not look there like guest memory.
        """
        return (
            f'secret_hex={self.secret.encode().hex()}'
            f' working_set_mib={self.working_set_mib}'
            f' dirty_mib_s={self.dirty_mib_s}'
            f' check_mib_s={self.check_mib_s}'
            f' fill={self.fill}'
        )


def domain_xml(spec: GuestSpec) -> str:
    """Return the libvirt domain of ``spec``: TCG, and no default devices."""
    domain = ElementTree.Element('domain', type='qemu')
    _text(domain, 'name', spec.name)
    _text(domain, 'uuid', spec.uuid)
    _text(domain, 'memory', str(spec.memory_mib), unit='MiB')
    _text(domain, 'vcpu', str(spec.vcpus))
    system = ElementTree.SubElement(domain, 'os')
    _text(system, 'type', 'hvm', arch='x86_64', machine=spec.machine)
    _text(system, 'kernel', KERNEL)
    if spec.fill == 'image':
        # QEMU hands it to a multiboot kernel as a module.
        _text(system, 'initrd', MEMORY_IMAGE)
    _text(system, 'cmdline', spec.command_line)
    ElementTree.SubElement(ElementTree.SubElement(domain, 'features'), 'acpi')
    for event in ('on_poweroff', 'on_reboot', 'on_crash'):
        _text(domain, event, 'destroy')
    _devices(domain, spec)
    ElementTree.indent(domain)
    return ElementTree.tostring(domain, encoding='unicode')


def _devices(domain: ElementTree.Element, spec: GuestSpec) -> None:
    devices = ElementTree.SubElement(domain, 'devices')
    if spec.disk_mib is not None:
        disk = ElementTree.SubElement(
            devices, 'disk', type='file', device='disk'
        )
        ElementTree.SubElement(disk, 'driver', name='qemu', type='qcow2')
        ElementTree.SubElement(disk, 'source', file=spec.disk_path)
        ElementTree.SubElement(disk, 'target', dev='vda', bus='virtio')
    ElementTree.SubElement(devices, 'controller', type='usb', model='none')
    serial = ElementTree.SubElement(devices, 'serial', type='file')
    ElementTree.SubElement(serial, 'source', path=spec.serial_path)
    ElementTree.SubElement(serial, 'target', port='0')
    ElementTree.SubElement(devices, 'memballoon', model='none')


def _text(
    parent: ElementTree.Element, tag: str, text: str, **attributes: str
) -> None:
    ElementTree.SubElement(parent, tag, attributes).text = text
