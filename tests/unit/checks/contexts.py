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

"""What checks are given, and checks that answer as they were made to."""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
from typing import Any

from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions
from nova_native_tls.peer import facts

V = versions.Version
CURRENT = versions.HostVersions(libvirt=V(11, 3), qemu=V(10, 0))


def host(number: int, **changes: Any) -> facts.HostFacts:
    """Make the facts of a host with which nothing is wrong."""
    name = f'host{number}.example.org'
    return dataclasses.replace(
        facts.HostFacts(
            host=f'compute{number}',
            host_name=name,
            tls_name=name,
            certificate_names=(name,),
            versions=CURRENT,
        ),
        **changes,
    )


def context(
    stage: base.Stage = base.Stage.SOURCE,
    *,
    settings: dict[str, Any] | None = None,
    **changes: Any,
) -> base.CheckContext:
    """Make a context as the stage has it.

    :param settings: what differs from the defaults, beside native TLS.
    :param changes: what differs in the context itself.
    """
    values: dict[str, Any] = {
        'own': host(1),
        'peer': host(2)
        if stage in (base.Stage.SOURCE, base.Stage.DESTINATION_AGAIN)
        else None,
        'block': None if stage is base.Stage.START else False,
    }
    return base.CheckContext(
        stage=stage,
        settings=migration_settings.MigrationSettings(
            **{'native_tls': True, 'scheme': 'tls', **(settings or {})}
        ),
        **{**values, **changes},
    )


def finding(
    status: result.Status = result.Status.SUCCESS, code: str = 'a.b'
) -> result.Finding:
    """Make a finding."""
    return result.Finding(
        code=code, status=status, subject='a host', detail='it was seen'
    )


class Answers(base.PreCheck):
    """Gives prepared findings, and keeps the contexts it was asked with."""

    def __init__(
        self,
        *findings: result.Finding,
        stages: Iterable[base.Stage] = base.Stage,
    ) -> None:
        self.findings = findings
        self.stages = frozenset(stages)
        self.asked: list[base.CheckContext] = []

    def run(self, context: base.CheckContext) -> Iterable[result.Finding]:
        """Give what was prepared."""
        self.asked.append(context)
        return self.findings
