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


"""Would migrations between hosts such as this one meet known issues?"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses

from nova_native_tls._i18n import _
from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration.known_issues import rules
from nova_native_tls.migration import plan
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions

Met = rules.Met

#: Nobody knows yet which; that it is stated is certain.
_A_NAME = 'destination'


class KnownIssuesCheck(base.PreCheck):
    """Holds the options against the versions of this host.

    What they make of one guest, the check of the guests says.
    """

    stages = frozenset({base.Stage.START})

    def run(self, context: base.CheckContext) -> Iterator[result.Finding]:
        """Refuse what no migration could be made with."""
        own = context.own.versions
        yield from findings(
            meet(
                context.settings,
                migration_call.MigrationRequest(),
                versions.Context(source=own, destination=own),
            ),
            subject=context.own.host,
        )


def meet(
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> tuple[Met, ...]:
    """Find what a migration would meet, as it would be asked for.

    :param request: its name is taken for stated.
    """
    named = dataclasses.replace(request, tls_name=_A_NAME)
    planned = plan.build(settings, named, context)
    found = rules.evaluate(planned.call, settings, named, context)
    stayed_clear = tuple(
        met
        for met in rules.find(planned.base.call, named, context)
        if met.kind is issue.Kind.ADJUST
        and met.known.id not in settings.ignored_known_issues
    )
    return (*found.refusals, *found.warnings, *stayed_clear)


def findings(
    found: tuple[Met, ...], *, subject: str
) -> Iterator[result.Finding]:
    """Say what was found; if nothing was, that is said, too."""
    for met in found:
        yield finding(met, subject=subject)
    if not found:
        yield result.Finding(
            code='known-issues.none',
            status=result.Status.SUCCESS,
            subject=subject,
            detail=_('these releases have no known issue that matters here'),
        )


def finding(met: Met, *, subject: str) -> result.Finding:
    """Say one of them; what is refused is a failure."""
    if met.kind is issue.Kind.ADJUST:
        return result.Finding(
            code=f'known-issue.{met.known.id}',
            status=result.Status.SUCCESS,
            subject=subject,
            detail=_('%s: migrations are asked for in another way')
            % met.detail,
        )
    return result.Finding(
        code=f'known-issue.{met.known.id}',
        status=result.Status.FAILURE
        if met.kind is issue.Kind.REFUSE
        else result.Status.WARNING,
        subject=subject,
        detail=met.detail,
        remedy=met.known.remedy,
    )
