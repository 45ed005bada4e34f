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


"""What of a guest's definition decides how it can be moved."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GuestTraits:
    """Parts of a guest's definition; None where nobody has read it.

    :ivar iothreads: it has I/O threads.
    :ivar machine: its type, as libvirt has it.
    """

    iothreads: bool | None = None
    machine: str | None = None


def read(definition: ElementTree.Element) -> GuestTraits:
    """Read libvirt's XML of a running guest.

    Threads that were added while it runs are in it as well
    (``virDomainDefFormat``, libvirt 9.0 src/conf/domain_conf.c).
    """
    machine = definition.find('os/type')
    return GuestTraits(
        iothreads=(definition.findtext('iothreads') or '0').strip() != '0'
        or definition.find('iothreadids/iothread') is not None,
        machine=None if machine is None else machine.get('machine'),
    )
