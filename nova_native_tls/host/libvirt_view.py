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

"""What libvirt itself says about this host."""

from __future__ import annotations

import dataclasses
from typing import Any
import xml.etree.ElementTree as ElementTree

from nova_native_tls import canary_uuid
from nova_native_tls.host import guests
from nova_native_tls.migration import versions


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LibvirtView:
    """libvirt's answers.

    :ivar capabilities: its XML.
    :ivar running: the guests that run, but for canaries.
    """

    host_name: str
    versions: versions.HostVersions
    capabilities: str
    running: tuple[guests.Known, ...]


#: virConnectListAllDomainsFlags: part of libvirt's ABI.
_ACTIVE = 1


def look(connection: Any) -> LibvirtView:
    """Ask libvirt; only reads.

    :param connection: a virConnect, or what stands for one in nova-compute.
    :raises libvirtError: libvirt did not answer; who has the connection
        knows how to catch that.
    """
    return LibvirtView(
        host_name=connection.getHostname(),
        versions=versions.HostVersions.of(connection),
        capabilities=connection.getCapabilities(),
        running=tuple(
            guests.Known(
                name=domain.name(), memory_mib=domain.maxMemory() // 1024
            )
            for domain in connection.listAllDomains(_ACTIVE)
            if not canary_uuid.is_canary(domain.UUIDString())
        ),
    )


def passphrase(connection: Any, uuid: str) -> str | None:
    """Read the secret that encrypts private keys, as libvirt would.

    :returns: None for a private one, which libvirt shows to nobody.
    :raises libvirtError: there is none, or it has no value.
    """
    secret = connection.secretLookupByUUIDString(uuid)
    if ElementTree.fromstring(secret.XMLDesc()).get('private') == 'yes':
        return None
    return bytes(secret.value()).decode('utf-8', 'surrogateescape')
