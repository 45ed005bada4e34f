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

"""How libvirt's own connections between hosts are configured."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses

from nova_native_tls.pki import conf_syntax

#: Ports without a setting (src/remote/remote_daemon_config.c, libvirt 9.0).
TCP_PORT, TLS_PORT = 16509, 16514
CA_FILE = '/etc/pki/CA/cacert.pem'
#: The one daemon, or the one that takes connections for the small ones.
FILES = {'libvirtd': 'libvirtd.conf', 'virtqemud': 'virtproxyd.conf'}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ControlConf:
    """libvirtd.conf or virtproxyd.conf, as far as it matters to others.

    :ivar file: its name.
    :ivar ca_file: whom libvirt trusts for its own TLS.
    """

    file: str
    tcp_port: str = str(TCP_PORT)
    tls_port: str = str(TLS_PORT)
    ca_file: str = CA_FILE


def from_settings(
    file: str, settings: Mapping[str, conf_syntax.Value]
) -> ControlConf:
    """Take the settings; what is of a wrong type counts as not there."""
    given = {
        name: value
        for name in ('tcp_port', 'tls_port', 'ca_file')
        if isinstance(value := settings.get(name), str) and value
    }
    return ControlConf(file=file, **given)
