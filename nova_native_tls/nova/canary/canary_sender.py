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

"""Sends canaries to the destinations in use, one after the other."""

from __future__ import annotations

import collections
import dataclasses
import threading
import time
from typing import Any

import nova.conf
from oslo_log import log as logging

from nova_native_tls.canary import answer
from nova_native_tls.canary import definition
from nova_native_tls.canary import flight as canary_flight
from nova_native_tls.canary import schedule
from nova_native_tls.canary import unconnected
from nova_native_tls.checks import result
from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.nova.call import call_plan
from nova_native_tls.nova.canary import own_libvirt
from nova_native_tls.nova.facts import own_facts
from nova_native_tls.nova.telling import reason
from nova_native_tls.pair import said
from nova_native_tls.peer import facts

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF

#: How often to see whether a canary is to be sent.
LOOK_EVERY_S = 10.0

#: Others than of canaries on request, and more than may be on one host at a
#: time: what still stays there cannot be seen from here.
NUMBERS = range(101, 109)

#: As long as a canary may take to end that has been cancelled.
STOP_TIMEOUT_S = 4 * canary_flight.GRACE_S


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How an instance was migrated to a destination.

    :ivar uri: of the destination's libvirt, as this host's libvirt dials it.
    :ivar other_uri: as of ``PlannedDomain``.
    :ivar asked: what Nova asked.
    :ivar peer: what the destination said about itself.
    :ivar kind: of the instance, which both hosts can run.
    """

    uri: str
    other_uri: str | None
    asked: migration_call.MigrateCall
    peer: facts.HostFacts | None
    kind: definition.Kind


class Sender:
    """A thread that sends canaries until nova-compute ends.

    A thread of its own, and none of Nova's periodic tasks: those wait for
    each other, and a canary to a silent host takes half a minute.
    """

    def __init__(self, host: Any, interval_s: float) -> None:
        """Make one; nothing is sent as yet.

        :param host: Nova's connection to the local libvirt.
        """
        self._host = host
        self._schedule = schedule.Schedule[Way](interval_s)
        self._numbers = collections.deque(NUMBERS)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._failing: dict[str, frozenset[str]] = {}
        self._thread = threading.Thread(
            target=self._run, name='native-tls-canaries', daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Cancel what is on its way, and wait for its end."""
        self._stop.set()
        self._thread.join(STOP_TIMEOUT_S)

    def used(self, destination: str, way: Way, *, arrived: bool) -> None:
        """Note that an instance was migrated.

        :param destination: the host, as Nova calls it.
        :param arrived: or that it was tried.
        """
        self._schedule.used(
            destination, way, time.monotonic(), arrived=arrived
        )
        if arrived:
            self._tell(destination, ())

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            for destination, way in self._schedule.due(time.monotonic()):
                if self._stop.is_set():
                    return
                self._schedule.tried(destination, time.monotonic())
                try:
                    self._send(destination, way)
                except Exception:
                    LOG.exception('No canary was sent to %s', destination)

    def _send(self, destination: str, way: Way) -> None:
        findings = self._try(destination, way)
        # Who stops nova-compute need not be told that a canary was stopped.
        if not self._stop.is_set():
            self._tell(destination, findings)

    def _try(self, destination: str, way: Way) -> tuple[result.Finding, ...]:
        LOG.debug('Sending a canary to %s', destination)
        self._numbers.rotate(-1)
        try:
            source = own_libvirt.OwnLibvirt(self._host, way.other_uri)
            flight = canary_flight.fly(
                source,
                unconnected.Unconnected(way.uri, destination),
                call=self._call(way),
                cancel=self._stop,
                kinds=(way.kind,),
                numbers=tuple(self._numbers),
            )
        except exception.NativeTLSError as err:
            return (said.no_canary(CONF.host, err),)
        log = '' if flight.error is None else reason.log_end(flight.canary)
        return answer.of_flight(flight, source_log=log)

    def _call(self, way: Way) -> migration_call.MigrateCall:
        return call_plan.plan(
            way.asked,
            source=own_facts.read_versions(self._host),
            peer=way.peer,
            terms=call_plan.ENCRYPTED,
        ).permitted_call()

    def _tell(
        self, destination: str, findings: tuple[result.Finding, ...]
    ) -> None:
        """Tell a failure once, and its end."""
        failures = [
            each for each in findings if each.status is result.Status.FAILURE
        ]
        codes = frozenset(each.code for each in failures)
        with self._lock:
            before = self._failing.pop(destination, frozenset())
            if codes:
                self._failing[destination] = codes
        if codes and codes != before:
            for each in failures:
                LOG.error(
                    'A canary did not get from %s to %s, nor would an '
                    'instance: %s: %s',
                    CONF.host,
                    destination,
                    each.code,
                    each.sentence(),
                )
        elif before and not codes:
            LOG.info(
                'Migrations from %s to %s work again', CONF.host, destination
            )
        for each in findings:
            if each not in failures:
                LOG.log(
                    logging.WARNING
                    if each.status is result.Status.WARNING
                    else logging.DEBUG,
                    'Canary to %s: %s: %s',
                    destination,
                    each.code,
                    each.sentence(),
                )
