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


"""What the known issues mean for one call: changes, refusals, warnings.

Pure. The base of a call stays Nova's; every change has its reason. What is
not known of the two ends counts as the issue itself says (``if_unknown``),
and not at all as long as nobody has asked (``Context.early``).
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
import dataclasses

from nova_native_tls._i18n import _
from nova_native_tls.migration import adjustments
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration.known_issues import table
from nova_native_tls.migration import releases
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A call meets a known issue.

    :ivar kind: what is to be done, which may be less than ``known.kind``.
    :ivar detail: what is wrong, and where.
    """

    known: issue.KnownIssue
    kind: issue.Kind
    detail: str

    @property
    def reason(self) -> str:
        """Say what is wrong and what to do, in one sentence."""
        return f'{self.detail}: {self.known.remedy}'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Why a call must not be made, and what somebody should know of it."""

    refusals: tuple[Met, ...]
    warnings: tuple[Met, ...]


def find(
    call: migration_call.MigrateCall,
    request: migration_call.MigrationRequest,
    context: versions.Context,
    issues: Sequence[issue.KnownIssue] = table.ISSUES,
) -> Iterator[Met]:
    """Give every issue that a call meets, but those with a rule elsewhere."""
    for known in issues:
        if known.kind is issue.Kind.ELSEWHERE:
            continue
        applies = known.condition(call, request)
        if applies is False:
            continue
        ends = _affected(known, context)
        if ends is None:
            continue
        kind = _kind(known, ends, applies=applies, early=context.early)
        if kind is not None:
            yield Met(
                known=known, kind=kind, detail=_detail(known, ends, applies)
            )


def adjust(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> Iterable[adjustments.Adjustment]:
    """Change a call so that it does not meet what can be stayed clear of."""
    for met in find(call, request, context):
        if (
            met.kind is not issue.Kind.ADJUST
            or met.known.id in settings.ignored_known_issues
        ):
            continue
        for change in met.known.changes:
            yield adjustments.Adjustment(
                action=change.action,
                subject=change.subject,
                value=change.value,
                reason=met.reason,
            )


def evaluate(
    call: migration_call.MigrateCall,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> Findings:
    """Judge a call as it would be made, with all of its adjustments."""
    refusals, warnings = [], []
    for met in find(call, request, context):
        if met.kind is issue.Kind.ADJUST:
            # Adjusted already; if not, somebody did not want it.
            if met.known.id in settings.ignored_known_issues:
                warnings.append(_ignored(met))
        elif met.kind is issue.Kind.WARN:
            warnings.append(met)
        elif met.known.id in settings.ignored_known_issues:
            warnings.append(_ignored(met))
        else:
            refusals.append(met)
    return Findings(refusals=tuple(refusals), warnings=tuple(warnings))


def keeps_from(
    wanted: migration_call.MigrateCall,
    call: migration_call.MigrateCall,
    *,
    settings: migration_settings.MigrationSettings,
    request: migration_call.MigrationRequest,
    context: versions.Context,
) -> Met | None:
    """Find what a call meets only if it is changed into another one.

    What may be, at an end that nobody knows, counts as well.

    :param wanted: what somebody thinks of.
    :param call: what it is now.
    :returns: the first of them; None if there is none.
    """
    now = {met.known.id for met in find(call, request, context)}
    for met in find(wanted, request, context):
        if (
            met.known.kind is not issue.Kind.WARN
            and met.known.id not in now
            and met.known.id not in settings.ignored_known_issues
        ):
            return met
    return None


#: Ends that are affected, and others of which that is not known.
_Ends = tuple[tuple[releases.Place, ...], tuple[releases.Place, ...]]


def _affected(
    known: issue.KnownIssue, context: versions.Context
) -> _Ends | None:
    """Find where an issue is; None if it is not there."""
    affected: list[releases.Place] = []
    unknown: list[releases.Place] = []
    for each in known.affected:
        places = each.places(context)
        if not places:
            return None
        certain = [place for place in places if place.release is not None]
        if certain:
            affected.extend(certain)
        else:
            unknown.extend(places)
    return tuple(affected), tuple(unknown)


def _kind(
    known: issue.KnownIssue, ends: _Ends, *, applies: bool | None, early: bool
) -> issue.Kind | None:
    """Decide what to do, also where a part of it is not known."""
    _certain, unknown = ends
    if not unknown:
        if applies:
            return known.kind
        if early:
            return None
        # Staying clear of it does no harm; not doing so might.
        stays_clear = known.kind is issue.Kind.ADJUST
        return known.kind if stays_clear else issue.Kind.WARN
    if early or not applies or known.if_unknown is issue.IfUnknown.SILENT:
        return None
    if known.if_unknown is issue.IfUnknown.AFFECTED and any(
        place.end is releases.End.SOURCE for place in unknown
    ):
        return known.kind
    return issue.Kind.WARN


def _ignored(met: Met) -> Met:
    return dataclasses.replace(
        met,
        kind=issue.Kind.WARN,
        detail=_(
            '%s; nothing is done about it, because [native_tls] '
            'ignored_known_issues names it'
        )
        % met.detail,
    )


def _detail(known: issue.KnownIssue, ends: _Ends, applies: bool | None) -> str:
    certain, unknown = ends
    where = ', '.join(
        dict.fromkeys(str(place) for place in (*certain, *unknown))
    )
    detail = f'{known.title} ({where})' if where else known.title
    if applies is None:
        return _('%(detail)s, which matters here if this is so: %(when)s') % {
            'detail': detail,
            'when': known.when,
        }
    return detail
