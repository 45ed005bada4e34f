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

"""The guests that run on this host, and what their QEMUs can see."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import os
import re

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.host import migration_thread
from nova_native_tls.host import mounts
from nova_native_tls.host import path_walk
from nova_native_tls.host import permission
from nova_native_tls.host import process
from nova_native_tls.host import seen_files
from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_set

RUN = '/run/libvirt/qemu'
LOGS = '/var/log/libvirt/qemu'
#: Enough of a log to find the last start in, from either end.
LOG_MAX = 256 * 1024
_VERSION = re.compile(rb'qemu version: ([0-9]{1,3}(?:\.[0-9]{1,3}){1,2})')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A running guest as libvirt knows it, or as Nova does.

    :ivar disk_gib: what its disks may have at most; 0 where nobody said so.
    :ivar iothreads: it has I/O threads; None: not known.
    :ivar machine: its type; None: not known.
    """

    name: str
    memory_mib: int
    disk_gib: int = 0
    iothreads: bool | None = None
    machine: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A running guest.

    :ivar qemu: the version that it was started with; None if nobody knows.
    :ivar started_at: when, in seconds since 1970, UTC; None if nobody knows.
    :ivar identity: as whom its QEMU reads files.
    :ivar changed: files that its QEMU sees otherwise than a new guest would.
    :ivar files: what its QEMU sees, where that differs.
    :ivar pid: of its QEMU; None if nobody knows.
    :ivar stands: it is in a migration that does not move.
    :ivar unseen: what could not be looked at; empty for nothing.
    """

    name: str
    memory_mib: int
    pid: int | None = None
    qemu: versions.Version | None = None
    started_at: float | None = None
    identity: permission.Identity | None = None
    changed: tuple[str, ...] = ()
    files: credential_set.CredentialSet | None = None
    stands: bool = False
    unseen: str = ''


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where new guests of this host find their files.

    :ivar daemon: libvirt's process; None for one that sees what this does.
    :ivar root: what libvirt's paths begin with, seen from here.
    :ivar directory: of the credentials.
    :ivar paths: what is reached there, without symbolic links.
    :ivar installed: the version of QEMU that a new guest would get.
    :ivar passphrase: of encrypted keys.
    """

    daemon: int | None
    root: str
    directory: str
    paths: tuple[str, ...]
    installed: versions.Version | None
    reader: seen_files.Reader
    passphrase: str | None = dataclasses.field(default=None, repr=False)


def look(known: Sequence[Known], place: Place) -> tuple[Guest, ...]:
    """Look at every guest; what cannot be seen is part of the answer.

    :raises OSError: libvirt itself cannot be looked at.
    """
    if not known:
        return ()
    base = mounts.read('self' if place.daemon is None else place.daemon)
    found = [_look(guest, place, base) for guest in known]
    standing = migration_thread.standing(
        guest.pid for guest in found if guest.pid is not None
    )
    return tuple(
        dataclasses.replace(guest, stands=guest.pid in standing)
        for guest in found
    )


def _look(known: Known, place: Place, base: tuple[mounts.Mount, ...]) -> Guest:
    guest = Guest(
        name=known.name,
        memory_mib=known.memory_mib,
        qemu=_logged_version(f'{place.root}{LOGS}/{known.name}.log'),
    )
    try:
        with open(
            f'{place.root}{RUN}/{known.name}.pid', encoding='ascii'
        ) as file:
            pid = int(file.read(20))
        guest = dataclasses.replace(
            guest,
            pid=pid,
            identity=process.identity(pid),
            started_at=process.started_at(pid),
        )
        differs = not mounts.same(base, mounts.read(pid), place.paths)
        if guest.qemu is None and not _is_replaced(pid):
            # It is the very file that is installed.
            guest = dataclasses.replace(guest, qemu=place.installed)
    except (OSError, ValueError) as err:
        return dataclasses.replace(guest, unseen=str(err))
    return _with_view(guest, place, pid) if differs else guest


def _is_replaced(pid: int) -> bool:
    return process.executable(pid).endswith(' (deleted)')


def _with_view(guest: Guest, place: Place, pid: int) -> Guest:
    """See what it sees, where other things are mounted for it."""
    root = f'/proc/{pid}/root'
    walker = path_walk.Walker(root)
    top = walker.walk('/')
    if top.unseen or top.error:
        problem = top.unseen or os.strerror(top.error)
        return dataclasses.replace(
            guest,
            unseen=_('other things are mounted for it, and: %s') % problem,
        )
    base = _identities(path_walk.Walker(place.root), place.directory)
    seen = _identities(walker, place.directory)
    changed = tuple(name for name in base if base[name] != seen[name])
    identity = guest.identity
    if not changed or identity is None:
        return guest
    guest = dataclasses.replace(guest, changed=changed)
    try:
        files = place.reader(place.directory, identity, root)
    except OSError as err:
        return dataclasses.replace(guest, unseen=str(err))
    return dataclasses.replace(
        guest,
        files=credential_set.CredentialSet(
            directory=place.directory,
            files=files.files,
            passphrase=place.passphrase,
        ),
        unseen='; '.join(files.unseen.values()),
    )


def _identities(
    walker: path_walk.Walker, directory: str
) -> dict[str, tuple[int, int] | None]:
    """Tell what file is under each name, if any."""
    found = {}
    for name in credential_set.NAMES:
        end = walker.walk(f'{directory}/{name}').end
        found[name] = None if end is None else (end.device, end.inode)
    return found


def _logged_version(path: str) -> versions.Version | None:
    """Read what libvirt wrote into the guest's log at its last start."""
    try:
        with open(path, 'rb') as log:
            head = log.read(LOG_MAX)
            end = log.seek(0, os.SEEK_END)
            log.seek(max(len(head), end - LOG_MAX))
            found = _VERSION.findall(head + b'\n' + log.read(LOG_MAX))
        return versions.Version.parse(found[-1].decode()) if found else None
    except (OSError, exception.InvalidVersion):
        return None


def describe(guest: Guest) -> str:
    """Name a guest for people."""
    if guest.qemu is None:
        return guest.name
    return _('%(name)s (QEMU %(version)s)') % {
        'name': guest.name,
        'version': guest.qemu,
    }
