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

"""Where this host's identity is, and what reads it there."""

from __future__ import annotations

import dataclasses
import os
import socket

from nova_native_tls._i18n import _
from nova_native_tls.checks import qemu_conf
from nova_native_tls import exception
from nova_native_tls.host import daemon
from nova_native_tls.host import migration_conf
from nova_native_tls.host import observation
from nova_native_tls.host import qemu_user
from nova_native_tls.host import unseen
from nova_native_tls.migration import versions
from nova_native_tls.pki import qemu_releases
from nova_native_tls.pki import verdict

#: When nobody says which QEMU there is: what the oldest that is supported
#: does, and what those from 10.2 on do.
ANY_QEMU = (versions.Version(6, 2), qemu_releases.REWRITTEN)


class PlaceUnknown(exception.NativeTLSError):
    msg_fmt = _(
        'Where QEMU reads its certificates is not known (%(problem)s): '
        '%(remedy)s'
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The directory, its reader, and the conditions of a migration.

    :ivar host_name: what libvirt calls this host.
    :ivar qemu: the versions that have to accept what is installed.
    :ivar control_ca: what libvirtd trusts, in PEM; empty if not known.
    :ivar passphrase: of encrypted keys, which libvirt has as a secret.
    """

    host_name: str
    directory: str
    user: qemu_user.QemuUser
    qemu: tuple[versions.Version, ...] = ANY_QEMU
    verify: bool = True
    priority: str = verdict.PRIORITY
    control_ca: bytes = b''
    passphrase: str | None = dataclasses.field(default=None, repr=False)


def find(
    seen: observation.HostObservation, directory: str | None = None
) -> Place:
    """Find it in what was seen of the host.

    :param directory: instead of the one that libvirt hands to QEMU.
    :raises PlaceUnknown: it cannot be told.
    """
    if isinstance(seen.user, unseen.Unseen):
        raise _unknown(seen.user)
    # Without it, libvirt's defaults; it refuses to run guests anyway.
    conf = (
        migration_conf.MigrationConf()
        if isinstance(seen.conf, unseen.Unseen)
        else seen.conf
    )
    priority = conf.priority if qemu_conf.knows_priority(seen) else None
    libvirt = seen.libvirt
    qemu = None
    host_name = socket.getfqdn()
    if not isinstance(libvirt, unseen.Unseen):
        qemu, host_name = libvirt.versions.qemu, libvirt.host_name
    credentials = seen.credentials
    return Place(
        host_name=host_name,
        directory=directory or _directory(seen),
        user=seen.user,
        qemu=ANY_QEMU if qemu is None else (qemu,),
        verify=conf.verify,
        priority=priority or verdict.PRIORITY,
        control_ca=seen.libvirt_ca
        if isinstance(seen.libvirt_ca, bytes)
        else b'',
        passphrase=None
        if isinstance(credentials, unseen.Unseen)
        else credentials.passphrase,
    )


def find_directory(
    seen: observation.HostObservation, directory: str | None = None
) -> str:
    """Find the directory alone.

    :raises PlaceUnknown: it cannot be told.
    """
    return directory or _directory(seen)


def _directory(seen: observation.HostObservation) -> str:
    found = seen.directory
    if isinstance(found, unseen.Unseen):
        raise _unknown(found)
    if isinstance(seen.daemon, daemon.Daemon) and not _is_same(
        found.path, seen.daemon.root + found.path
    ):
        raise PlaceUnknown(
            problem=_('libvirt runs in a container, with another %s')
            % found.path,
            remedy=_('run it in that container, or name --directory'),
        )
    return found.path


def _is_same(here: str, there: str) -> bool:
    """Tell whether two paths lead to one directory, or to none yet."""
    try:
        return os.path.samefile(here, there)
    except OSError:
        parents = os.path.dirname(here), os.path.dirname(there)
        return (
            not os.path.exists(here)
            and not os.path.exists(there)
            and (here == '/' or _is_same(*parents))
        )


def _unknown(what: unseen.Unseen) -> PlaceUnknown:
    return PlaceUnknown(problem=what.problem, remedy=what.remedy)
