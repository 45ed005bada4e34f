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

"""What is in the configuration of a host's libvirtd?"""

from __future__ import annotations

from collections.abc import Mapping
import uuid

Setting = str | int | list[str]

#: Debian's unprivileged user and group of QEMU.
QEMU_USER = 'libvirt-qemu'
QEMU_GROUP = 'kvm'

QEMU_CONF = '/etc/libvirt/qemu.conf'
LIBVIRTD_CONF = '/etc/libvirt/libvirtd.conf'

#: QEMU runs unprivileged and looks for certificates in its default
#: directory, /etc/pki/qemu. All else is here because the namespaces have no
#: virtlogd, no security driver and no cgroups of their own.
QEMU_DEFAULTS: Mapping[str, Setting] = {
    'user': QEMU_USER,
    'group': QEMU_GROUP,
    'dynamic_ownership': 1,
    'remember_owner': 0,
    'stdio_handler': 'file',
    'security_driver': 'none',
    'cgroup_controllers': [],
    'namespaces': [],
}

_HOSTS_NAMESPACE = uuid.UUID('6f1c1f0e-0a43-4ed5-8c3a-0d3e61d3d4b1')


def host_uuid(name: str) -> str:
    """Return the UUID that the host of this name has in every lab."""
    return str(uuid.uuid5(_HOSTS_NAMESPACE, name))


def libvirtd_defaults(name: str) -> dict[str, Setting]:
    """Return the settings of the libvirtd of the host of this name.

    It listens on all addresses, TCP and TLS, and asks nobody for a
    password: the lab is about the connection between the QEMUs.
    """
    return {
        'host_uuid': host_uuid(name),
        'listen_tcp': 1,
        'listen_tls': 1,
        'auth_tcp': 'none',
        'auth_tls': 'none',
        'auth_unix_rw': 'none',
        'auth_unix_ro': 'none',
        'unix_sock_group': 'root',
        'unix_sock_rw_perms': '0700',
        'log_level': 3,
        'log_outputs': '1:stderr',
    }


def merged(
    defaults: Mapping[str, Setting], changes: Mapping[str, Setting | None]
) -> dict[str, Setting]:
    """Return the defaults with changes; None takes a setting away."""
    result = dict(defaults)
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def render(settings: Mapping[str, Setting]) -> str:
    """Return a configuration file of libvirt.

    :raises ValueError: a value that the format cannot express.
    """
    lines = [f'{name} = {_value(value)}' for name, value in settings.items()]
    return '\n'.join(lines) + '\n'


def _value(value: Setting) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, list)):
        raise ValueError(f'libvirt has no such value as {value!r}: use 0, 1')
    if isinstance(value, list):
        return f'[ {", ".join(_value(item) for item in value)} ]'
    if isinstance(value, int):
        return str(value)
    # The format has no escapes (libvirt 9.0, src/util/virconf.c).
    if '"' in value or '\n' in value:
        raise ValueError(f'libvirt cannot quote {value!r}')
    return f'"{value}"'
