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

"""Do checks, QEMU, explanation and remedy agree about a fault?"""

from __future__ import annotations

import dataclasses

from nova_native_tls.explain import matcher
from tests.lab.fault_matrix import attacker
from tests.lab.fault_matrix import attempt
from tests.lab.fault_matrix import checks
from tests.lab.fault_matrix import fault as matrix_fault
from tests.lab.fault_matrix import remedy
from tests.lab.fault_matrix import scene as matrix_scene
from tests.lab.harness import errors
from tests.lab.harness.guest import guest as lab_guest


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What came of one fault.

    :ivar disagreements: what should not be; nothing if all is well.
    """

    fault: matrix_fault.Fault
    failures: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    attempt: attempt.Attempt | None = None
    mended: str = '-'
    disagreements: tuple[str, ...] = ()


def judge(scene: matrix_scene.Scene, fault: matrix_fault.Fault) -> Judgement:
    """Bring the fault about, ask everybody, mend it, and ask again."""
    scene.restore()
    for one in scene.stands(fault.where):
        one.nova_conf(dict(fault.nova_conf))
        fault.breaks(one)
    findings = checks.look(scene, fault)
    disagreements = list(_about_findings(fault, findings))
    attack = (
        None
        if fault.attacker is None
        else attacker.begin(scene, fault.attacker)
    )
    try:
        tried = attempt.migrate(scene, fault, attack)
    finally:
        if attack is not None:
            disagreements += attack.end()
    disagreements += _about_attempt(fault, tried)
    disagreements += _about_daemon(scene, fault)
    disagreements += _about_guest(scene, arrived=not fault.fails)
    mended = '-'
    if fault.fails or fault.refused or fault.warnings:
        mended, problems = _mend(scene, fault, findings)
        disagreements += problems
    return Judgement(
        fault=fault,
        failures=_codes(findings, checks.FAILURE),
        warnings=_codes(findings, checks.WARNING),
        attempt=tried,
        mended=mended,
        disagreements=tuple(disagreements),
    )


def _codes(
    findings: tuple[checks.Finding, ...], status: str
) -> tuple[str, ...]:
    return tuple(
        sorted({each.code for each in findings if each.status == status})
    )


def _about_findings(
    fault: matrix_fault.Fault, findings: tuple[checks.Finding, ...]
) -> list[str]:
    found = []
    for status, wanted in (
        (checks.FAILURE, fault.codes),
        (checks.WARNING, fault.warnings),
    ):
        seen = set(_codes(findings, status)) - set(wanted)
        missed = set(wanted) - set(_codes(findings, status))
        if missed or not all(_follows(code, fault) for code in seen):
            shown = [
                f'{each.code} ({each.subject}: {each.seen})'
                for each in findings
                if each.status == status
            ]
            found.append(f'{status}s are {shown}, not {sorted(wanted)}')
    return found


def _follows(code: str, fault: matrix_fault.Fault) -> bool:
    """Tell what is found besides, because of something else."""
    return (
        # Of the certificate, the name would be known.
        code == 'peer-name.undecided'
        # Nothing is known where qemu.conf is not.
        or code.endswith('.not-looked-at')
        # As a source the host should mind, too.
        or code in fault.codes
        # What a newer QEMU would say of it.
        or code.startswith('upgrade.')
    )


def _about_attempt(
    fault: matrix_fault.Fault, tried: attempt.Attempt
) -> list[str]:
    if tried.arrived == fault.fails:
        return [
            'the guest arrived'
            if tried.arrived
            else f'it did not arrive: {tried.said}'
        ]
    if tried.arrived and fault.attacker is None:
        return []
    found = []
    if fault.says not in tried.said:
        found.append(f'nobody says {fault.says!r}: {tried.said}')
    explained = '' if tried.explanation is None else tried.explanation.id
    if explained != fault.explained:
        found.append(
            f'explained as {explained!r}, not {fault.explained!r}: '
            f'{tried.said}'
        )
    return found


def _about_daemon(
    scene: matrix_scene.Scene, fault: matrix_fault.Fault
) -> list[str]:
    """Explain what libvirt itself says, where that is all there is."""
    if not fault.daemon_says:
        return []
    (one,) = scene.stands(fault.where)
    for line in one.host.libvirtd_log().splitlines():
        if fault.daemon_says in line:
            ids = [found.id for found in matcher.explain(line)]
            if ids != [fault.daemon_explained]:
                return [f'{line!r} is explained as {ids}']
            return []
    return [f'libvirt of {one.host.name} does not say {fault.daemon_says!r}']


def _about_guest(scene: matrix_scene.Scene, *, arrived: bool) -> list[str]:
    """The guest has to run on one host, with its memory whole.

    :raises GuestError: it says nothing, or found pages that it did not write.
    """
    states = scene.states()
    wanted = ('running', lab_guest.ABSENT)
    if arrived:
        wanted = wanted[1], wanted[0]
    if states != wanted:
        return [f'the guest is {states} on source and destination']
    if arrived:
        scene.guest.heartbeat(scene.destination.host)
    return []


def _mend(
    scene: matrix_scene.Scene,
    fault: matrix_fault.Fault,
    findings: tuple[checks.Finding, ...],
) -> tuple[str, list[str]]:
    """Do as the remedies say; the guest must then get to the other host."""
    if scene.states()[0] != 'running':
        scene.put_back()
    anew = scene.start_anew_if_standing()
    problems = []
    if fault.attacker is not None:
        # Nobody was told anything: what is bad goes away by itself.
        for one in scene.stands(fault.where):
            one.restore()
    else:
        try:
            remedy.apply(scene, fault, findings)
        except errors.LabError as err:
            return 'no', [str(err)]
        left = [
            (each.code, each.subject, each.seen)
            for each in checks.look(scene, fault)
            if each.status == checks.FAILURE or each.code in fault.warnings
        ]
        if left:
            problems.append(f'after the remedy there is still {left}')
    # It lives on after the failure.
    scene.guest.verify_alive(scene.source.host, beats=1)
    again = attempt.migrate(scene, fault if fault.name_to_verify else None)
    if not again.arrived:
        problems.append(f'after the remedy it fails: {again.said}')
    problems += _about_guest(scene, arrived=again.arrived)
    if problems:
        return 'no', problems
    return 'yes, started anew' if anew else 'yes', []
