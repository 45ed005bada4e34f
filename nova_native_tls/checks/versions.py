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

"""Do libvirt and QEMU at both ends know what will be asked?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import flags
from nova_native_tls.migration import version_rules
from nova_native_tls.migration import versions


class VersionsCheck(base.PreCheck):
    """Holds the call against the versions that are known so far."""

    def run(self, context: base.CheckContext) -> Iterator[result.Finding]:
        """Refuse what one end is too old for."""
        request = migration_call.MigrationRequest(block=bool(context.block))
        call = flags.base(context.settings, request).call
        found = version_rules.evaluate(call, _ends(context))
        subject = context.own.host
        if context.peer is not None:
            subject = f'{subject}, {context.peer.host}'
        for refusal in found.refusals:
            yield result.Finding(
                code=f'versions.{refusal.id}',
                status=result.Status.FAILURE,
                subject=subject,
                detail=refusal.reason,
            )
        for warning in found.warnings:
            yield result.Finding(
                code='versions.warning',
                status=result.Status.WARNING,
                subject=subject,
                detail=warning,
            )
        if not found.refusals and not found.warnings:
            yield result.Finding(
                code='versions.sufficient',
                status=result.Status.SUCCESS,
                subject=subject,
                detail=_('libvirt and QEMU are new enough'),
            )


def _ends(context: base.CheckContext) -> versions.Context:
    """Sort own and peer into source and destination.

    Without a peer this host stands for both: each host is both in its turn.
    """
    own = context.own.versions
    other = (
        own
        if context.stage is base.Stage.START
        else (
            versions.HostVersions()
            if context.peer is None
            else context.peer.versions
        )
    )
    if context.stage is base.Stage.SOURCE:
        return versions.Context(source=own, destination=other)
    return versions.Context(source=other, destination=own)
