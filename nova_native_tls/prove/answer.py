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

"""What a proof found, as findings."""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.checks import result
from nova_native_tls.explain import entry
from nova_native_tls.explain import matcher
from nova_native_tls.prove import handshake as prove_handshake
from nova_native_tls.prove import loading as prove_loading
from nova_native_tls.prove import subject as prove_subject

#: Which host of a migration loads which credentials.
_ROLES = {'server': entry.Host.DESTINATION, 'client': entry.Host.SOURCE}


def of_loading(
    subject: prove_subject.Subject, loading: prove_loading.Loading
) -> list[result.Finding]:
    """One finding for each end."""
    return [
        _of_endpoint(subject, endpoint, loading)
        for endpoint in prove_loading.ENDPOINTS
    ]


def _of_endpoint(
    subject: prove_subject.Subject,
    endpoint: str,
    loading: prove_loading.Loading,
) -> result.Finding:
    sentence = loading.answers.get(endpoint)
    if sentence is None:
        return failure(
            subject,
            'prove.no-answer',
            _('QEMU said nothing about its %(endpoint)s credentials: %(said)s')
            % {
                'endpoint': endpoint,
                'said': loading.output or _('it just ended'),
            },
            _("start it by hand as QEMU's user, and see what it says"),
        )
    if sentence:
        found = matcher.explain(
            sentence, seen_on=_ROLES[endpoint], names=_names(subject)
        )
        return _refused(subject, found[0] if found else None, sentence)
    return success(
        subject,
        f'{endpoint}-credentials.loaded',
        _('QEMU %(build)s loads its %(endpoint)s credentials%(account)s')
        % {
            'build': loading.build,
            'endpoint': endpoint,
            'account': _by(subject),
        },
    )


def of_handshake(
    subject: prove_subject.Subject, handshake: prove_handshake.Handshake
) -> result.Finding:
    """One finding about server and client of this host."""
    if handshake.succeeded:
        return success(
            subject,
            'own-handshake.accepted',
            _('its server and client accept each other, as %s') % subject.name,
        )
    best = matcher.best_of(
        handshake.client, handshake.server, names=_names(subject)
    )
    if best is not None and best.rank is not entry.Rank.REASON:
        # Nobody else is there who would know more.
        best = None
    said = '; '.join(filter(None, (handshake.server, handshake.client)))
    return _refused(subject, best, said or _('nothing was said'))


def _refused(
    subject: prove_subject.Subject,
    explanation: matcher.Explanation | None,
    said: str,
) -> result.Finding:
    if explanation is None:
        return failure(
            subject,
            'prove.refused',
            _('QEMU refused: %s') % ' '.join(said.split()),
            _('see what it says, and issue the certificates anew'),
        )
    return failure(
        subject, explanation.id, explanation.cause, explanation.remedy
    )


def _names(subject: prove_subject.Subject) -> matcher.Names:
    return matcher.Names(source=subject.host, destination=subject.host)


def _by(subject: prove_subject.Subject) -> str:
    if subject.as_qemu and subject.account is not None:
        return _(' as the user %s') % subject.account.name
    return ''


def success(
    subject: prove_subject.Subject, code: str, detail: str
) -> result.Finding:
    """Make a finding with which all is well."""
    return result.Finding(
        code=code,
        status=result.Status.SUCCESS,
        subject=_place(subject),
        detail=detail,
    )


def failure(
    subject: prove_subject.Subject, code: str, detail: str, remedy: str
) -> result.Finding:
    """Make a finding that forbids a migration."""
    return result.Finding(
        code=code,
        status=result.Status.FAILURE,
        subject=_place(subject),
        detail=detail,
        remedy=remedy,
    )


def warning(
    subject: prove_subject.Subject, code: str, detail: str, remedy: str
) -> result.Finding:
    """Make a finding about what could not be proven."""
    return result.Finding(
        code=code,
        status=result.Status.WARNING,
        subject=_place(subject),
        detail=detail,
        remedy=remedy,
    )


def _place(subject: prove_subject.Subject) -> str:
    return f'{subject.host} {subject.directory}'
