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

"""Do the options of this host make sense together?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import plan
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions

SUBJECT = 'nova.conf'


class OptionsCheck(base.PreCheck):
    """Builds the calls that the options lead to, for memory and for disks.

    Asked when the service starts: options do not change while it runs.
    """

    stages = frozenset({base.Stage.START})

    def run(self, context: base.CheckContext) -> Iterator[result.Finding]:
        """Refuse what no migration of this host could be asked with."""
        return findings(context.settings)


def findings(
    settings: migration_settings.MigrationSettings,
) -> Iterator[result.Finding]:
    """Look at nothing but the options; nothing need be connected to yet."""
    built = [
        plan.build(
            settings,
            migration_call.MigrationRequest(block=block),
            versions.Context(early=True),
        )
        for block in (False, True)
    ]
    refusals = dict.fromkeys(
        (refusal.id, refusal.reason)
        for one in built
        for refusal in one.refusals
    )
    for identifier, reason in refusals:
        yield result.Finding(
            code=f'options.{identifier}',
            status=result.Status.FAILURE,
            subject=SUBJECT,
            detail=reason,
        )
    warnings = dict.fromkeys(w for one in built for w in one.warnings)
    for number, warning in enumerate(warnings):
        yield result.Finding(
            code=f'options.warning-{number + 1}',
            status=result.Status.WARNING,
            subject=SUBJECT,
            detail=warning,
        )
    if not refusals and not warnings:
        yield result.Finding(
            code='options.consistent',
            status=result.Status.SUCCESS,
            subject=SUBJECT,
            detail=_('the migration options fit each other'),
        )
