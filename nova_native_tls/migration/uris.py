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

"""The two kinds of URI of a migration: libvirt's and QEMU's."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from urllib import parse

from oslo_utils import netutils

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.migration import settings as migration_settings

#: Transports of the QEMU stream, and whether libvirt can put TLS on them
#: (qemuMigrationSrcPerformNative, libvirt 9.0 src/qemu/qemu_migration.c).
STREAM_TRANSPORTS = ('tcp', 'rdma', 'unix')

_HOST_NAME = re.compile(r'[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StreamURI:
    """Where the source's QEMU connects (libvirt's ``migrate_uri``)."""

    transport: str
    host: str | None
    port: int | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DaemonURI:
    """Where a libvirt daemon is reached (``qemu+tls://host/system``)."""

    transport: str | None
    host: str | None


def is_ip_address(host: str) -> bool:
    """Tell an IP literal, brackets or not, from a host name."""
    try:
        ipaddress.ip_address(host.strip('[]').partition('%')[0])
    except ValueError:
        return False
    return True


def migrate_uri(address: str) -> str:
    """Write the URI that Nova asks QEMU to connect to.

    IPv6 literals get brackets; the port is left to the destination's libvirt
    (``_migrate_uri``, Nova 34 nova/virt/libvirt/driver.py).
    """
    return f'tcp://{netutils.escape_ipv6(address)}'


def daemon_uri(
    settings: migration_settings.MigrationSettings, address: str
) -> str:
    """Write the URI at which the source's libvirt reaches the destination's.

    ``_live_migration_uri``, Nova 34 nova/virt/libvirt/driver.py, for QEMU and
    KVM.
    """
    host = netutils.escape_ipv6(address)
    if settings.uri:
        return settings.uri % host
    return f'qemu+{settings.scheme or "tcp"}://{host}/system'


def parse_migrate_uri(uri: str) -> StreamURI:
    """Read a migrate URI in either of libvirt's forms.

    :param uri: ``tcp://host[:port]``, ``tcp:host[:port]``, ``rdma://...`` or
        ``unix:///path``.
    :raises InvalidURI: libvirt could not use it. Says nothing about TLS.
    """
    transport, colon, rest = uri.partition(':')
    if not colon or transport not in STREAM_TRANSPORTS:
        raise _invalid_stream(
            uri, _('it must begin with tcp://, rdma:// or unix://')
        )
    if transport == 'unix':
        if not rest.removeprefix('//').startswith('/'):
            raise _invalid_stream(uri, _('the socket needs an absolute path'))
        return StreamURI(transport=transport, host=None, port=None)
    authority = rest if rest.startswith('//') else f'//{rest}'
    host, port, path = _host_and_port(uri, authority)
    if not host:
        raise _invalid_stream(uri, _('the host is missing'))
    if path.strip('/'):
        raise _invalid_stream(uri, _('there must be nothing after the port'))
    return StreamURI(transport=transport, host=host, port=port)


def parse_daemon_uri(uri: str) -> DaemonURI:
    """Read a libvirt URI of a QEMU driver.

    :raises InvalidURI: not a URI, or not of the QEMU driver.
    """
    try:
        parts = parse.urlsplit(uri)
        host, _port = parts.hostname, parts.port
    except ValueError as err:
        raise _invalid_daemon(uri, err) from err
    driver, plus, transport = parts.scheme.partition('+')
    if driver != 'qemu':
        raise _invalid_daemon(
            uri,
            _(
                'it must begin with qemu, for example '
                'qemu+tls://host2.example.org/system'
            ),
        )
    if plus and not transport:
        raise _invalid_daemon(uri, _('the transport after the + is missing'))
    if parts.path not in ('/system', '/session', '/embed'):
        raise _invalid_daemon(uri, _('it must end in /system'))
    if host is not None:
        _check_host(uri, host, _invalid_daemon)
    return DaemonURI(transport=transport or None, host=host)


def _host_and_port(uri: str, authority: str) -> tuple[str, int | None, str]:
    try:
        parts = parse.urlsplit(authority)
        host, port = parts.hostname or '', parts.port
    except ValueError as err:
        raise _invalid_stream(uri, err) from err
    if host:
        _check_host(uri, host, _invalid_stream)
    return host, port, parts.path


def _check_host(uri: str, host: str, invalid: _Invalid) -> None:
    if not is_ip_address(host) and not _HOST_NAME.fullmatch(host):
        raise invalid(
            uri, _('%r is neither a host name nor an address') % host
        )


class _Invalid:
    """Makes the error for one kind of URI."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __call__(self, uri: str, problem: object) -> exception.InvalidURI:
        return exception.InvalidURI(uri=uri, kind=self._kind, problem=problem)


_invalid_stream = _Invalid('migrate URI')
_invalid_daemon = _Invalid('libvirt URI')
