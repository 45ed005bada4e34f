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

"""The whole decision for one migration: base, adjustments, refusals."""

from __future__ import annotations

import dataclasses

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.migration import adjustments
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import exclusions
from nova_native_tls.migration import flags
from nova_native_tls.migration.known_issues import rules as known_issue_rules
from nova_native_tls.migration import rekey
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import tuning
from nova_native_tls.migration import version_rules
from nova_native_tls.migration import versions

RULES: tuple[adjustments.Rule, ...] = (
    *adjustments.RULES,
    known_issue_rules.adjust,
    rekey.stay_clear,
    tuning.make_fast,
    # What these add must stay clear of the other issues, too.
    known_issue_rules.adjust,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MigrationPlan:
    """What will be asked of libvirt, and why.

    :ivar base: the call that stock Nova would make.
    :ivar call: the base with the adjustments made, in order.
    :ivar refusals: why the call must not be made; empty when it may be.
    :ivar watch: what it has to be held against while it runs.
    """

    base: flags.BaseStage
    adjustments: tuple[adjustments.Adjustment, ...]
    call: migration_call.MigrateCall
    refusals: tuple[exclusions.Refusal, ...]
    warnings: tuple[str, ...]
    watch: rekey.Watch | None = None

    def permitted_call(self) -> migration_call.MigrateCall:
        """Give the call, if it may be made.

        :raises MigrationRefused: naming every reason.
        """
        if self.refusals:
            raise exception.MigrationRefused(
                reasons='; '.join(r.reason for r in self.refusals)
            )
        return self.call


def build(
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> MigrationPlan:
    """Decide flags and parameters of one migration.

    Pure: reads nothing but its arguments. Says nothing about certificates.
    """
    return adjust(
        flags.base(settings, request),
        settings=settings,
        request=request,
        context=context,
    )


def adjust(
    base: flags.BaseStage,
    *,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> MigrationPlan:
    """Decide what to change in a call that somebody else has made.

    Inside nova-compute the base is what Nova itself was about to ask, so
    that nothing a later Nova adds is lost.
    """
    call = base.call
    made: list[adjustments.Adjustment] = []
    for rule in RULES:
        for adjustment in rule(call, settings, request, context):
            call = adjustment.apply(call)
            made.append(adjustment)
    by_version = version_rules.evaluate(call, context)
    by_issue = known_issue_rules.evaluate(call, settings, request, context)
    return MigrationPlan(
        base=base,
        adjustments=tuple(made),
        call=call,
        refusals=exclusions.refusals(call, request)
        + by_version.refusals
        + tuple(
            exclusions.Refusal(id=met.known.id, reason=met.reason)
            for met in by_issue.refusals
        ),
        warnings=by_version.warnings
        + tuple(met.reason for met in by_issue.warnings)
        + _warnings(settings)
        + rekey.warnings(call, settings, request, context),
        watch=rekey.watch(call, settings, context),
    )


def _warnings(
    settings: migration_settings.MigrationSettings,
) -> tuple[str, ...]:
    clear_control = settings.uri is None and settings.scheme in (None, 'tcp')
    if settings.native_tls and clear_control:
        return (
            _(
                '[libvirt] live_migration_scheme leaves the connection '
                'between the libvirt daemons in clear text: set it to tls or '
                'ssh'
            ),
        )
    return ()
