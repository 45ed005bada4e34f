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

"""One thing for which QEMU would refuse, and what it would say."""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
import datetime

from nova_native_tls._i18n import _
from nova_native_tls.pki import credential_set
from nova_native_tls.pki.gnutls import library

#: Why a chain is not trusted, beside what QEMU itself can tell apart.
_DETAILS = (
    (library.CERT_EXPIRED, _('a certificate of the chain has expired')),
    (
        library.CERT_NOT_ACTIVATED,
        _('a certificate of the chain is not valid yet'),
    ),
    (
        library.CERT_SIGNATURE_FAILURE,
        _('the signature is not by the CA of that name'),
    ),
    (
        library.CERT_SIGNER_NOT_CA,
        _('the issuer is not a CA, or may not sign certificates'),
    ),
    (
        library.CERT_SIGNER_CONSTRAINTS_FAILURE,
        _('a constraint of a CA (name, path length) forbids it'),
    ),
    (
        library.CERT_UNKNOWN_CRIT_EXTENSIONS,
        _('a critical extension is not known to GnuTLS'),
    ),
    (library.CERT_INSECURE_ALGORITHM, _('an algorithm is too weak')),
    (library.CERT_REVOKED, _('it is on the revocation list')),
    (library.CERT_SIGNER_NOT_FOUND, _('no trusted CA is its issuer')),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A refusal by QEMU.

    :ivar code: as the catalogue of ``nova_native_tls.explain`` has it.
    :ivar end: whose file has to be mended.
    :ivar file: that file.
    :ivar sentence: what QEMU says, or how it begins; empty if it would wait
        for ever.
    :ivar seen: what is there, in our words.
    :ivar said_by: which end says so; by default the one whose file it is.
    :ivar status: gnutls_certificate_status_t, where it is about trust.
    """

    code: str
    end: credential_set.Endpoint
    file: str
    sentence: str
    seen: str
    said_by: credential_set.Endpoint | None = None
    status: int = 0


def reason(status: int) -> tuple[str, str]:
    """What QEMU calls a status of GnuTLS: its words, and our code's end.

    The last that matches wins, as in crypto/tlssession.c.
    """
    if status & library.CERT_INSECURE_ALGORITHM:
        return 'The certificate uses an insecure algorithm', 'weak'
    if status & library.CERT_REVOKED:
        return 'The certificate has been revoked', 'revoked'
    if status & library.CERT_SIGNER_NOT_FOUND:
        return "The certificate hasn't got a known issuer", 'unknown-issuer'
    if status & library.CERT_INVALID:
        return 'The certificate is not trusted', 'not-trusted'
    return 'Invalid certificate', 'not-trusted'


def details(status: int) -> str:
    """Say all that GnuTLS knows of a status."""
    return '; '.join(words for bit, words in _DETAILS if status & bit)


def when(timestamp: int) -> str:
    """Write a time that was in a certificate."""
    epoch = datetime.datetime.fromtimestamp(0, datetime.UTC)
    try:
        then = epoch + datetime.timedelta(seconds=timestamp)
    except OverflowError:
        return _('a time that no clock shows (%d)') % timestamp
    return f'{then:%Y-%m-%d %H:%M:%S} UTC'


_TIME = library.CERT_EXPIRED | library.CERT_NOT_ACTIVATED
_TIME_CODES = ('.expired', '.not-yet-valid')


def without_consequences(faults: Iterable[Fault]) -> list[Fault]:
    """Leave out what follows from another fault, and what is said twice.

    Of any faults at least one remains, and the first of each end.
    """
    every = list(dict.fromkeys(faults))
    kept: list[Fault] = []
    for one in every:
        if one.said_by is not None and any(
            (other.code, other.end, other.said_by) == (one.code, one.end, None)
            for other in every
        ):
            continue
        if _is_about_time(one) and any(
            other.code.endswith(_TIME_CODES)
            # What a peer objects to may also be this end's own CA.
            and (other.end is one.end or one.said_by is not None)
            for other in every
        ):
            continue
        if one.status and any(
            other.status == one.status and other.end is one.end
            for other in kept
        ):
            # The host's own QEMU says the same of it as the other one's.
            continue
        kept.append(one)
    return kept


def is_only_time(status: int) -> bool:
    """Tell whether nothing else is wrong with a chain."""
    only = library.CERT_INVALID | _TIME
    return bool(status & _TIME and not status & ~only)


def _is_about_time(one: Fault) -> bool:
    return one.code == 'peer.chain-expired' or is_only_time(one.status)
