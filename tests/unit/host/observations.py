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

"""Observations of hosts that do not exist."""

from __future__ import annotations

import datetime
import functools
from typing import Any

from nova_native_tls.checks import base
from nova_native_tls.checks import host_check
from nova_native_tls.checks import result
from nova_native_tls.host import clock
from nova_native_tls.host import confinement
from nova_native_tls.host import control_conf
from nova_native_tls.host import daemon
from nova_native_tls.host import guests
from nova_native_tls.host import libvirt_view
from nova_native_tls.host import migration_conf
from nova_native_tls.host import observation
from nova_native_tls.host import path_walk
from nova_native_tls.host import permission
from nova_native_tls.host import posix_acl
from nova_native_tls.host import qemu_user
from nova_native_tls.host import tls_directory
from nova_native_tls.host import unseen
from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_set
from tests.functional import credentials
from tests.unit.checks import contexts
from tests.unit.host import listeners

HOST = 'host1'
NAME = 'host1.example.org'
DIRECTORY = '/etc/pki/qemu'
UID, GID = 64055, 108
IDENTITY = permission.Identity(UID, GID, frozenset({GID}))
V = versions.Version
NOW = datetime.datetime.now(datetime.UTC)
UNSEEN = unseen.Unseen('nobody may look')


@functools.cache
def authority() -> credentials.Identity:
    """The CA of QEMU's certificates."""
    return credentials.authority(days=(-1, 400))


def issue(*extensions: Any, **changes: Any) -> credentials.Identity:
    """Issue a certificate that is for the host."""
    changes = {'issuer': authority(), 'days': (-1, 90)} | changes
    return credentials.issue('host1', *extensions, names=(NAME,), **changes)


@functools.cache
def faultless() -> credentials.Identity:
    """The certificate of the host, for both ends."""
    return issue()


def credential_files(
    server: credentials.Identity | None = None,
    client: credentials.Identity | None = None,
    **more: bytes | None,
) -> credential_set.CredentialSet:
    """The files of one host.

    :param more: by name, with _ for - and without .pem; None takes it away.
    """
    content: dict[str, bytes | None] = {
        'ca-cert': authority().cert_pem,
        'dh-params': credentials.dh_parameters(),
    }
    for end, identity in (('server', server), ('client', client)):
        identity = identity or faultless()
        content[f'{end}-cert'] = identity.cert_pem
        content[f'{end}-key'] = identity.key_pem()
    for name, value in more.items():
        content[name.replace('_', '-')] = value
    return credential_set.CredentialSet(
        directory=DIRECTORY,
        files={
            f'{name}.pem': credential_set.File(content=value)
            for name, value in content.items()
            if value is not None
        },
    )


def node(path: str, mode: int = 0o100640, **changes: Any) -> path_walk.Node:
    """A file of root and QEMU's group."""
    values = {'uid': 0, 'gid': GID, 'device': 1, 'inode': 1} | changes
    return path_walk.Node(path=path, mode=mode, **values)


def directory_node(path: str, mode: int = 0o040755) -> path_walk.Node:
    """A directory of root."""
    return node(path, mode, gid=0)


def walk(
    file: path_walk.Node | None,
    *,
    path: str = '',
    on_the_way: tuple[path_walk.Node, ...] = (),
    link: path_walk.Node | None = None,
) -> path_walk.Walk:
    """The way to a file; None for one that is not there."""
    top = directory_node('/')
    steps = [
        path_walk.Step(path_walk.Act.SEARCH, each)
        for each in (top, *on_the_way, directory_node(DIRECTORY))
    ]
    if link is not None:
        steps.append(path_walk.Step(path_walk.Act.FOLLOW, link, top))
    if file is not None:
        steps.append(path_walk.Step(path_walk.Act.ARRIVE, file))
    return path_walk.Walk(
        path=path or (file.path if file else ''),
        steps=tuple(steps),
        error=0 if file else 2,
    )


def walks(files: credential_set.CredentialSet) -> dict[str, path_walk.Walk]:
    """The ways to all files that are there."""
    found = {'': walk(directory_node(DIRECTORY))}
    for name in files.files:
        found[name] = walk(node(f'{DIRECTORY}/{name}'))
    return found


def good(**changes: Any) -> observation.HostObservation:
    """A host with which nothing is wrong, but for what is changed."""
    files = changes.get('credentials')
    if not isinstance(files, credential_set.CredentialSet):
        files = credential_files()
    values: dict[str, Any] = {
        'host': HOST,
        'libvirt': libvirt_view.LibvirtView(
            host_name=NAME,
            versions=versions.HostVersions(libvirt=V(9, 0), qemu=V(7, 2, 22)),
            capabilities='',
            running=(),
        ),
        'daemon': daemon.Daemon(program='libvirtd', pid=1, started_at=0.0),
        'conf': migration_conf.MigrationConf(),
        'directory': tls_directory.TLSDirectory(path=DIRECTORY),
        'user': qemu_user.QemuUser(
            identity=IDENTITY,
            name='libvirt-qemu',
            group='kvm',
            said_by='libvirt',
        ),
        'credentials': files,
        'server_cert': files.file('server-cert.pem').content,
        'walks': walks(files),
        'confinement': confinement.Confinement(models=frozenset({'dac'})),
        'guests': (),
        'listeners': frozenset({listeners.listener('0.0.0.0', 16514)}),
        'control': control_conf.ControlConf(file='libvirtd.conf'),
        'libvirt_ca': None,
        'clock': clock.Clock(synchronised=True, maximum_error_s=0.1),
        'memory_mib': 16 * 1024,
    }
    return observation.HostObservation(**{**values, **changes})


def guest(**changes: Any) -> guests.Guest:
    """A guest that runs as a new one would."""
    values: dict[str, Any] = {
        'name': 'g1',
        'memory_mib': 1024,
        'qemu': V(7, 2, 22),
        'identity': IDENTITY,
    }
    return guests.Guest(**{**values, **changes})


def context(
    seen: observation.HostObservation | None,
    *,
    settings: dict[str, Any] | None = None,
    **changes: Any,
) -> base.CheckContext:
    """Make the context in which a host is judged."""
    return contexts.context(
        settings=settings,
        **{
            'stage': base.Stage.HOST,
            'own': contexts.host(1, tls_name=NAME),
            'observation': seen,
            'now': NOW,
            **changes,
        },
    )


def judge(
    check: host_check.HostCheck,
    seen: observation.HostObservation | None = None,
    *,
    context: dict[str, Any] | None = None,
    **changes: Any,
) -> list[result.Finding]:
    """Ask one check about a host.

    :param context: what differs in the context.
    :param changes: as for ``good``.
    """
    return list(
        check.run(_context(seen or good(**changes), **(context or {})))
    )


_context = context


def acl(*entries: tuple[posix_acl.Tag, int, int]) -> Any:
    """Make an access control list."""
    return tuple(posix_acl.Entry(*entry) for entry in entries)
