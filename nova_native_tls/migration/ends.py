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

"""Are source and destination two hosts, and what is the second one called?"""

from __future__ import annotations

from nova_native_tls import exception
from nova_native_tls import host_names
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import uris


def two_hosts(
    source: libvirt_api.Connection, destination: libvirt_api.Connection
) -> tuple[str, str]:
    """Give the names of both hosts, if they are two.

    :raises SameHost: there is no other host to go to.
    """
    here, there = source.host_name(), destination.host_name()
    # Reading the UUID makes libvirt look at the whole host, for seconds;
    # one daemon always gives one name, so that is looked at first.
    if here == there:
        uuid = source.host_uuid()
        if uuid is not None and uuid == destination.host_uuid():
            raise exception.SameHost(host=here)
    return here, there


def name_to_verify(
    wanted: str | None,
    destination_uri: str,
    destination: libvirt_api.Connection,
) -> str:
    """Decide the name that the destination's certificate must bear.

    What the operator typed counts most: the name asked for, else the one in
    the URI. For an address in the URI the destination's own name is taken,
    which is what libvirt itself would verify.

    :param wanted: the name asked for.
    """
    if wanted is not None:
        return wanted
    host = uris.parse_daemon_uri(destination_uri).host
    if host is not None and not host_names.is_ip_address(host):
        return host
    return destination.host_name()
