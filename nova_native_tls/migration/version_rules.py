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

"""What a flag, a parameter or a combination needs at both ends.

What is there and does not work is in ``known_issues``.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import dataclasses

from nova_native_tls._i18n import _
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import exclusions
from nova_native_tls.migration import libvirt_abi
from nova_native_tls.migration import versions

V = versions.Version

PARALLEL_COMPRESSION_LIBVIRT = V(9, 4)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VersionRule:
    """A combination, and the release of one component that it needs.

    :ivar component: ``libvirt`` or ``qemu``.
    :ivar required: False for a release that is only recommended.
    """

    id: str
    applies: Callable[[migration_call.MigrateCall], bool]
    component: str
    minimum: versions.Version
    subject: str
    required: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VersionFindings:
    """What the versions forbid, and what they only advise against."""

    refusals: tuple[exclusions.Refusal, ...]
    warnings: tuple[str, ...]


def _with(*flags: str) -> Callable[[migration_call.MigrateCall], bool]:
    return lambda call: call.flags.issuperset(flags)


def _tls_disks(call: migration_call.MigrateCall) -> bool:
    return 'TLS' in call.flags and not call.flags.isdisjoint(
        {'NON_SHARED_DISK', 'NON_SHARED_INC'}
    )


def _parallel_compression(call: migration_call.MigrateCall) -> bool:
    return call.params.get('compression') in exclusions.PARALLEL_COMPRESSION


RULES: tuple[VersionRule, ...] = (
    VersionRule(
        id='tls-needs-qemu',
        applies=_with('TLS'),
        component='qemu',
        minimum=V(2, 9),
        subject=_('native TLS'),
    ),
    # Nova documents these two as the releases to use with the option
    # (doc/source/admin/secure-live-migration-with-qemu-native-tls.rst).
    VersionRule(
        id='tls-recommended-libvirt',
        applies=_with('TLS'),
        component='libvirt',
        minimum=V(4, 4),
        subject=_('native TLS'),
        required=False,
    ),
    VersionRule(
        id='tls-recommended-qemu',
        applies=_with('TLS'),
        component='qemu',
        minimum=V(2, 11),
        subject=_('native TLS'),
        required=False,
    ),
    # libvirt 4.2 and 4.3 refuse it, 4.4 does it (libvirt NEWS).
    VersionRule(
        id='tls-disks-needs-libvirt',
        applies=_tls_disks,
        component='libvirt',
        minimum=V(4, 4),
        subject=_('native TLS for disks that are not shared'),
    ),
    # Before 5.2 QEMU leaves the parallel channels without TLS, or hangs.
    VersionRule(
        id='tls-parallel-needs-qemu',
        applies=_with('TLS', 'PARALLEL'),
        component='qemu',
        minimum=V(5, 2),
        subject=_('native TLS over parallel connections'),
    ),
    VersionRule(
        id='zerocopy-needs-qemu',
        applies=_with('ZEROCOPY'),
        component='qemu',
        minimum=V(7, 1),
        subject=_('zero-copy'),
    ),
    VersionRule(
        id='parallel-compression-needs-libvirt',
        applies=_parallel_compression,
        component='libvirt',
        minimum=PARALLEL_COMPRESSION_LIBVIRT,
        subject=_('compression over parallel connections'),
    ),
)

_COMPONENT_NAMES = {'libvirt': 'libvirt', 'qemu': 'QEMU'}


def evaluate(
    call: migration_call.MigrateCall, context: versions.Context
) -> VersionFindings:
    """Hold a call against the versions at both ends.

    A version that is not known refuses nothing by itself; where a combination
    needs one, that is a warning, because somebody still has to look.
    """
    refusals = list(_too_old_for_names(call, context))
    warnings = []
    for rule in RULES:
        if not rule.applies(call):
            continue
        for end, found in _found(rule.component, context):
            if found is None:
                if rule.required and rule.minimum > V(7, 2):
                    warnings.append(_unknown(rule, end))
            elif found < rule.minimum:
                if rule.required:
                    refusals.append(
                        exclusions.Refusal(
                            id=rule.id, reason=_too_old(rule, end, found)
                        )
                    )
                else:
                    warnings.append(_not_recommended(rule, end, found))
    return VersionFindings(refusals=tuple(refusals), warnings=tuple(warnings))


def _found(
    component: str, context: versions.Context
) -> Iterator[tuple[str, versions.Version | None]]:
    yield _('source'), getattr(context.source, component)
    yield _('destination'), getattr(context.destination, component)


def _too_old_for_names(
    call: migration_call.MigrateCall, context: versions.Context
) -> Iterator[exclusions.Refusal]:
    """Find flags and parameters that one end's libvirt does not know.

    The destination is handed all of them too (virDomainMigratePrepare3Params).
    """
    needs = {
        name: libvirt_abi.flag(name).since for name in sorted(call.flags)
    } | {name: libvirt_abi.parameter(name).since for name in call.params}
    for end, found in _found('libvirt', context):
        for name, since in needs.items():
            if found is not None and found < since:
                yield exclusions.Refusal(
                    id='libvirt-too-old',
                    reason=_(
                        '%(name)s needs libvirt %(since)s, the %(end)s has '
                        '%(found)s: upgrade it, or do without'
                    )
                    % {
                        'name': name,
                        'since': since,
                        'end': end,
                        'found': found,
                    },
                )


def _values(
    rule: VersionRule, end: str, found: versions.Version | None
) -> dict[str, object]:
    return {
        'subject': rule.subject,
        'component': _COMPONENT_NAMES[rule.component],
        'minimum': rule.minimum,
        'end': end,
        'found': found,
    }


def _too_old(rule: VersionRule, end: str, found: versions.Version) -> str:
    return _(
        '%(subject)s needs %(component)s %(minimum)s, the %(end)s has '
        '%(found)s: upgrade it, or do without'
    ) % _values(rule, end, found)


def _not_recommended(
    rule: VersionRule, end: str, found: versions.Version
) -> str:
    return _(
        '%(subject)s is recommended from %(component)s %(minimum)s only, the '
        '%(end)s has %(found)s: upgrade it'
    ) % _values(rule, end, found)


def _unknown(rule: VersionRule, end: str) -> str:
    return _(
        '%(subject)s needs %(component)s %(minimum)s, and the version at the '
        '%(end)s is not known here: make sure of it'
    ) % _values(rule, end, None)
