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

"""What libvirt is asked, by a stand-in for its connection."""

from __future__ import annotations

from typing import Any
import uuid

import testtools

from nova_native_tls import canary_uuid
from nova_native_tls.host import guests
from nova_native_tls.host import libvirt_view
from nova_native_tls.migration import versions


class Secret:
    """A secret of libvirt."""

    def __init__(self, private: str) -> None:
        self._private = private

    def XMLDesc(self) -> str:
        """Describe itself."""
        return f"<secret ephemeral='no' private='{self._private}'/>"

    def value(self) -> bytes:
        """Tell, unless it is private."""
        if self._private == 'yes':
            raise AssertionError('libvirt would refuse')
        return b'a passphrase'


class Domain:
    """A running guest."""

    def __init__(self, uuid: str) -> None:
        self._uuid = uuid

    def name(self) -> str:
        """Its name."""
        return 'g1'

    def UUIDString(self) -> str:
        """Its UUID."""
        return self._uuid

    def maxMemory(self) -> int:
        """In KiB."""
        return 2 * 1024 * 1024


class Connection:
    """A connection to libvirt."""

    def __init__(self, private: str = 'no') -> None:
        self._private = private

    def getHostname(self) -> str:
        """Its name."""
        return 'host1'

    def getLibVersion(self) -> int:
        """libvirt's form of 9.0.0."""
        return 9_000_000

    def getVersion(self) -> int:
        """libvirt's form of 7.2.22."""
        return 7_002_022

    def getCapabilities(self) -> str:
        """No capabilities."""
        return '<capabilities/>'

    def listAllDomains(self, flags: int) -> list[Any]:
        """Those that run."""
        if flags != 1:
            return []
        return [Domain(str(uuid.uuid4())), Domain(canary_uuid.new())]

    def secretLookupByUUIDString(self, _uuid: str) -> Secret:
        """The one that there is."""
        return Secret(self._private)


class LibvirtViewTest(testtools.TestCase):
    """What comes of it."""

    def test_look(self) -> None:
        """Versions, and the guests that run, in MiB; no canary is one."""
        found = libvirt_view.look(Connection())
        self.assertEqual(
            versions.HostVersions(
                libvirt=versions.Version(9, 0), qemu=versions.Version(7, 2, 22)
            ),
            found.versions,
        )
        self.assertEqual(
            (guests.Known(name='g1', memory_mib=2048),), found.running
        )

    def test_passphrase(self) -> None:
        """As libvirt gives it to QEMU."""
        self.assertEqual(
            'a passphrase', libvirt_view.passphrase(Connection(), 'uuid')
        )

    def test_private(self) -> None:
        """It is there, and nobody gets to see it."""
        self.assertIsNone(libvirt_view.passphrase(Connection('yes'), 'uuid'))
