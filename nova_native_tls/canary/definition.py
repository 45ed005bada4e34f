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

"""What a canary is: libvirt's XML, written and recognised."""

from __future__ import annotations

import dataclasses
import math
import re
import xml.etree.ElementTree as ElementTree

from nova_native_tls import canary_uuid

#: The metadata by which a canary is told from everything else.
NAMESPACE = 'urn:nova-native-tls:canary:1'
_MARK = f'{{{NAMESPACE}}}canary'

PREFIX = 'nova-native-tls-canary-'
MEMORY_KIB = 16 * 1024

#: After so long without anything to boot from, SeaBIOS resets the guest,
#: which ends it: nobody has to be alive to clean up.
LIFETIME_S = 60

#: Architectures whose firmware is SeaBIOS.
_SEABIOS = ('x86_64', 'i686')

_NAME = re.compile(re.escape(PREFIX) + r'[A-Za-z0-9_-]+-\d+', re.ASCII)
_NOT_IN_A_NAME = re.compile(r'[^A-Za-z0-9_-]', re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What both hosts can run.

    :ivar virt_type: ``kvm`` or ``qemu``.
    :ivar machine: QEMU's name of a machine, with its version.
    """

    virt_type: str
    machine: str
    arch: str

    @classmethod
    def of(cls, root: ElementTree.Element) -> Kind:
        """Take the kind of a guest that is there.

        :param root: libvirt's XML of it.
        """
        system = root.find('os/type')
        known = {} if system is None else system.attrib
        return cls(
            virt_type=root.get('type', ''),
            machine=known.get('machine', ''),
            arch=known.get('arch', ''),
        )


def name(host: str, number: int) -> str:
    """Name a canary after the host it comes from.

    The numbers are used again, since libvirt keeps a log for each name.
    """
    return f'{_names_of(host)}{number}'


def _names_of(host: str) -> str:
    first_label = _NOT_IN_A_NAME.sub('-', host.partition('.')[0])
    return f'{PREFIX}{first_label or "host"}-'


def is_from(host: str, canary: str) -> bool:
    """Tell whether a canary of this name was started on this host.

    Hosts whose first labels are the same are taken for one.
    """
    rest = canary.removeprefix(_names_of(host))
    return rest != canary and rest.isascii() and rest.isdigit()


def build(canary: str, kind: Kind, *, started: float) -> str:
    """Write the XML of a canary: no disk, no network, nothing to see.

    :param started: seconds since the epoch.
    """
    root = ElementTree.Element('domain', type=kind.virt_type)
    _add(root, 'name', canary)
    _add(root, 'uuid', canary_uuid.new())
    mark = _add(_add(root, 'metadata'), _MARK)
    mark.set('started', f'{started:.3f}')
    _add(root, 'memory', str(MEMORY_KIB)).set('unit', 'KiB')
    _add(root, 'vcpu', '1')
    system = _add(root, 'os')
    boot = _add(system, 'type', 'hvm')
    boot.set('arch', kind.arch)
    boot.set('machine', kind.machine)
    if kind.arch in _SEABIOS:
        _add(system, 'bios').set('rebootTimeout', str(LIFETIME_S * 1000))
    for event in ('on_poweroff', 'on_reboot', 'on_crash'):
        _add(root, event, 'destroy')
    devices = _add(root, 'devices')
    usb = _add(devices, 'controller')
    usb.set('type', 'usb')
    usb.set('model', 'none')
    _add(devices, 'memballoon').set('model', 'none')
    return ElementTree.tostring(root, encoding='unicode')


def _add(
    parent: ElementTree.Element, tag: str, text: str | None = None
) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, tag)
    child.text = text
    return child


def could_be(guest: str) -> bool:
    """Tell by its name whether a guest may be a canary at all."""
    return _NAME.fullmatch(guest) is not None


def started(root: ElementTree.Element) -> float | None:
    """Tell when a canary was started, and a canary from anything else.

    Whatever has a disk, a network or more memory is none, whoever marked it.

    :param root: libvirt's XML of a guest.
    :returns: seconds since the epoch; None if it is no canary.
    """
    marks = root.findall(f'metadata/{_MARK}')
    if len(marks) != 1 or not could_be(root.findtext('name') or ''):
        return None
    for device in ('disk', 'interface', 'hostdev', 'filesystem'):
        if root.find(f'devices/{device}') is not None:
            return None
    memory = root.find('memory')
    if memory is None or memory.text != str(MEMORY_KIB):
        return None
    try:
        when = float(marks[0].get('started', ''))
    except ValueError:
        return None
    return when if math.isfinite(when) else None
