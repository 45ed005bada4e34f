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

"""A host's files, with certificates that QEMU takes, or breaks, for real."""

from __future__ import annotations

import functools
import os
from typing import Any

from tests.functional import credentials
from tests.functional.nova_adapter import adapter

DIRECTORY = adapter.DIRECTORY


@functools.cache
def authority() -> credentials.Identity:
    """The CA that both hosts trust."""
    return credentials.authority(days=(-1, 400))


@functools.cache
def foreign() -> credentials.Identity:
    """A CA that only what is broken knows."""
    return credentials.authority(subject='a foreign authority')


def issue(*names: str, **changes: Any) -> credentials.Identity:
    """Issue a certificate for a host, for both ends."""
    made: dict[str, Any] = {'issuer': authority(), 'days': (-1, 90)}
    return credentials.issue(
        'a host', names=names or (adapter.HOST,), **made | changes
    )


@functools.cache
def faultless() -> credentials.Identity:
    """What a host has that has never been broken."""
    return issue()


def of(identity: credentials.Identity, *ends: str) -> dict[str, bytes | None]:
    """Name the files of a certificate, for both ends by default."""
    return {
        f'{end}_{what}': content
        for end in ends or ('server', 'client')
        for what, content in (
            ('cert', identity.cert_pem),
            ('key', identity.key_pem()),
        )
    }


def run_guest(files: adapter.PrivilegedFiles, qemu: str = '10.0.2') -> None:
    """Let the guest of ``adapter.instance`` run, as this process."""
    name = adapter.instance().name
    files.write(f'/run/libvirt/qemu/{name}.pid', f'{os.getpid()}\n'.encode())
    started = f'starting up libvirt version: 11.3.0, qemu version: {qemu}\n'
    files.write(f'/var/log/libvirt/qemu/{name}.log', started.encode())


def write(files: adapter.PrivilegedFiles, **more: bytes | None) -> None:
    """Write the files of a host with which nothing is wrong.

    :param more: as for ``change``.
    """
    files.write(
        '/etc/libvirt/qemu.conf',
        f'migrate_tls_x509_cert_dir = "{DIRECTORY}"\n'.encode(),
    )
    content: dict[str, bytes | None] = {
        'ca_cert': authority().cert_pem,
        'dh_params': credentials.dh_parameters(),
        **of(faultless()),
    }
    change(files, **content | more)


def change(files: adapter.PrivilegedFiles, **more: bytes | None) -> None:
    """Write some files.

    :param more: by name, with _ for - and without .pem; None takes it away.
    """
    for name, value in more.items():
        path = f'{DIRECTORY}/{name.replace("_", "-")}.pem'
        if value is not None:
            files.write(path, value)
            files.path(path).chmod(0o600)
        elif files.path(path).exists():
            files.path(path).unlink()
