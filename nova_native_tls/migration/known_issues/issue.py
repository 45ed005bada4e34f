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


"""What a known issue is: which releases, when, with what effect, what to do.

Pure data and how to read it; the issues themselves are in the modules beside
this one, and what follows from them for one call is in ``rules``.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import enum

from nova_native_tls.migration import adjustments
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import releases

#: Does the call, for this guest, meet the issue? None: nobody knows.
Condition = Callable[
    [migration_call.MigrateCall, migration_call.MigrationRequest], bool | None
]


class Kind(enum.StrEnum):
    """What this project does about an issue."""

    #: The call is changed so that it does not meet the issue.
    ADJUST = 'adjust'
    #: The call is not made.
    REFUSE = 'refuse'
    #: It is made, and somebody is told.
    WARN = 'warn'
    #: Another module, which is named, has the rule.
    ELSEWHERE = 'elsewhere'


class IfUnknown(enum.StrEnum):
    """What to make of a release that nobody knows."""

    #: As if it were affected, if it is that of the source: a guest that is
    #: lost is lost with the QEMU that it runs in. Of a destination it is a
    #: warning.
    AFFECTED = 'affected'
    WARN = 'warn'
    #: So few releases are affected that saying so every time helps nobody.
    SILENT = 'silent'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a call is changed so that it does not meet an issue."""

    action: adjustments.Action
    subject: str
    value: migration_call.ParameterValue | None = None


#: With one connection QEMU does not meet what only parallel ones do; what
#: one connection risks in its turn, ``migration/rekey`` watches.
ONE_CONNECTION = (
    Change(action=adjustments.Action.DROP_FLAG, subject='PARALLEL'),
    Change(
        action=adjustments.Action.DROP_PARAMETER,
        subject='parallel.connections',
    ),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KnownIssue:
    """A defect, or a rule that changed, of libvirt, QEMU or GnuTLS.

    :ivar title: what goes wrong, as the beginning of a sentence.
    :ivar references: where upstream tells of it.
    :ivar affected: must all hold; empty for every release.
    :ivar releases_from: how the releases are known.
    :ivar when: ``condition`` in words.
    :ivar effect: what becomes of the guest.
    :ivar remedy: what to do, as the end of a sentence.
    :ivar changes: for ``Kind.ADJUST``.
    :ivar handled_in: for ``Kind.ELSEWHERE``: the module with the rule.
    """

    id: str
    title: str
    references: tuple[str, ...]
    affected: tuple[releases.Releases, ...] = ()
    releases_from: str
    condition: Condition
    when: str
    effect: str
    kind: Kind
    remedy: str
    changes: tuple[Change, ...] = ()
    if_unknown: IfUnknown = IfUnknown.SILENT
    handled_in: str = ''

    @property
    def may_be_ignored(self) -> bool:
        """Whether an operator may know better, who has a mended release.

        What is wrong with every release nobody can know better.
        """
        return bool(self.affected) and self.kind in (Kind.ADJUST, Kind.REFUSE)
