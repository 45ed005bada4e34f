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

"""What a canary found, as findings."""

from __future__ import annotations

from collections.abc import Iterable
import datetime

from nova_native_tls._i18n import _
from nova_native_tls.canary import definition
from nova_native_tls.canary import flight as canary_flight
from nova_native_tls.checks import result
from nova_native_tls import exception
from nova_native_tls.explain import entry
from nova_native_tls.explain import matcher

#: Codes of explanations that are not about QEMU: libvirt, and the network.
_AROUND = ('libvirtd.', 'daemon.', 'destination.daemon-', 'network.')


def of_flight(
    flight: canary_flight.Flight, *, source_log: str = ''
) -> tuple[result.Finding, ...]:
    """Say whether it arrived and how, or why not and what to do.

    :param source_log: the end of QEMU's log of the canary on the source.
    """
    findings = [
        _arrived(flight)
        if flight.error is None
        else _failed(flight, source_log)
    ]
    findings.extend(
        result.Finding(
            code='canary.left-behind',
            status=result.Status.WARNING,
            subject=flight.canary,
            detail=_('the canary could not be ended: %s') % where,
            remedy=_(
                'it ends by itself within %d seconds; see that it does with '
                '"virsh list", and else "virsh destroy" it'
            )
            % definition.LIFETIME_S,
        )
        for where in flight.left
    )
    findings.extend(
        result.Finding(
            code='canary.leftover-removed',
            status=result.Status.SUCCESS,
            subject=name,
            detail=_('an older canary was still there, and is gone now'),
        )
        for name in flight.removed
    )
    return tuple(findings)


def _arrived(flight: canary_flight.Flight) -> result.Finding:
    values = {
        'source': flight.source,
        'duration_s': flight.duration_s,
        'mode': flight.call.mode,
        'name': flight.call.params.get('tls.destination', flight.destination),
    }
    if flight.call.mode != 'tls':
        return result.Finding(
            code='canary.not-tls',
            status=result.Status.WARNING,
            subject=flight.destination,
            detail=_(
                'a guest came from %(source)s in %(duration_s).1f s, but '
                '%(mode)s: nothing is proven about certificates'
            )
            % values,
            remedy=_('set [libvirt] live_migration_with_native_tls to true'),
        )
    return result.Finding(
        code='canary.arrived',
        status=result.Status.SUCCESS,
        subject=flight.destination,
        detail=_(
            'a guest came from %(source)s in %(duration_s).1f s with TLS, '
            'verified as %(name)s'
        )
        % values,
    )


def _failed(flight: canary_flight.Flight, source_log: str) -> result.Finding:
    best = matcher.best_of(
        str(flight.error),
        source_log=source_log,
        names=matcher.Names(
            source=flight.source,
            destination=flight.destination,
            guest=flight.canary,
        ),
        since=datetime.datetime.fromtimestamp(flight.started, datetime.UTC),
    )
    if best is None:
        code, remedy = _unexplained(flight)
        return result.Finding(
            code=code,
            status=result.Status.FAILURE,
            subject=f'{flight.source}, {flight.destination}',
            detail=str(flight.error),
            remedy=remedy,
        )
    hosts = {
        entry.Host.SOURCE: flight.source,
        entry.Host.DESTINATION: flight.destination,
    }
    return result.Finding(
        code=best.id,
        status=result.Status.FAILURE,
        subject=hosts.get(best.mend, f'{flight.source}, {flight.destination}'),
        detail=best.cause,
        remedy=best.remedy,
    )


def _unexplained(flight: canary_flight.Flight) -> tuple[str, str]:
    """Give a code and a remedy for what no sentence explains."""
    if isinstance(flight.error, canary_flight.CanaryTooSlow):
        return 'canary.too-slow', _(
            'see that no firewall swallows packets between both hosts, and '
            'how busy they are'
        )
    if isinstance(flight.error, exception.MigrationCancelled):
        return 'canary.cancelled', _('send another one')
    return 'canary.failed', (
        _('read /var/log/libvirt/qemu/%s.log on both hosts') % flight.canary
    )


def refused_by_qemu(
    flight: canary_flight.Flight, findings: Iterable[result.Finding]
) -> bool:
    """Tell whether QEMU or its certificates stopped it, not what is around.

    :param findings: what ``of_flight`` gave.
    """
    return isinstance(flight.error, exception.MigrationFailed) and not any(
        finding.code.startswith(_AROUND) for finding in findings
    )
