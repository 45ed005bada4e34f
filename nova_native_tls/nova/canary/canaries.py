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

"""Everything about canaries inside nova-compute, for the driver.

A canary is sent by the source's nova-compute over the connection to libvirt
that it has, and needs no more than an instance: the source's libvirt reaches
the destination's. The destination's nova-compute ends it. Neither lets Nova
see it.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from typing import Any

import nova.conf
from nova.virt import event as virt_event
from oslo_log import log as logging

from nova_native_tls.canary import definition
from nova_native_tls import canary_uuid
from nova_native_tls.migration import libvirt_api
from nova_native_tls.nova.call import planned_domain
from nova_native_tls.nova.canary import canary_sender
from nova_native_tls.nova.canary import canary_visitors
from nova_native_tls.nova.canary import own_libvirt
from nova_native_tls.nova import carrier

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF


class Canaries:
    """Those that are sent from here, and those that arrive."""

    def __init__(self) -> None:
        self._visitors = canary_visitors.Visitors()
        self._sender: canary_sender.Sender | None = None

    def start(self, host: Any) -> None:
        """Send them from now on, if the options say so.

        :param host: Nova's connection to the local libvirt.
        """
        canary_visitors.sweep(host)
        if CONF.native_tls.canary_interval:
            self._sender = canary_sender.Sender(
                host, CONF.native_tls.canary_interval
            )
            self._sender.start()

    def stop(self, host: Any) -> None:
        """End those that are on their way, and those that have arrived."""
        if self._sender is not None:
            self._sender.stop()
        self._visitors.stop(host)

    def takes(self, host: Any, event: Any) -> bool:
        """Take an event of libvirt, if it is about a canary."""
        if not canary_uuid.is_canary(getattr(event, 'uuid', '')):
            return False
        if isinstance(event, virt_event.LifecycleEvent):
            self._visitors.seen(host, event)
        return True

    @contextlib.contextmanager
    def watch(
        self,
        destination: str,
        guest: planned_domain.PlannedDomain,
        migrate_data: Any,
    ) -> Iterator[None]:
        """Note how an instance is migrated meanwhile, and whether it was.

        :param destination: the host, as Nova calls it.
        """
        if self._sender is None:
            yield
            return
        kind = _kind(guest)
        arrived = False
        try:
            yield
            arrived = True
        finally:
            if kind is not None and guest.asked is not None:
                way = _way(guest, guest.asked, kind, migrate_data)
                if way is not None:
                    self._sender.used(destination, way, arrived=arrived)


# Whatever goes wrong below, the migration itself must not suffer.


def _kind(guest: planned_domain.PlannedDomain) -> definition.Kind | None:
    """Read what kind of guest it is, as long as it is here."""
    try:
        return definition.Kind.of(libvirt_api.Domain(guest).definition())
    except Exception:
        LOG.exception('No canary will follow a guest that cannot be read')
        return None


def _way(
    guest: planned_domain.PlannedDomain,
    asked: planned_domain.Asked,
    kind: definition.Kind,
    migrate_data: Any,
) -> canary_sender.Way | None:
    try:
        peer = carrier.get(migrate_data, carrier.Role.DESTINATION)
    except Exception:
        LOG.exception('No canary will follow a guest')
        return None
    return canary_sender.Way(
        uri=asked.uri,
        other_uri=guest.other_uri,
        asked=asked.call,
        peer=peer,
        kind=kind,
    )


def hide(host: Any) -> None:
    """Let Nova see none of them; see ``own_libvirt``."""
    own_libvirt.hide_canaries(host)
