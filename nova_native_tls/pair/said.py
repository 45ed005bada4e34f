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

"""What can be said of two hosts, as findings."""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.checks import result
from nova_native_tls import exception
from nova_native_tls.explain import control_connection
from nova_native_tls.explain import matcher
from nova_native_tls.migration import plan as migration_plan
from nova_native_tls.migration import versions

_CONTROL_CONNECTION = frozenset(
    known.id for known in control_connection.ENTRIES
)


def unreachable(
    destination_uri: str, err: exception.ConnectionFailed
) -> result.Finding:
    """The destination does not answer."""
    # Of other sentences the remedies are about QEMU's connection.
    known = [
        found
        for found in matcher.explain(str(err))
        if found.id in _CONTROL_CONNECTION
    ]
    return result.Finding(
        code='destination.unreachable',
        status=result.Status.FAILURE,
        subject=destination_uri,
        detail=str(err),
        remedy=known[0].remedy
        if known
        else _(
            'see that its libvirt runs, listens and can be reached from this '
            'host: a migration needs that, too'
        ),
    )


def reached(
    there: str, context: versions.Context, name: str
) -> result.Finding:
    """The destination answers."""
    unknown = _('unknown')
    return result.Finding(
        code='destination.reached',
        status=result.Status.SUCCESS,
        subject=there,
        detail=_(
            'libvirt %(libvirt)s with QEMU %(qemu)s answers; its certificate '
            'will be verified as %(name)s'
        )
        % {
            'libvirt': context.destination.libvirt or unknown,
            'qemu': context.destination.qemu or unknown,
            'name': name,
        },
    )


def of_plan(
    plan: migration_plan.MigrationPlan, there: str
) -> list[result.Finding]:
    """What is wrong with the call that would be made."""
    refused = [
        result.Finding(
            code=f'call.{refusal.id}',
            status=result.Status.FAILURE,
            subject=there,
            detail=refusal.reason,
        )
        for refusal in plan.refusals
    ]
    warned = [
        result.Finding(
            code='call.warning',
            status=result.Status.WARNING,
            subject=there,
            detail=warning,
        )
        for warning in plan.warnings
    ]
    return refused + warned


def unseen(there: str) -> result.Finding:
    """What nobody could look at."""
    return result.Finding(
        code='destination.not-seen',
        status=result.Status.WARNING,
        subject=there,
        detail=_(
            'its certificates and its qemu.conf cannot be seen from here, nor '
            'whether a firewall bars the way to its migration ports'
        ),
        remedy=_(
            'run "nova-native-tls host check" there, or this with --depth '
            'canary'
        ),
    )


def no_canary(here: str, err: exception.NativeTLSError) -> result.Finding:
    """Nothing was sent."""
    return result.Finding(
        code='canary.not-started',
        status=result.Status.FAILURE,
        subject=here,
        detail=str(err),
        remedy=_('mend that: nothing is known about migrations as yet'),
    )
