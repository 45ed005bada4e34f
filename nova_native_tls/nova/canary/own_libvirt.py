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

"""This host's libvirt with its canaries, which Nova itself does not see."""

from __future__ import annotations

from typing import Any

from nova import exception as nova_exception
from nova.virt.libvirt import host as libvirt_host

from nova_native_tls._i18n import _
from nova_native_tls import canary_uuid
from nova_native_tls.checks import this_host
from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api
from nova_native_tls.nova.call import planned_domain


def hide_canaries(host: Any) -> None:
    """Keep Nova from counting canaries, and from looking into them.

    All that Nova 29 to 34 do with the guests of a host begins with this list:
    sync_power_states compares its length, a new service refuses to start
    where it is not empty, and volumes and mediated devices are looked up in
    the definition of each, which a canary that has just ended no longer has.

    :param host: Nova's connection to the local libvirt.
    """
    listed = host.list_instance_domains

    def list_instance_domains(only_running: bool = True) -> list[Any]:
        return [
            domain
            for domain in listed(only_running=only_running)
            if not canary_uuid.is_canary(domain.UUIDString())
        ]

    host.list_instance_domains = list_instance_domains


class OwnLibvirt(libvirt_api.Connection):
    """The connection that nova-compute has, for canaries.

    What it starts migrates as an instance does.
    """

    def __init__(self, host: Any, other_uri: str | None = None) -> None:
        """Take Nova's connection.

        :param host: Nova's connection to the local libvirt.
        :param other_uri: as of ``PlannedDomain``.
        :raises ConnectionFailed: there is none at the moment.
        """
        try:
            connection = host.get_connection()
        except nova_exception.HypervisorUnavailable as err:
            raise exception.ConnectionFailed(
                uri=this_host.LOCAL, problem=err
            ) from err
        super().__init__(connection, this_host.LOCAL)
        self._host = host
        self._other_uri = other_uri

    def host_name(self) -> str:
        """Give the name that this host's libvirt has for itself."""
        return str(self._host.get_hostname())

    def guests(self) -> tuple[libvirt_api.Domain, ...]:
        """List every guest, the canaries too."""
        # Nova's own, since with eventlet only that gives guests which can be
        # asked without stopping everything else.
        found = self.ask(
            _('Listing the guests'),
            lambda _connection: libvirt_host.Host.list_instance_domains(
                self._host, only_running=False
            ),
        )
        return tuple(libvirt_api.Domain(each) for each in found)

    def start_transient(self, definition: str) -> libvirt_api.Domain:
        """Start a guest that libvirt forgets as soon as it ends.

        :param definition: libvirt's domain XML.
        :raises LibvirtFailed: it was not started.
        """
        started = self.ask(
            _('Starting a guest'),
            lambda connection: connection.createXML(definition),
        )
        return libvirt_api.Domain(
            planned_domain.PlannedDomain(
                started, lambda call: call, self._other_uri
            )
        )
