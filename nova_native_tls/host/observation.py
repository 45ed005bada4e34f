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

"""Everything that was seen of one host, at one time."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses

from nova_native_tls.host import clock
from nova_native_tls.host import confinement
from nova_native_tls.host import control_conf
from nova_native_tls.host import daemon
from nova_native_tls.host import guests
from nova_native_tls.host import libvirt_view
from nova_native_tls.host import listening
from nova_native_tls.host import migration_conf
from nova_native_tls.host import path_walk
from nova_native_tls.host import qemu_user
from nova_native_tls.host import tls_directory
from nova_native_tls.host import tls_priority
from nova_native_tls.host import unseen
from nova_native_tls.pki import credential_set

Unseen = unseen.Unseen


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HostObservation:
    """One host, as it was seen.

    Private keys are in ``credentials``: it is never sent, logged or printed.

    :ivar host: how this host is called in findings.
    :ivar conf_changed: qemu.conf was changed after libvirt had started.
    :ivar daemon: None if it does not run now.
    :ivar directory: where libvirt lets QEMU read its credentials.
    :ivar credentials: what QEMU's user gets to read there.
    :ivar unseen_files: files of which nobody could say what that user gets.
    :ivar server_cert: what this process reads of it, whoever else may; None if
        there is nothing.
    :ivar passphrase_unseen: why the passphrase of keys is not known, if
        qemu.conf names one.
    :ivar walks: by name, how every file that is there is reached; under the
        empty name the directory.
    :ivar labels: SELinux labels by name, where SELinux confines guests.
    :ivar libvirt_ca: what libvirt itself trusts; None if there is no file.
    :ivar tls_priority: QEMU's, where qemu.conf names none.
    :ivar memory_mib: of the host.
    """

    host: str
    libvirt: libvirt_view.LibvirtView | Unseen
    daemon: daemon.Daemon | Unseen | None
    conf: migration_conf.MigrationConf | Unseen
    conf_changed: bool = False
    directory: tls_directory.TLSDirectory | Unseen
    user: qemu_user.QemuUser | Unseen
    credentials: credential_set.CredentialSet | Unseen
    unseen_files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    server_cert: bytes | Unseen | None = None
    passphrase_unseen: Unseen | None = None
    walks: Mapping[str, path_walk.Walk] = dataclasses.field(
        default_factory=dict
    )
    confinement: confinement.Confinement | Unseen
    labels: Mapping[str, str | None] | Unseen = dataclasses.field(
        default_factory=dict
    )
    guests: tuple[guests.Guest, ...] | Unseen
    listeners: frozenset[listening.Listener] | Unseen
    control: control_conf.ControlConf | Unseen
    libvirt_ca: bytes | Unseen | None
    clock: clock.Clock | Unseen
    tls_priority: str = tls_priority.ORDINARY
    memory_mib: int
