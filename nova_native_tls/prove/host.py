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

"""Proves that a host's credentials work, by asking its own QEMU.

No guest, no libvirt, no port, no file: programs of QEMU are started as
QEMU's user, and are gone when the answer is there. They are not started as
libvirt starts a guest, so what AppArmor, SELinux or another mount namespace
would keep from a guest is not seen: that is for the checks of the host, and
for a canary.
"""

from __future__ import annotations

import contextlib

from nova_native_tls._i18n import _
from nova_native_tls.checks import result
from nova_native_tls.migration import versions
from nova_native_tls.prove import answer
from nova_native_tls.prove import handshake as prove_handshake
from nova_native_tls.prove import loading as prove_loading
from nova_native_tls.prove import process
from nova_native_tls.prove import programs as prove_programs
from nova_native_tls.prove import subject as prove_subject

#: Much longer than it takes: without dh-params.pem, QEMU before 10.2 looks
#: for a large prime whenever it loads a server's credentials.
TIMEOUT_S = 20.0

#: From then on a socket can be given with a name to verify (block/nbd.c).
HANDSHAKE_SINCE = versions.Version(7, 0)


def prove(
    subject: prove_subject.Subject,
    *,
    timeout_s: float = TIMEOUT_S,
    which: prove_programs.Which | None = None,
) -> tuple[result.Finding, ...]:
    """Let QEMU load both credentials, and shake hands with itself.

    What could not be asked is a finding, too, and never a success.

    :param timeout_s: of all of it.
    :param which: how to look for a program; on PATH by default.
    """
    findings = _beforehand(subject)
    try:
        programs = (
            prove_programs.find(subject.emulator)
            if which is None
            else prove_programs.find(subject.emulator, which)
        )
        findings += _asked(subject, programs, process.Deadline(timeout_s))
    except prove_programs.ProgramMissing as err:
        findings.append(
            answer.failure(
                subject,
                'prove.program-missing',
                str(err),
                _('install QEMU with its tools (qemu-utils, qemu-img)'),
            )
        )
    except TimeoutError:
        findings.append(
            answer.failure(
                subject,
                'prove.no-answer',
                _('QEMU did not answer within %g seconds') % timeout_s,
                _('see that every credential file is a regular file'),
            )
        )
    except (OSError, ValueError) as err:
        findings.append(
            answer.failure(
                subject,
                'prove.not-started',
                _('QEMU could not be asked: %s') % err,
                _('mend that, and prove it again'),
            )
        )
    return tuple(findings)


def _beforehand(subject: prove_subject.Subject) -> list[result.Finding]:
    if subject.as_qemu:
        return []
    return [
        answer.warning(
            subject,
            'prove.not-as-qemu',
            _('QEMU was not asked as the user that it runs as'),
            _('run it as root, on the host itself'),
        )
    ]


def _asked(
    subject: prove_subject.Subject,
    programs: prove_programs.Programs,
    deadline: process.Deadline,
) -> list[result.Finding]:
    """Start all programs at once: most of the time is theirs."""
    with contextlib.ExitStack() as stack:
        emulator = stack.enter_context(prove_loading.start(subject, programs))
        tool = stack.enter_context(
            process.Child(
                (programs.image, '--version'), account=subject.switched
            )
        )
        ends = None
        if subject.name is not None:
            ends = stack.enter_context(
                prove_handshake.start(subject, programs, name=subject.name)
            )
        loading = prove_loading.ask(emulator, subject, deadline)
        findings = answer.of_loading(subject, loading)
        tools = prove_programs.build_of(tool.finish(deadline).output)
        findings += _same_build(subject, loading.build, tools)
        if not loading.succeeded:
            # The tools would only say it again.
            return findings
        if ends is None:
            findings.append(_no_name(subject))
        elif tools is not None and not _can_shake_hands(tools):
            findings.append(_too_old(subject, tools))
        else:
            findings.append(
                answer.of_handshake(subject, ends.finish(deadline))
            )
    return findings


def _can_shake_hands(build: prove_programs.Build) -> bool:
    return versions.Version.parse(build.release) >= HANDSHAKE_SINCE


def _same_build(
    subject: prove_subject.Subject,
    emulator: prove_programs.Build | None,
    tools: prove_programs.Build | None,
) -> list[result.Finding]:
    if emulator is None or emulator == tools:
        return []
    return [
        answer.warning(
            subject,
            'prove.versions-differ',
            _(
                'the emulator is QEMU %(emulator)s, the tools that shook '
                'hands in its place are %(tools)s'
            )
            % {'emulator': emulator, 'tools': tools or _('unknown')},
            _('install the tools of the same build'),
        )
    ]


def _no_name(subject: prove_subject.Subject) -> result.Finding:
    return answer.failure(
        subject,
        'name.undecided',
        _('it is not decided under which name other hosts verify it'),
        _('set [native_tls] tls_destination to a name in its certificate'),
    )


def _too_old(
    subject: prove_subject.Subject, tools: prove_programs.Build
) -> result.Finding:
    return answer.warning(
        subject,
        'prove.handshake-impossible',
        _(
            'QEMU %s cannot shake hands over a socket without a port: its '
            'certificates are loaded, not more'
        )
        % tools,
        _('prove it with a canary, or upgrade QEMU to 7.0'),
    )
