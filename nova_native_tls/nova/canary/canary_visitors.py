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

"""Canaries of other hosts that come here, and their end."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import datetime
import threading
import time
from typing import Any

from nova.virt import event as virt_event
from oslo_log import log as logging

from nova_native_tls.canary import definition
from nova_native_tls.canary import leftover
from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api
from nova_native_tls.nova.canary import own_libvirt
from nova_native_tls.nova.telling import reason

LOG = logging.getLogger(__name__)

#: The source must have heard of the arrival before it ends, or the migration
#: would count as failed.
STAY_S = 5.0

#: How often to see whether one that comes is still there.
POLL_S = 1.0

#: QEMU may have spoken before libvirt's event was heard.
BEFORE = datetime.timedelta(seconds=5)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """One that is to arrive.

    :ivar name: libvirt's name of it.
    """

    name: str
    since: datetime.datetime

    @property
    def source(self) -> str:
        """The first label of the host that sent it, out of its name."""
        return self.name.removeprefix(definition.PREFIX).rpartition('-')[0]


class Visitors:
    """Ends canaries that nova-compute of another host has sent.

    It cannot do so itself: only its libvirt connects to this one. Without
    anybody to end them they end by themselves (``definition.LIFETIME_S``).

    Of one that does not arrive it tells what only this host knows.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._staying: dict[str, threading.Timer] = {}
        self._coming: dict[str, Visitor] = {}
        self._told: dict[str, str] = {}

    def seen(self, host: Any, event: virt_event.LifecycleEvent) -> None:
        """Hear what libvirt tells of a canary; returns at once.

        :param host: Nova's connection to the local libvirt.
        """
        uuid = event.uuid
        if event.transition == virt_event.EVENT_LIFECYCLE_STARTED:
            in_a_while(0, self._comes, host, uuid)
        elif event.transition == virt_event.EVENT_LIFECYCLE_RESUMED:
            self._arrives(host, uuid)

    def stop(self, host: Any) -> None:
        """End those that have arrived at once."""
        with self._lock:
            staying = dict(self._staying)
        for uuid, timer in staying.items():
            timer.cancel()
            self._leave(host, uuid)

    def _comes(self, host: Any, uuid: str) -> None:
        """Wait until it has arrived or ended.

        Nova keeps libvirt's event of an end for 15 seconds, for the sake of
        instances that restart (Host._event_emit_delayed).
        """
        since = datetime.datetime.now(datetime.UTC) - BEFORE
        canary = _from_elsewhere(host, uuid)
        if canary is None:
            return
        visitor = Visitor(name=canary.name, since=since)
        with self._lock:
            # Events come in order, but this is not their thread.
            if uuid in self._staying:
                return
            self._coming[uuid] = visitor
        while self._is_coming(uuid):
            time.sleep(POLL_S)
            if _from_elsewhere(host, uuid) is None:
                self._has_ended(uuid)

    def _is_coming(self, uuid: str) -> bool:
        with self._lock:
            return uuid in self._coming

    def _arrives(self, host: Any, uuid: str) -> None:
        with self._lock:
            visitor = self._coming.pop(uuid, None)
            if visitor is not None:
                self._told.pop(visitor.source, None)
            if uuid not in self._staying:
                self._staying[uuid] = in_a_while(
                    STAY_S, self._leave, host, uuid
                )

    def _leave(self, host: Any, uuid: str) -> None:
        with self._lock:
            self._staying.pop(uuid, None)
        canary = _from_elsewhere(host, uuid)
        if canary is None:
            return
        try:
            LOG.debug('Ending %s, which has arrived', canary.name)
            canary.destroy()
        except exception.NativeTLSError as err:
            LOG.warning('A canary that has arrived stays: %s', err)

    def _has_ended(self, uuid: str) -> None:
        """Tell why it did not arrive, once for each source."""
        with self._lock:
            visitor = self._coming.pop(uuid, None)
        if visitor is None:
            return
        found = reason.on_destination(
            visitor.name, source=visitor.source, since=visitor.since
        )
        if found is None:
            return
        with self._lock:
            known = self._told.get(visitor.source)
            self._told[visitor.source] = found.details
        if found.details != known:
            LOG.error(
                'A canary of %s did not arrive here, nor would an instance: '
                '%s',
                visitor.source,
                found.full,
            )


def sweep(host: Any) -> None:
    """End what was left here and does not end by itself."""
    try:
        leftover.remove(own_libvirt.OwnLibvirt(host))
    except exception.NativeTLSError as err:
        LOG.warning('Canaries that may have been left are not seen: %s', err)


def in_a_while(
    wait_s: float, work: Callable[[Any, str], None], host: Any, uuid: str
) -> threading.Timer:
    """Do something where nobody waits for it."""
    timer = threading.Timer(wait_s, work, (host, uuid))
    timer.daemon = True
    timer.start()
    return timer


def _from_elsewhere(host: Any, uuid: str) -> libvirt_api.Domain | None:
    """Look a canary up; one from here ends where it was sent from."""
    try:
        here = own_libvirt.OwnLibvirt(host)
        canary = here.domain(uuid)
        return (
            None
            if definition.is_from(here.host_name(), canary.name)
            else canary
        )
    except exception.NativeTLSError as err:
        LOG.debug('Looking for the canary %s: %s', uuid, err)
        return None
