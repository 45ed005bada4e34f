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

"""Looks at this host, and asks every check about it."""

from __future__ import annotations

import dataclasses
import socket
from typing import NoReturn

from nova_native_tls._i18n import _
from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from nova_native_tls import exception
from nova_native_tls.host import collect
from nova_native_tls.host import libvirt_view
from nova_native_tls.host import observation
from nova_native_tls.host import seen_files
from nova_native_tls.host import unseen
from nova_native_tls.host import which_reader
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions
from nova_native_tls.peer import facts
from nova_native_tls.pki import inspect
from nova_native_tls.pki import server_name

LOCAL = 'qemu:///system'
CONNECT_TIMEOUT_S = 15.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What nova.conf says that matters to a host.

    :ivar tls_destination: ``[native_tls] tls_destination``.
    """

    settings: migration_settings.MigrationSettings
    tls_destination: str | None = None


def look(uri: str = LOCAL) -> observation.HostObservation:
    """Look at the host that this runs on; its libvirt may be down."""
    host = socket.gethostname()
    reader = which_reader.choose()
    try:
        with libvirt_api.Connection.open(
            uri, timeout_s=CONNECT_TIMEOUT_S
        ) as connection:
            return collect.collect(_sources(connection, host, reader))
    except (exception.ConnectionFailed, exception.LibvirtMissing) as err:
        return collect.collect(_without_libvirt(err, host, reader))


def _sources(
    connection: libvirt_api.Connection, host: str, reader: seen_files.Reader
) -> collect.Sources:
    return collect.Sources(
        host=host,
        libvirt=lambda: connection.ask(
            _('Asking libvirt about this host'), libvirt_view.look
        ),
        secret=lambda uuid: connection.ask(
            _('Asking libvirt for a secret'),
            lambda handle: libvirt_view.passphrase(handle, uuid),
        ),
        reader=reader,
    )


def _without_libvirt(
    problem: exception.NativeTLSError, host: str, reader: seen_files.Reader
) -> collect.Sources:
    def refuse(*_arguments: object) -> NoReturn:
        raise problem

    return collect.Sources(
        host=host, libvirt=refuse, secret=refuse, reader=reader
    )


def judge(
    seen: observation.HostObservation,
    options: Options,
    checks: runner.Runner | None = None,
) -> result.CheckReport:
    """Ask all checks: of the options, and of the host.

    :param checks: all that are installed, by default.
    :raises CheckUnusable: as ``runner.load``.
    :raises NoChecks: as ``runner.load``.
    """
    checks = checks or runner.Runner(runner.load())
    context = base.CheckContext(
        stage=base.Stage.HOST,
        settings=options.settings,
        own=own_facts(seen, options.tls_destination),
        observation=seen,
    )
    at_start = dataclasses.replace(context, stage=base.Stage.START)
    return result.CheckReport(
        findings=tuple(
            dict.fromkeys(
                finding
                for each in (at_start, context)
                for finding in checks.run(each).findings
            )
        )
    )


def own_facts(
    seen: observation.HostObservation, tls_destination: str | None = None
) -> facts.HostFacts:
    """Say about this host what it would tell its peers."""
    libvirt = seen.libvirt
    if isinstance(libvirt, unseen.Unseen):
        host_name, known = seen.host, versions.HostVersions()
    else:
        host_name, known = libvirt.host_name, libvirt.versions
    chosen = _server_name(seen, host_name)
    return facts.HostFacts(
        host=seen.host,
        host_name=host_name,
        tls_name=tls_destination or chosen.name,
        certificate_names=chosen.found,
        name_problem=chosen.problem,
        versions=known,
    )


def _server_name(
    seen: observation.HostObservation, host_name: str
) -> server_name.ServerName:
    content = seen.server_cert
    if isinstance(content, unseen.Unseen):
        return _no_name(content.problem)
    if content is None:
        return _no_name(_('there is no server-cert.pem'))
    try:
        certificate = inspect.first_certificate(content)
    except exception.CertificateUnreadable as err:
        return _no_name(str(err))
    return server_name.choose(certificate, host_name)


def _no_name(problem: str) -> server_name.ServerName:
    return server_name.ServerName(name=None, found=(), problem=problem)
