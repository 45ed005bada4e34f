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

"""The rules that QEMU has for single certificates, beside GnuTLS's own.

crypto/tlscredsx509.c of QEMU 7.2.22, 10.0.13 and 10.2.2:
qcrypto_tls_creds_check_cert and what it calls.
"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import pathlib

from nova_native_tls._i18n import _
from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import fault
from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki import qemu_releases

_PURPOSES = {
    credential_set.Endpoint.SERVER: '1.3.6.1.5.5.7.3.1',
    credential_set.Endpoint.CLIENT: '1.3.6.1.5.5.7.3.2',
}
_ANY_PURPOSE = '2.5.29.37.0'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What decides how one certificate is looked at.

    :ivar end: which end's QEMU looks.
    :ivar path: the file's path, for sentences.
    :ivar is_ca: it is used as a CA.
    :ivar now: seconds since 1970, UTC.
    """

    end: credential_set.Endpoint
    path: str
    is_ca: bool
    now: int
    version: versions.Version

    def fault(self, kind: str, sentence: str, seen: str) -> fault.Fault:
        """Something is wrong with the certificate."""
        name = pathlib.PurePath(self.path).name
        return fault.Fault(
            code=f'{credential_set.kind_of(name)}.{kind}',
            end=self.end,
            file=name,
            sentence=sentence,
            seen=seen,
        )


def broken(
    cert: certificate.Certificate, rules: Rules
) -> Iterator[fault.Fault]:
    """Give every rule that a certificate breaks; QEMU stops at the first."""
    yield from _times(cert, rules)
    yield from _basic_constraints(cert, rules)
    yield from _key_usage(cert, rules)
    if not rules.is_ca:
        yield from _purpose(cert, rules)


def _times(
    cert: certificate.Certificate, rules: Rules
) -> Iterator[fault.Fault]:
    word = 'CA' if rules.is_ca else rules.end.value
    until, since = cert.not_after(), cert.not_before()
    subject = cert.subject()
    if until < rules.now:
        yield rules.fault(
            'expired',
            f'The {word} certificate {rules.path} has expired',
            _('"%(subject)s" was valid until %(time)s')
            % {'subject': subject, 'time': fault.when(until)},
        )
    if since > rules.now:
        yield rules.fault(
            'not-yet-valid',
            f'The {word} certificate {rules.path} is not yet active',
            _('"%(subject)s" is valid from %(time)s')
            % {'subject': subject, 'time': fault.when(since)},
        )


def _basic_constraints(
    cert: certificate.Certificate, rules: Rules
) -> Iterator[fault.Fault]:
    path = rules.path
    subject = {'subject': cert.subject()}
    try:
        is_ca = cert.is_ca()
    except library.Failed as err:
        yield rules.fault(
            'malformed',
            f'Unable to query certificate {path} basic constraints: {err}',
            _('the basicConstraints of "%(subject)s" are malformed') % subject,
        )
        return
    if is_ca and not rules.is_ca:
        yield rules.fault(
            'is-a-ca',
            f'The certificate {path} basic constraints show a CA, but we need '
            f'one for a {rules.end}',
            _('"%(subject)s" is a CA by its basicConstraints') % subject,
        )
    elif rules.is_ca and is_ca is None:
        yield rules.fault(
            'not-a-ca',
            f'The certificate {path} is missing basic constraints for a CA',
            _('"%(subject)s" has no basicConstraints') % subject,
        )
    elif rules.is_ca and not is_ca:
        yield rules.fault(
            'not-a-ca',
            f'The certificate {path} basic constraints do not show a CA',
            _('"%(subject)s" is no CA by its basicConstraints') % subject,
        )


def _key_usage(
    cert: certificate.Certificate, rules: Rules
) -> Iterator[fault.Fault]:
    path = rules.path
    subject = {'subject': cert.subject()}
    try:
        found = cert.key_usage()
    except library.Failed as err:
        yield rules.fault(
            'malformed',
            f'Unable to query certificate {path} key usage: {err}',
            _('the keyUsage of "%(subject)s" is malformed') % subject,
        )
        return
    if found is None or not found[1]:
        # QEMU lets a wrong keyUsage pass that is not critical.
        return
    wanted = [
        (library.KEY_DIGITAL_SIGNATURE, 'digital-signature'),
        (library.KEY_KEY_ENCIPHERMENT, 'key-encipherment'),
    ]
    if rules.is_ca:
        wanted = [(library.KEY_KEY_CERT_SIGN, 'certificate-signing')]
    elif not qemu_releases.KEY_ENCIPHERMENT.include(rules.version):
        wanted.pop()
    for bit, name in wanted:
        if not found[0] & bit:
            words = name.replace('-', ' ')
            yield rules.fault(
                f'no-{name}',
                f'Certificate {path} usage does not permit {words}',
                _(
                    'the critical keyUsage of "%(subject)s" does not permit '
                    '%(usage)s'
                )
                % {**subject, 'usage': words},
            )


def _purpose(
    cert: certificate.Certificate, rules: Rules
) -> Iterator[fault.Fault]:
    path = rules.path
    subject = {'subject': cert.subject()}
    try:
        purposes = cert.purposes()
    except library.Failed as err:
        yield rules.fault(
            'malformed',
            f'Unable to query certificate {path} key purpose: {err}',
            _('the extendedKeyUsage of "%(subject)s" is malformed') % subject,
        )
        return
    allowed = {_PURPOSES[rules.end], _ANY_PURPOSE}
    names = {name for name, _critical in purposes}
    critical = any(critical for _name, critical in purposes)
    if critical and allowed.isdisjoint(names):
        yield rules.fault(
            'wrong-purpose',
            f'Certificate {path} purpose does not allow use with a TLS '
            f'{rules.end}',
            _(
                'the critical extendedKeyUsage of "%(subject)s" has only '
                '%(ids)s'
            )
            % {**subject, 'ids': ', '.join(sorted(names))},
        )
