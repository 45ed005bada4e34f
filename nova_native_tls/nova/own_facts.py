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

"""What this host tells its peer, found out inside nova-compute."""

from __future__ import annotations

import errno
import os
from typing import Any

import nova.conf
from nova.privsep import path as nova_path
from oslo_log import log as logging

from nova_native_tls import exception
from nova_native_tls.migration import versions
from nova_native_tls.peer import facts
from nova_native_tls.pki import inspect
from nova_native_tls.pki import qemu_conf
from nova_native_tls.pki import server_name

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF


def collect(host: Any) -> facts.HostFacts:
    """Collect the facts of this host, as they are now.

    A few small files are read, some by Nova's privileged helper, because
    qemu.conf and QEMU's certificates need not be readable for nova-compute.

    :param host: Nova's connection to the local libvirt.
    """
    host_name = host.get_hostname()
    chosen = _server_name(host_name)
    return facts.HostFacts(
        host=CONF.host,
        host_name=host_name,
        tls_name=CONF.native_tls.tls_destination or chosen.name,
        certificate_names=chosen.found,
        versions=_versions(host),
    )


def _versions(host: Any) -> versions.HostVersions:
    connection = host.get_connection()
    from_number = versions.Version.from_libvirt_number
    return versions.HostVersions(
        libvirt=from_number(connection.getLibVersion()),
        qemu=from_number(connection.getVersion()),
    )


def _server_name(host_name: str) -> server_name.ServerName:
    try:
        directory = qemu_conf.migration_directory(
            # libvirt takes any bytes in strings and comments.
            qemu_conf.parse(
                _read(qemu_conf.PATH).decode(errors='surrogateescape')
            ),
            os.path.isdir,
        )
        certificate = inspect.first_certificate(
            _read(f'{directory}/server-cert.pem')
        )
    except (exception.NativeTLSError, OSError) as err:
        LOG.warning('The names in the certificate are not known: %s', err)
        return server_name.ServerName(name=None, found=(), problem=str(err))
    return server_name.choose(certificate, host_name)


def _read(path: str) -> bytes:
    """Read a small file as root.

    :raises OSError: it cannot be read, or is too long to be what it should.
    """
    content, remaining = nova_path.last_bytes(path, qemu_conf.MAX_BYTES)
    if remaining:
        # Only the end of it is here.
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
    return bytes(content)
