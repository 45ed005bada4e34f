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

"""What is asked for one guest, and what libvirt is then asked."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses

from nova_native_tls.migration import libvirt_abi
from nova_native_tls.speed import sample

#: A typed parameter's value; a tuple where libvirt takes the name repeatedly.
ParameterValue = str | int | tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MigrationRequest:
    """One guest's part in the decision.

    :ivar block: its disks are to be copied too.
    :ivar disks: target names of the disks to copy; None: not known yet,
        empty: the guest has none, so there is nothing to copy.
    :ivar paused: the guest's processors are stopped, and stay so.
    :ivar destination_address: host name or address at which the destination
        receives migrations; None leaves the choice to its libvirt.
    :ivar migrate_uri: where the source's QEMU connects, in libvirt's form;
        for callers that decide it whole.
    :ivar tls_name: the name to verify in the destination's certificate.
    :ivar iothreads: the guest has I/O threads; None: not known.
    :ivar machine: its type, as libvirt has it; None: not known.
    :ivar peer_to_peer: the source's libvirt connects to the destination's;
        otherwise the caller leads the migration over two connections.
    :ivar encrypted: whether it has TLS, whatever the options say; None leaves
        that to them.
    :ivar encrypted_because: who says so.
    :ivar memory: what its memory is like; None: not known.
    """

    block: bool = False
    disks: tuple[str, ...] | None = None
    paused: bool = False
    destination_address: str | None = None
    migrate_uri: str | None = None
    tls_name: str | None = None
    iothreads: bool | None = None
    machine: str | None = None
    peer_to_peer: bool = True
    encrypted: bool | None = None
    encrypted_because: str = ''
    memory: sample.MemorySample | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MigrateCall:
    """Flags and typed parameters of one virDomainMigrateToURI3 call.

    :ivar flags: names without libvirt's ``VIR_MIGRATE_`` prefix.
    :ivar params: by libvirt's own parameter names.
    """

    flags: frozenset[str]
    params: Mapping[str, ParameterValue]

    @property
    def bitmask(self) -> int:
        """The flags as the number that libvirt is passed."""
        return libvirt_abi.bitmask(self.flags)

    @property
    def mode(self) -> str:
        """How the data travel: ``tls``, ``tunnelled`` or ``plaintext``.

        ``tunnelled`` does not say whether the tunnel itself is encrypted.
        """
        if 'TLS' in self.flags:
            return 'tls'
        return 'tunnelled' if 'TUNNELLED' in self.flags else 'plaintext'
