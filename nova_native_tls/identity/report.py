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

"""What is installed on this host: public facts, for people and programs."""

from __future__ import annotations

import dataclasses
import datetime
import os

from cryptography import x509

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.identity import pending
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import inspect
from nova_native_tls.pki import model
from nova_native_tls.store import set_directory

_SERVER_CERT = credential_set.Endpoint.SERVER.cert()
_CLIENT_CERT = credential_set.Endpoint.CLIENT.cert()
#: Of the lifetime; then it is time for a new certificate.
DUE_FRACTION = 2 / 3


class NotReadable(exception.NativeTLSError):
    msg_fmt = _('What is installed cannot be read: %(problem)s')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """One list of revoked certificates."""

    issuer: str
    this_update: datetime.datetime
    next_update: datetime.datetime | None
    revoked: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is installed, at one time.

    :ivar server: what is shown when a guest arrives; None: nothing.
    :ivar client: what is shown when a guest leaves; None: nothing.
    :ivar installed_set: None where the files are plain ones.
    :ivar pending: the request that waits for its certificate.
    :ivar pending_problem: why it cannot be read, if so.
    """

    time: datetime.datetime
    directory: str
    server: model.CertificateInfo | None
    client: model.CertificateInfo | None
    trusted: tuple[model.CertificateInfo, ...]
    revocation_lists: tuple[RevocationList, ...]
    installed_set: str | None
    pending: pending.Pending | None = dataclasses.field(repr=False)
    pending_problem: str = ''

    def seconds_left(self) -> int | None:
        """Until the first of both certificates expires; None without any."""
        ends = [
            each.not_valid_after_utc
            for each in (self.server, self.client)
            if each is not None
        ]
        if not ends:
            return None
        return int((min(ends) - self.time).total_seconds())

    def due_at(self, fraction: float = DUE_FRACTION) -> datetime.datetime:
        """When they should be renewed: the first time of both.

        :param fraction: of the lifetime.
        """
        times = [
            each.not_valid_before_utc
            + (each.not_valid_after_utc - each.not_valid_before_utc) * fraction
            if each is not None
            # It is missing, and should be there.
            else self.time
            for each in (self.server, self.client)
        ]
        return min(times)

    def is_due(self, fraction: float = DUE_FRACTION) -> bool:
        """Tell whether they should be renewed by now."""
        return self.due_at(fraction) <= self.time


def read(directory: str, now: datetime.datetime | None = None) -> Report:
    """Look at what is installed; no private key is read but a pending one.

    :raises NotReadable: a file cannot be read, or holds no certificate.
    """
    sets = set_directory.SetDirectory(directory)
    try:
        content = {
            name: file
            for name, (file, _access) in sets.seen(
                (
                    credential_set.CA_CERT,
                    credential_set.CA_CRL,
                    _SERVER_CERT,
                    _CLIENT_CERT,
                )
            ).items()
        }
        current = sets.current()
    except (OSError, set_directory.NotAFile) as err:
        raise NotReadable(problem=err) from err
    waiting, problem = _pending(directory)
    return Report(
        time=now or datetime.datetime.now(datetime.UTC).replace(microsecond=0),
        directory=directory,
        server=_leaf(content.get(_SERVER_CERT)),
        client=_leaf(content.get(_CLIENT_CERT)),
        trusted=_trusted(content.get(credential_set.CA_CERT, b'')),
        revocation_lists=_revocation_lists(
            content.get(credential_set.CA_CRL, b'')
        ),
        installed_set=current and os.path.basename(current),
        pending=waiting,
        pending_problem=problem,
    )


def certificate(content: bytes) -> model.CertificateInfo:
    """Read a host's certificate.

    :raises CertificateUnreadable: it is none.
    """
    return inspect.first_certificate(content)


def _leaf(content: bytes | None) -> model.CertificateInfo | None:
    return None if content is None else certificate(content)


def _trusted(content: bytes) -> tuple[model.CertificateInfo, ...]:
    if not content:
        return ()
    try:
        return tuple(
            inspect.describe(each)
            for each in x509.load_pem_x509_certificates(content)
        )
    except Exception as err:
        # Damaged ones make cryptography raise more than ValueError.
        raise NotReadable(problem=f'{credential_set.CA_CERT}: {err}') from err


def _revocation_lists(content: bytes) -> tuple[RevocationList, ...]:
    try:
        return tuple(_described(each) for each in revocation_lists(content))
    except Exception as err:
        # As above.
        raise NotReadable(problem=f'{credential_set.CA_CRL}: {err}') from err


def revocation_lists(content: bytes) -> list[x509.CertificateRevocationList]:
    """Read all lists of a file, where cryptography reads only the first.

    :raises ValueError: one is damaged.
    """
    end = b'-----END X509 CRL-----'
    return [
        x509.load_pem_x509_crl((part + end).lstrip())
        for part in content.split(end)[:-1]
    ]


def _described(one: x509.CertificateRevocationList) -> RevocationList:
    return RevocationList(
        issuer=one.issuer.rfc4514_string(),
        this_update=one.last_update_utc,
        next_update=one.next_update_utc,
        revoked=len(one),
    )


def _pending(directory: str) -> tuple[pending.Pending | None, str]:
    try:
        return pending.read(directory), ''
    except pending.PendingUnreadable as err:
        return None, str(err)
