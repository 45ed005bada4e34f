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

"""Would migrations work with these files, before they are installed?"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import dataclasses
import datetime

from cryptography import x509

from nova_native_tls._i18n import _
from nova_native_tls.identity import candidate
from nova_native_tls.identity import place as identity_place
from nova_native_tls.identity import report
from nova_native_tls.pki import beyond_qemu
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import inspect
from nova_native_tls.pki import qemu_loading_to_10_1
from nova_native_tls.pki import server_name
from nova_native_tls.pki import verdict
from nova_native_tls import severity

_SERVER_CERT = credential_set.Endpoint.SERVER.cert()
_CAS_MAX = qemu_loading_to_10_1.BUNDLE_MAX


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """It may be installed.

    :ivar warnings: what an operator should know, as sentences.
    """

    warnings: tuple[str, ...] = ()


def check(
    found: candidate.Candidate,
    where: identity_place.Place,
    *,
    asked_names: Sequence[str] | None = (),
) -> Checked:
    """Judge the files as this host's future ones.

    :param asked_names: the names that the certificate has to have; None: the
        certificate is the one that is installed, whatever its names are.
        Without any, the host's own name is looked for.
    :raises InstallRefused: migrations would not work, or the files hold what
        they must not.
    """
    missing = [name for name in _needed() if name not in found.files]
    if missing:
        raise _refused([_('there would be no %s') % ', '.join(missing)])
    _check_authorities(found.files[credential_set.CA_CERT])
    if credential_set.CA_CRL in found.files:
        _check_revocation_list(found.files[credential_set.CA_CRL])
    name = _check_names(found.files[_SERVER_CERT], where, asked_names)
    return Checked(warnings=_judge(found, where, name))


def _needed() -> Iterator[str]:
    yield credential_set.CA_CERT
    for end in credential_set.Endpoint:
        yield end.cert()
        yield end.key()


def _check_authorities(content: bytes) -> None:
    """Refuse a bundle that some QEMU, or some host, trips over."""
    authorities = candidate.certificates(content, _('the CA bundle'))
    if len(authorities) > _CAS_MAX:
        raise _refused(
            [
                _(
                    'there are %(count)d CAs in the bundle, at most %(most)d '
                    'are looked at'
                )
                % {'count': len(authorities), 'most': _CAS_MAX}
            ]
        )
    now = datetime.datetime.now(datetime.UTC)
    reasons = []
    for each in authorities:
        subject = each.subject.rfc4514_string()
        if each.not_valid_after_utc <= now:
            reasons.append(
                _('the CA "%(subject)s" expired on %(time)s')
                % {'subject': subject, 'time': each.not_valid_after_utc}
            )
        if not _is_ca(each):
            reasons.append(_('"%s" of the CA bundle is no CA') % subject)
    if reasons:
        raise _refused(reasons)


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(
            x509.BasicConstraints
        )
    except (x509.ExtensionNotFound, ValueError):
        # Version 1 has no extensions, and is refused with those.
        return False
    return constraints.value.ca


def _check_revocation_list(content: bytes) -> None:
    try:
        lists = report.revocation_lists(content)
    except Exception as err:
        # Damaged ones make cryptography raise more than ValueError.
        raise candidate.InstallRefused(
            reasons=_('a revocation list of the CRL file is damaged (%s)')
            % err
        ) from err
    if not lists:
        raise _refused([_('there is no revocation list in the CRL file')])


def _check_names(
    content: bytes, where: identity_place.Place, asked: Sequence[str] | None
) -> str | None:
    """Give the name that sources will look for."""
    leaf = inspect.describe(
        candidate.certificates(content, _('the certificate'))[0]
    )
    has = {n.lower() for n in (*leaf.host_names, *leaf.ip_addresses)}
    chosen = server_name.choose(leaf, where.host_name)
    if asked is None:
        return chosen.name or next(iter(leaf.host_names), None)
    missing = [each for each in asked if each not in has]
    if missing:
        raise _refused(
            [
                _(
                    'the certificate is for %(has)s, but not for %(missing)s, '
                    'which was asked for'
                )
                % {
                    'has': ', '.join(sorted(has)) or _('no name'),
                    'missing': ', '.join(missing),
                }
            ]
        )
    if chosen.name is None and not asked:
        raise _refused(
            [
                _(
                    'the certificate is for other names: %(problem)s (it has: '
                    '%(found)s)'
                )
                % {
                    'problem': chosen.problem,
                    'found': ', '.join(sorted(has)) or _('none'),
                }
            ]
        )
    return chosen.name or asked[0]


def _judge(
    found: candidate.Candidate, where: identity_place.Place, name: str | None
) -> tuple[str, ...]:
    """Let this host migrate to itself, as pre-checks do."""
    files = found.credential_set(where.directory, where.passphrase)
    failures: dict[str, None] = {}
    warnings: dict[str, None] = {}
    for version in where.qemu:
        verdict_of_both = verdict.of_pair(
            files,
            files,
            name=name,
            qemu_version=version,
            priority=where.priority,
            verify=where.verify,
            demands=beyond_qemu.Demands(control_ca=where.control_ca),
        )
        for each in verdict_of_both.findings:
            if each.status is severity.Status.FAILURE:
                failures[_sentence(each)] = None
            elif each.status is severity.Status.WARNING:
                warnings[_sentence(each)] = None
    if failures:
        raise _refused(list(failures))
    return tuple(warnings)


def _sentence(found: verdict.Finding) -> str:
    text = _('%(file)s: %(seen)s') % {'file': found.file, 'seen': found.seen}
    if found.wanted:
        text = _('%(text)s, wanted: %(wanted)s') % {
            'text': text,
            'wanted': found.wanted,
        }
    return text


def _refused(reasons: list[str]) -> candidate.InstallRefused:
    return candidate.InstallRefused(reasons='; '.join(reasons))
