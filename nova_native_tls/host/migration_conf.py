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

"""What qemu.conf makes libvirt do in a migration."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import ipaddress

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.pki import qemu_conf

PORT_MIN, PORT_MAX = 49152, 49215
_LOCAL = (ipaddress.ip_address('127.0.0.1'), ipaddress.ip_address('::1'))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MigrationConf:
    """The settings that count, after libvirt's defaults.

    :ivar migrate_directory: migrate_tls_x509_cert_dir.
    :ivar default_directory: default_tls_x509_cert_dir.
    :ivar verify: a destination wants the source's certificate.
    :ivar force: nothing migrates without TLS.
    :ivar secret_uuid: of the secret with the passphrase of encrypted keys.
    :ivar priority: for GnuTLS; libvirt older than 11.6 does not know it.
    :ivar user: QEMU's, as written; None for the distribution's own.
    """

    migrate_directory: str | None = None
    default_directory: str | None = None
    verify: bool = True
    force: bool = False
    secret_uuid: str | None = None
    priority: str | None = None
    port_min: int = PORT_MIN
    port_max: int = PORT_MAX
    user: str | None = None
    group: str | None = None


def from_settings(settings: Mapping[str, qemu_conf.Value]) -> MigrationConf:
    """Take them as libvirt does (src/qemu/qemu_conf.c, libvirt 9.0).

    :raises QemuConfUnreadable: libvirt refuses a value, and with it to run
        any guest.
    """
    read = _Reader(settings)
    directory = read.text('migrate_tls_x509_cert_dir')
    secret = read.text('migrate_tls_x509_secret_uuid')
    default_secret = read.text('default_tls_x509_secret_uuid')
    if directory is None and secret is None:
        # SET_TLS_SECRET_UUID_DEFAULT: not together with its own directory.
        secret = default_secret
    port_min = read.number('migration_port_min', PORT_MIN)
    port_max = read.number('migration_port_max', PORT_MAX)
    if not 0 < port_min <= port_max <= 65535:
        raise exception.QemuConfUnreadable(
            problem=_(
                'migration_port_min %(low)d and migration_port_max %(high)d '
                'are no range of ports'
            )
            % {'low': port_min, 'high': port_max}
        )
    for name in ('migration_host', 'migration_address'):
        read.elsewhere(name)
    default_verify = read.truth('default_tls_x509_verify')
    verify = read.truth('migrate_tls_x509_verify')
    verify = default_verify if verify is None else verify
    return MigrationConf(
        migrate_directory=directory,
        default_directory=read.text('default_tls_x509_cert_dir'),
        verify=True if verify is None else verify,
        force=bool(read.truth('migrate_tls_force')),
        secret_uuid=secret,
        priority=read.text('migrate_tls_priority')
        or read.text('default_tls_priority'),
        port_min=port_min,
        port_max=port_max,
        user=read.text('user'),
        group=read.text('group'),
    )


class _Reader:
    """Reads values of one type each, as virConfGetValue* do."""

    def __init__(self, settings: Mapping[str, qemu_conf.Value]) -> None:
        self._settings = settings

    def text(self, name: str) -> str | None:
        value = self._settings.get(name)
        if value is not None and not isinstance(value, str):
            raise self._wrong(name, _('a string'))
        # An empty one is as good as none.
        return value or None

    def number(self, name: str, default: int) -> int:
        value = self._settings.get(name, default)
        if not isinstance(value, int):
            raise self._wrong(name, _('a number'))
        return value

    def truth(self, name: str) -> bool | None:
        value = self._settings.get(name)
        if value is None:
            return None
        if value not in (0, 1):
            raise self._wrong(name, _('0 or 1'))
        return bool(value)

    def elsewhere(self, name: str) -> None:
        """Refuse a name or an address by which no other host gets here."""
        value = self.text(name)
        if value is not None and _is_local(value.strip('[]')):
            raise exception.QemuConfUnreadable(
                problem=_(
                    '%(name)s must not be the address of the local machine: '
                    '%(value)s'
                )
                % {'name': name, 'value': value}
            )

    def _wrong(self, name: str, wanted: str) -> exception.QemuConfUnreadable:
        return exception.QemuConfUnreadable(
            problem=_('%(name)s must be %(wanted)s')
            % {'name': name, 'wanted': wanted}
        )


def _is_local(host: str) -> bool:
    """Tell what libvirt takes for local (virSocketAddrIsNumericLocalhost)."""
    if host.startswith('localhost'):
        return True
    try:
        return ipaddress.ip_address(host) in _LOCAL
    except ValueError:
        return False
