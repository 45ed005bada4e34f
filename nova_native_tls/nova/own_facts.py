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

import os
from typing import Any

import nova.conf
from oslo_log import log as logging

from nova_native_tls import exception
from nova_native_tls.migration import versions
from nova_native_tls.nova import root_file
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
        name_problem=chosen.problem,
        versions=read_versions(host),
    )


def read_versions(host: Any) -> versions.HostVersions:
    """Ask the local libvirt for its version and that of the installed QEMU."""
    return versions.HostVersions.of(host.get_connection())


def _server_name(host_name: str) -> server_name.ServerName:
    path = qemu_conf.PATH
    try:
        directory = qemu_conf.migration_directory(
            qemu_conf.parse(
                # libvirt takes any bytes in strings and comments.
                root_file.read(path, qemu_conf.MAX_BYTES).decode(
                    errors='surrogateescape'
                )
            ),
            os.path.isdir,
        )
        path = f'{directory}/server-cert.pem'
        certificate = inspect.first_certificate(
            root_file.read(path, qemu_conf.MAX_BYTES)
        )
    except OSError as err:
        return _no_name(f'{path}: {err.strerror or err}')
    except exception.NativeTLSError as err:
        return _no_name(f'{path}: {err}')
    return server_name.choose(certificate, host_name)


def _no_name(problem: str) -> server_name.ServerName:
    LOG.warning('The names in the certificate are not known: %s', problem)
    return server_name.ServerName(name=None, found=(), problem=problem)
