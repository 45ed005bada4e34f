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

"""Asks two running hosts, from the source, at one of three depths."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
import enum
import threading

from nova_native_tls._i18n import _
from nova_native_tls.canary import answer as canary_answer
from nova_native_tls.canary import flight as canary_flight
from nova_native_tls.canary import kind as canary_kind
from nova_native_tls.checks import result
from nova_native_tls import exception
from nova_native_tls import host_names
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import ends
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import plan as migration_plan
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import uris
from nova_native_tls.migration import versions
from nova_native_tls.pair import said


class Depth(enum.StrEnum):
    """How much is tried out."""

    #: Only looks.
    PREDICT = 'predict'
    #: The source's own QEMU is asked about the source's credentials.
    PROVE = 'prove'
    #: A throw-away guest migrates.
    CANARY = 'canary'


class QemuVerdict(enum.StrEnum):
    """What QEMU does; only a canary really knows."""

    YES = 'yes'
    NO = 'no'
    UNKNOWN = 'unknown'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which two hosts, and how guests would migrate.

    :ivar destination: its libvirt's URI, as the source's libvirt dials it.
    :ivar migrate_uri: where the source's QEMU connects; None leaves it to
        libvirt.
    :ivar tls_name: to verify in the destination's certificate; None: as for
        a migration.
    :ivar timeout_s: of the canary's migration.
    """

    source_uri: str
    destination: str
    settings: migration_settings.MigrationSettings
    depth: Depth = Depth.PREDICT
    migrate_uri: str | None = None
    tls_name: str | None = None
    timeout_s: float = canary_flight.TIMEOUT_S


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found of two hosts."""

    qemu_verdict: QemuVerdict
    findings: tuple[result.Finding, ...]

    @property
    def status(self) -> result.Status:
        """The worst of all findings; nothing found is failure."""
        return result.CheckReport(findings=self.findings).status


#: Looks at the source's own side.
OwnSide = Callable[[], tuple[result.Finding, ...]]
#: Reads the end of QEMU's log of a guest on the source, if it can.
ReadLog = Callable[[str], str]


def destination_uri(
    settings: migration_settings.MigrationSettings, destination: str
) -> str:
    """Make a URI of what was typed: a URI, a host name or an address.

    :raises InvalidURI: it is none, or names no other host.
    :raises InvalidHost: it is none.
    """
    if '://' not in destination:
        host_names.check_host(destination)
        return uris.daemon_uri(settings, destination)
    if uris.parse_daemon_uri(destination).host is None:
        raise exception.InvalidURI(
            uri=destination,
            kind=_('libvirt URI of a destination'),
            problem=_('it names no other host'),
        )
    return destination


def check(
    question: Question,
    *,
    cancel: threading.Event,
    own_side: OwnSide,
    read_log: ReadLog,
) -> Answer:
    """Ask both hosts; what could not be seen is a finding, too.

    :raises NativeTLSError: the question itself is wrong, or the source's
        libvirt cannot be asked.
    """
    if question.migrate_uri is not None:
        uris.parse_migrate_uri(question.migrate_uri)
    if question.tls_name is not None:
        host_names.check_name_to_verify(question.tls_name)
    with libvirt_api.Connection.open(
        question.source_uri, cancel=cancel
    ) as source:
        findings: list[result.Finding] = []
        if question.depth is not Depth.CANARY:
            findings.extend(own_side())
        try:
            with libvirt_api.Connection.open(
                question.destination, cancel=cancel
            ) as destination:
                verdict, more = _both(
                    question, source, destination, cancel, read_log
                )
        except exception.ConnectionFailed as err:
            verdict, more = (
                QemuVerdict.UNKNOWN,
                [said.unreachable(question.destination, err)],
            )
        if question.depth is Depth.CANARY and verdict is QemuVerdict.NO:
            # What the destination alone knows may have its cause here.
            more.extend(
                found
                for found in own_side()
                if found.status is result.Status.FAILURE
            )
    return Answer(qemu_verdict=verdict, findings=(*findings, *more))


def _both(
    question: Question,
    source: libvirt_api.Connection,
    destination: libvirt_api.Connection,
    cancel: threading.Event,
    read_log: ReadLog,
) -> tuple[QemuVerdict, list[result.Finding]]:
    here, there = ends.two_hosts(source, destination)
    context = versions.Context(
        source=source.host_versions(), destination=destination.host_versions()
    )
    name = ends.name_to_verify(
        question.tls_name, question.destination, destination
    )
    plan = migration_plan.build(
        question.settings,
        migration_call.MigrationRequest(
            migrate_uri=question.migrate_uri, tls_name=name
        ),
        context,
    )
    findings = [said.reached(there, context, name), *said.of_plan(plan, there)]
    if plan.refusals:
        return QemuVerdict.UNKNOWN, findings
    if question.depth is not Depth.CANARY:
        return QemuVerdict.UNKNOWN, [*findings, said.unseen(there)]
    try:
        flight = canary_flight.fly(
            source,
            destination,
            call=plan.call,
            cancel=cancel,
            timeout_s=question.timeout_s,
        )
    except (
        canary_flight.CanaryNotStarted,
        canary_kind.NoCommonKind,
        exception.LibvirtFailed,
    ) as err:
        return QemuVerdict.UNKNOWN, [*findings, said.no_canary(here, err)]
    log = '' if flight.error is None else read_log(flight.canary)
    found = canary_answer.of_flight(flight, source_log=log)
    return _verdict(flight, found), [*findings, *found]


def _verdict(
    flight: canary_flight.Flight, findings: Iterable[result.Finding]
) -> QemuVerdict:
    if flight.error is None and flight.call.mode == 'tls':
        return QemuVerdict.YES
    if canary_answer.refused_by_qemu(flight, findings):
        return QemuVerdict.NO
    return QemuVerdict.UNKNOWN
