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

"""Second stage: what the context adds to Nova's own call, or takes from it.

Every rule is a function that looks at the call so far and returns
adjustments, each with its reason; ``plan`` applies them in order.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
import enum

from nova_native_tls._i18n import _
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions


class Action(enum.StrEnum):
    """What an adjustment does to the call."""

    ADD_FLAG = 'add flag'
    DROP_FLAG = 'drop flag'
    SET_PARAMETER = 'set parameter'
    DROP_PARAMETER = 'drop parameter'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """One change to the call, with its reason."""

    action: Action
    subject: str
    value: migration_call.ParameterValue | None = None
    reason: str

    def apply(
        self, call: migration_call.MigrateCall
    ) -> migration_call.MigrateCall:
        """Return the call with this change made."""
        flags, params = set(call.flags), dict(call.params)
        if self.action is Action.ADD_FLAG:
            flags.add(self.subject)
        elif self.action is Action.DROP_FLAG:
            flags.discard(self.subject)
        elif self.action is Action.DROP_PARAMETER:
            params.pop(self.subject, None)
        else:
            if self.value is None:
                raise ValueError(f'{self.subject} is set to nothing')
            params[self.subject] = self.value
        return dataclasses.replace(call, flags=frozenset(flags), params=params)


Rule = Callable[
    [
        migration_call.MigrateCall,
        migration_settings.MigrationSettings,
        migration_call.MigrationRequest,
        versions.Context,
    ],
    Iterable[Adjustment],
]


def who_is_encrypted(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> Iterable[Adjustment]:
    """Let the policy for this guest decide, not the option for the host."""
    if request.encrypted is None or request.encrypted is ('TLS' in call.flags):
        return
    yield Adjustment(
        action=Action.ADD_FLAG if request.encrypted else Action.DROP_FLAG,
        subject='TLS',
        reason=request.encrypted_because,
    )


def name_to_verify(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> Iterable[Adjustment]:
    """Say which name the destination's certificate must bear.

    Without it QEMU looks for whatever address it was told to dial, and
    libvirt 8.2 to 10.2 passes an empty name for the disks of a parallel
    migration (libvirt 10.3.0 release notes).
    """
    if 'TLS' in call.flags and request.tls_name is not None:
        yield Adjustment(
            action=Action.SET_PARAMETER,
            subject='tls.destination',
            value=request.tls_name,
            reason=_(
                'the name is always stated, so that it does not depend on '
                'the address that is dialled'
            ),
        )


def who_leads(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> Iterable[Adjustment]:
    """Let the caller lead where the two libvirt daemons cannot talk."""
    if not request.peer_to_peer:
        yield Adjustment(
            action=Action.DROP_FLAG,
            subject='PEER2PEER',
            reason=_(
                'asked for: the controller leads the migration, the two '
                'libvirt daemons need not reach each other'
            ),
        )


def connections_that_nova_leaves_out(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> Iterable[Adjustment]:
    """Make the option for parallel connections work before Nova 33.

    Nova 29 to 32 do not know the option and so never ask for it.
    """
    count = settings.parallel_connections
    if count > 1 and 'PARALLEL' not in call.flags:
        reason = _(
            '[libvirt] live_migration_parallel_connections, which this Nova '
            'does not know itself'
        )
        yield Adjustment(
            action=Action.ADD_FLAG, subject='PARALLEL', reason=reason
        )
        yield Adjustment(
            action=Action.SET_PARAMETER,
            subject='parallel.connections',
            value=count,
            reason=reason,
        )


RULES: tuple[Rule, ...] = (
    who_is_encrypted,
    who_leads,
    connections_that_nova_leaves_out,
    name_to_verify,
)
