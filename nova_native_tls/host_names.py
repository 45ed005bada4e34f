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

"""What may stand where a host is named."""

from __future__ import annotations

import ipaddress
import re

from nova_native_tls._i18n import _
from nova_native_tls import exception

_HOST_NAME = re.compile(
    r'(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?'
    r'(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*',
    re.IGNORECASE | re.ASCII,
)
#: Interface names of Linux (dev_valid_name, net/core/dev.c), without what
#: means something in a URI.
_ZONE = re.compile(r'[A-Za-z0-9_.-]{1,15}', re.ASCII)


def is_ip_address(host: str) -> bool:
    """Tell an IP literal, with or without a zone, from a host name.

    Brackets belong to URIs, not to addresses.
    """
    address, percent, zone = host.partition('%')
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return False
    if not percent:
        return True
    return version == 6 and _ZONE.fullmatch(zone) is not None


def is_host_name(host: str) -> bool:
    """Tell a host name from everything else, addresses included."""
    return not is_ip_address(host) and _HOST_NAME.fullmatch(host) is not None


def check_host(host: str) -> None:
    """Let only host names and addresses pass.

    :raises InvalidHost: it is neither.
    """
    if not is_ip_address(host) and not is_host_name(host):
        raise exception.InvalidHost(
            host=host, problem=_('it is neither a host name nor an address')
        )


def check_name_to_verify(name: str) -> None:
    """Let only a name pass that can be looked for in a certificate.

    A wildcard stands in certificates, not in what is looked for.

    :raises InvalidHost: it is no such name.
    """
    check_host(name)
    if '%' in name:
        raise exception.InvalidHost(
            host=name, problem=_('an address with a zone is in no certificate')
        )
