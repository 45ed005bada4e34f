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

"""What one end objects to in the certificate that the other one showed.

crypto/tlssession.c of QEMU 7.2.22, 10.0.13 and 10.2.2:
qcrypto_tls_session_check_certificate.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import dataclasses
import ipaddress

from nova_native_tls._i18n import _
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import fault
from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki.gnutls import session
from nova_native_tls.pki import loaded

_CLIENT = credential_set.Endpoint.CLIENT
_SERVER = credential_set.Endpoint.SERVER


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted of a peer's certificate.

    :ivar name: what a source looks for; None if it was told nothing.
    :ivar now: seconds since 1970, UTC.
    """

    name: str | None
    now: int


def check(
    one: session.Session,
    end: credential_set.Endpoint,
    peer: loaded.Loaded,
    wanted: Wanted,
) -> Iterator[fault.Fault]:
    """Tell what one end objects to; nothing if it accepts the other.

    :param one: a session in which the peer could show its certificate.
    :param end: which end that is.
    :param peer: what the other one had to show.
    """
    try:
        status = one.verify()
        chain = one.peer_chain()
    except library.Failed as err:
        yield _nothing_verified(end, peer, err)
        return
    late = [*_check_times(end, chain, wanted.now)]
    if late and fault.is_only_time(status):
        # One thing is wrong, and QEMU says only that something is.
        words, _kind = fault.reason(status)
        late[0] = dataclasses.replace(late[0], sentence=words)
    elif status:
        yield _untrusted(end, chain[0], status)
    yield from late
    try:
        chain[0].distinguished_name()
    except library.Failed as err:
        # QEMU asks for it at both ends, though only to log it.
        yield _refusal(
            end,
            f'{end.peer}-cert.no-subject',
            f'Cannot get client distinguished name: {err}',
            _('its subject is empty or malformed'),
        )
    if end is _CLIENT:
        yield from check_name(chain[0], wanted.name)


def _refusal(
    end: credential_set.Endpoint,
    code: str,
    sentence: str,
    seen: str,
    status: int = 0,
) -> fault.Fault:
    return fault.Fault(
        code=code,
        end=end.peer,
        file=end.peer.cert(),
        sentence=sentence,
        seen=seen,
        said_by=end,
        status=status,
    )


def _nothing_verified(
    end: credential_set.Endpoint, peer: loaded.Loaded, error: library.Failed
) -> fault.Fault:
    sentence = f'Verify failed: {error}'
    if error.code != library.E_NO_CERTIFICATE_FOUND:
        seen = _('GnuTLS says: %s') % error.problem
        return _refusal(end, 'peer.unusable', sentence, seen)
    if peer.credentials is None or not peer.credentials.shown():
        seen = _('the source has none, or has no key for it')
    else:
        # GnuTLS sends only what suits the issuers that the server names.
        seen = _(
            'the source does not send it: no CA that the destination trusts '
            'issued it, or it may not sign'
        )
    return _refusal(end, f'{end.peer}-cert.not-sent', sentence, seen)


def _untrusted(
    end: credential_set.Endpoint, cert: certificate.Certificate, status: int
) -> fault.Fault:
    words, kind = fault.reason(status)
    revoked = kind == 'revoked'
    return _refusal(
        end,
        f'{end.peer}-cert.revoked' if revoked else f'peer.{kind}',
        words,
        _('"%(subject)s", issued by "%(issuer)s": %(details)s')
        % {
            'subject': cert.subject(),
            'issuer': cert.issuer(),
            'details': fault.details(status) or words,
        },
        status,
    )


def _check_times(
    end: credential_set.Endpoint,
    chain: Sequence[certificate.Certificate],
    now: int,
) -> Iterator[fault.Fault]:
    """Look at what was sent in vain, too; GnuTLS did at what it needed."""
    for number, cert in enumerate(chain):
        expired = cert.not_after() < now
        if not expired and cert.not_before() <= now:
            continue
        kind = 'expired' if expired else 'not-yet-valid'
        yield _refusal(
            end,
            'peer.chain-expired' if number else f'{end.peer}-cert.{kind}',
            'The certificate has expired'
            if expired
            else 'The certificate is not yet activated',
            _('"%(subject)s" is valid from %(since)s until %(until)s')
            % {
                'subject': cert.subject(),
                'since': fault.when(cert.not_before()),
                'until': fault.when(cert.not_after()),
            },
        )


def check_name(
    cert: certificate.Certificate, name: str | None
) -> Iterator[fault.Fault]:
    """Hold the destination's certificate against the name looked for."""
    if name is None:
        yield fault.Fault(
            code='name.unknown',
            end=_CLIENT,
            file='',
            sentence='No hostname for certificate validation',
            seen=_('the source was given no name to look for'),
        )
    elif not cert.covers(name):
        yield fault.Fault(
            code='name.address-mismatch'
            if _is_address(name)
            else 'name.mismatch',
            end=_SERVER,
            file=_SERVER.cert(),
            sentence=f'Certificate does not match the hostname {name}',
            seen=_('"%(subject)s" is not for %(name)s')
            % {'subject': cert.subject(), 'name': name},
            said_by=_CLIENT,
        )


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
