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

"""A libvirt with guests, as nova-compute sees it through Nova's Host."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any
import xml.etree.ElementTree as ElementTree

import libvirt

from nova_native_tls.canary import definition

INSTANCE_XML = (
    '<domain type="qemu"><name>instance-00000001</name><os>'
    '<type arch="x86_64" machine="pc-q35-7.2">hvm</type></os></domain>'
)
INSTANCE_UUID = '8a6e2b9c-0c7a-4a55-9a3b-6a7f1d7d0c11'

#: Longer than anything takes; reached only when something hangs.
HANGS_AFTER_S = 60


def wait(until: Callable[[], Any]) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + HANGS_AFTER_S
    while not until():
        if time.monotonic() > deadline:
            raise AssertionError('waited in vain')
        time.sleep(0.01)


def error(code: int, text: str) -> libvirt.libvirtError:
    """Make an error of libvirt."""
    made = libvirt.libvirtError(text)
    made.err = (code, 10, text, 2, '', None, None, -1, -1)
    return made


class Domain:
    """A guest; ``destroy_error`` is raised when it is to end."""

    def __init__(self, libvirtd: Libvirt, text: str) -> None:
        root = ElementTree.fromstring(text)
        self._libvirtd = libvirtd
        self._xml = text
        self._name = root.findtext('name') or ''
        self._uuid = root.findtext('uuid') or INSTANCE_UUID
        self.destroy_error: Exception | None = None
        self.migrated: list[tuple[str, dict[str, Any], int]] = []
        self.migrate_errors: list[Exception] = []

    def name(self) -> str:
        """libvirt's name of it."""
        return self._name

    def UUIDString(self) -> str:
        """Its UUID."""
        return self._uuid

    def XMLDesc(self, flags: int = 0) -> str:
        """Its definition."""
        return self._xml

    def destroy(self) -> None:
        """End it."""
        if self.destroy_error is not None:
            raise self.destroy_error
        self._libvirtd.domains.remove(self)

    def migrateToURI3(
        self, dconnuri: str, params: dict[str, Any], flags: int
    ) -> None:
        """Move it, or fail as prepared."""
        self.migrated.append((dconnuri, params, flags))
        if self.migrate_errors:
            raise self.migrate_errors.pop(0)
        self._libvirtd.domains.remove(self)


class Libvirt:
    """The host, and its connection, as far as they are asked."""

    def __init__(self, name: str = 'host2.example.org') -> None:
        self.name = name
        self.domains: list[Domain] = []
        self.lost: Exception | None = None

    def add(self, text: str = INSTANCE_XML) -> Domain:
        """Start a guest."""
        made = Domain(self, text)
        self.domains.append(made)
        return made

    def add_canary(self, host: str, number: int = 1) -> Domain:
        """Let a canary of a host be here."""
        kind = definition.Kind(virt_type='qemu', machine='pc', arch='x86_64')
        name = definition.name(host, number)
        return self.add(definition.build(name, kind, started=time.time()))

    def get_connection(self) -> Libvirt:
        """Nova's way to the connection."""
        if self.lost is not None:
            raise self.lost
        return self

    def get_hostname(self) -> str:
        """What libvirt calls the host."""
        return self.name

    def _wrap_libvirt_proxy(self, found: Any) -> Any:
        return found

    def listAllDomains(self, flags: int) -> list[Domain]:
        """All guests."""
        return list(self.domains)

    def createXML(self, text: str) -> Domain:
        """Start a transient guest."""
        return self.add(text)

    def lookupByName(self, name: str) -> Domain:
        """Look for a guest."""
        return self._look_up(lambda each: each.name() == name)

    def lookupByUUIDString(self, uuid: str) -> Domain:
        """Look for a guest."""
        return self._look_up(lambda each: each.UUIDString() == uuid)

    def _look_up(self, wanted: Callable[[Domain], bool]) -> Domain:
        for each in self.domains:
            if wanted(each):
                return each
        raise error(libvirt.VIR_ERR_NO_DOMAIN, 'Domain not found')
