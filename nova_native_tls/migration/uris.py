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
import re
from urllib import parse

from oslo_utils import netutils

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls import host_names
from nova_native_tls.migration import settings as migration_settings

#: A host, bracketed if it is an IPv6 literal, and a port.
_AUTHORITY = re.compile(
    r'(?:\[(?P<literal>[^\[\]]+)\]|(?P<host>[^\[\]:/?#@]+))'
    r'(?::(?P<port>[0-9]{1,5}))?/?',
    re.ASCII,
)
_PORTS = range(1, 65536)


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

    :raises InvalidURI: ``[libvirt] live_migration_uri`` has not exactly one
        place for the host.
    """
    host = netutils.escape_ipv6(address)
    if not settings.uri:
        return f'qemu+{settings.scheme or "tcp"}://{host}/system'
    try:
        return settings.uri % host
    except (TypeError, ValueError) as err:
        raise exception.InvalidURI(
            uri=settings.uri,
            kind='[libvirt] live_migration_uri',
            problem=_('it needs one %s, where the host goes'),
        ) from err


def parse_migrate_uri(uri: str) -> StreamURI:
    """Read a migrate URI in either of libvirt's forms.

    :param uri: ``tcp://host[:port]``, ``tcp:host[:port]``, ``rdma://...`` or
        ``unix:///path``.
    :raises InvalidURI: libvirt could not use it. Says nothing about TLS.
    """
    invalid = _Invalid(_('migrate URI'), uri)
    invalid.unless_printable()
    transport, colon, rest = uri.partition(':')
    if not colon or transport not in ('tcp', 'rdma', 'unix'):
        raise invalid(_('it must begin with tcp://, rdma:// or unix://'))
    rest = rest.removeprefix('//')
    if transport == 'unix':
        if not rest.startswith('/'):
            raise invalid(_('the socket needs an absolute path'))
        return StreamURI(transport=transport, host=None, port=None)
    match = _AUTHORITY.fullmatch(rest)
    if match is None:
        raise invalid(
            _('it must be a host and at most a port, IPv6 in brackets')
        )
    host = match['literal'] or match['host']
    invalid.unless_host(host, literal=match['literal'] is not None)
    port = None if match['port'] is None else int(match['port'])
    if port is not None and port not in _PORTS:
        raise invalid(_('the port must be 1 to 65535'))
    return StreamURI(transport=transport, host=host, port=port)


def parse_daemon_uri(uri: str) -> DaemonURI:
    """Read a libvirt URI of a QEMU driver.

    :raises InvalidURI: not a URI, or not of the QEMU driver.
    """
    invalid = _Invalid(_('libvirt URI'), uri)
    invalid.unless_printable()
    try:
        parts = parse.urlsplit(uri)
        host, _port = parts.hostname, parts.port
        authority = parts.netloc.rpartition('@')[2]
    except ValueError as err:
        raise invalid(err) from err
    driver, plus, transport = parts.scheme.partition('+')
    if driver != 'qemu':
        raise invalid(
            _(
                'it must begin with qemu, for example '
                'qemu+tls://host2.example.org/system'
            )
        )
    if plus and not transport:
        raise invalid(_('the transport after the + is missing'))
    if parts.path not in ('/system', '/session', '/embed') or parts.fragment:
        raise invalid(_('it must end in /system'))
    if host is not None:
        # Python drops what stands around the brackets, libvirt does not.
        if _AUTHORITY.fullmatch(authority) is None:
            raise invalid(_('%r is no host and port') % authority)
        invalid.unless_host(host, literal='[' in authority)
    return DaemonURI(transport=transport or None, host=host)


class _Invalid:
    """Makes the errors for one URI."""

    def __init__(self, kind: str, uri: str) -> None:
        self._kind = kind
        self._uri = uri

    def __call__(self, problem: object) -> exception.InvalidURI:
        return exception.InvalidURI(
            uri=self._uri, kind=self._kind, problem=problem
        )

    def unless_printable(self) -> None:
        """Refuse what Python's parser would silently drop."""
        if not self._uri.isprintable() or ' ' in self._uri:
            raise self(_('it has a blank or a control character in it'))

    def unless_host(self, host: str, *, literal: bool) -> None:
        """Refuse what is neither a host name nor an address."""
        is_host = host_names.is_ip_address(host) or host_names.is_host_name(
            host
        )
        # Brackets are for IPv6 literals, and these need them.
        if not is_host or (':' in host) is not literal:
            raise self(_('%r is neither a host name nor an address') % host)
