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

"""A CA at work: signs, revokes, and makes revocation lists.

Everything that changes is in the journal before anybody is told of it. So a
crash may lose a certificate that nobody has, and never leaves one that the
journal does not know.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import dataclasses
import datetime
import functools
import os

from cryptography import x509

from nova_native_tls._i18n import _
from nova_native_tls.ca import allowed_names
from nova_native_tls.ca import files
from nova_native_tls.ca import reading
from nova_native_tls.ca import record
from nova_native_tls.ca import request
from nova_native_tls import exception
from nova_native_tls.pki import key_type
from nova_native_tls.pki import profile
from nova_native_tls.store import directory_lock
from nova_native_tls.store import durable


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """Which key may lose a name to the key of a request.

    :ivar any_key: the operator says so.
    :ivar key_sha256: the one that the host has now, and renews.
    """

    any_key: bool = False
    key_sha256: str = ''

    def permits(self, key_sha256: str) -> bool:
        """Tell whether this key's name may be given to another."""
        return self.any_key or self.key_sha256 == key_sha256


NO_REPLACEMENT = Replacement()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms requests are signed.

    :ivar validity: from now on; cut off where the CA itself expires.
    """

    allowed: allowed_names.AllowedNames
    replacement: Replacement = NO_REPLACEMENT
    validity: datetime.timedelta = profile.HOST_VALIDITY


class Authority(reading.Reading):
    """A CA that somebody holds the lock of."""

    def __init__(self, directory: str, ask: files.AskPassphrase) -> None:
        super().__init__(directory)
        self.ask = ask
        self._loaded: dict[
            int, tuple[x509.Certificate, key_type.PrivateKey]
        ] = {}

    def loaded(
        self, generation: int
    ) -> tuple[x509.Certificate, key_type.PrivateKey]:
        """Give the certificate and the key of a generation."""
        if generation not in self._loaded:
            certificate = self.certificate(generation)
            self._loaded[generation] = (
                certificate,
                self.files.private_key(certificate, generation, self.ask),
            )
        return self._loaded[generation]

    def note(self, one: record.Record) -> None:
        """Let something happen."""
        self.files.append(one)
        self.ledger.add(one)

    def remove_old_keys(self) -> None:
        """Destroy the keys of generations that are given up."""
        for generation in range(1, self.ledger.oldest):
            durable.remove(self.files.path(files.key_name(generation)))

    def sign(
        self, csr: bytes, *, terms: Terms, now: datetime.datetime | None = None
    ) -> bytes:
        """Sign a request in PEM, and give the certificate in PEM.

        :raises RequestRefused: nothing was signed, and why.
        """
        (answer,) = self.sign_all([csr], terms=terms, now=now)
        if isinstance(answer, exception.RequestRefused):
            raise answer
        return answer

    def sign_all(
        self,
        csrs: Iterable[bytes],
        *,
        terms: Terms,
        now: datetime.datetime | None = None,
    ) -> list[bytes | exception.RequestRefused]:
        """Sign many requests, for which the disk is waited for only once.

        :returns: for each request its certificate, or why there is none.
        :raises WriteFailed: none was signed.
        """
        now = datetime.datetime.now(datetime.UTC) if now is None else now
        answers: list[bytes | exception.RequestRefused] = []
        signed = []
        for csr in csrs:
            try:
                certificate, one = self._signed(csr, terms, now)
            except exception.RequestRefused as err:
                answers.append(err)
                continue
            # Those that follow are not to be given the same name.
            self.ledger.add(one)
            signed.append(one)
            answers.append(files.to_pem(certificate))
        try:
            self.files.append(*signed)
        except exception.NativeTLSError:
            self.ledger = self.files.ledger()
            raise
        return answers

    def _signed(
        self, csr: bytes, terms: Terms, now: datetime.datetime
    ) -> tuple[x509.Certificate, record.Signed]:
        asked = request.read(csr)
        terms.allowed.check(asked.names)
        self._check_owner(asked, terms.replacement, now)
        number = self.ledger.signing
        issuer, issuer_key = self.loaded(number)
        if issuer.not_valid_after_utc <= now:
            self.files.unusable(
                _('it expired on %s; make another one')
                % issuer.not_valid_after_utc
            )
        certificate = profile.host(
            asked.public_key,
            asked.names,
            issuer=issuer,
            issuer_key=issuer_key,
            serial=self._new_serial(),
            period=profile.Period.begin(now, terms.validity).within(issuer),
        )
        return certificate, record.Signed(
            at=now,
            serial=certificate.serial_number,
            generation=number,
            names=asked.names,
            key_sha256=asked.key_sha256,
            sha256=files.fingerprint(certificate),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )

    def _new_serial(self) -> int:
        while True:
            serial = x509.random_serial_number()
            if not self.ledger.is_used(serial):
                return serial

    def _check_owner(
        self,
        asked: request.Request,
        replacement: Replacement,
        now: datetime.datetime,
    ) -> None:
        """Give a name to one key at a time.

        The last certificate says whose a name is. A host that renews may
        show an earlier one: the last may have been lost on its way.
        """
        for name in asked.names:
            holders = self.ledger.valid_for(name, now)
            if not holders or holders[-1].key_sha256 == asked.key_sha256:
                continue
            if not any(replacement.permits(one.key_sha256) for one in holders):
                raise request.refusal(
                    _(
                        'the name %(name)s belongs to another key, whose '
                        'certificate %(serial)s is valid until %(date)s: if '
                        'the host has a new key, add --replace, and if '
                        'somebody else has the old one, revoke it as well'
                    )
                    % {
                        'name': name,
                        'serial': record.serial_text(holders[-1].serial),
                        'date': holders[-1].not_after.date(),
                    }
                )

    def revoke(
        self,
        *,
        serial: int | None = None,
        name: str | None = None,
        now: datetime.datetime | None = None,
    ) -> tuple[record.Signed, ...]:
        """Revoke certificates and make new revocation lists.

        :param serial: of one certificate.
        :param name: of a host, all of whose valid certificates are revoked.
        :returns: what was revoked; the lists are ``revocation_lists``.
        :raises NothingToRevoke: there is no such certificate.
        """
        now = datetime.datetime.now(datetime.UTC) if now is None else now
        if serial is not None:
            found = [
                one for one in self.ledger.valid(now) if one.serial == serial
            ]
            looked_for = ('the serial number', record.serial_text(serial))
        else:
            name = request.canonical(name or '')
            found = self.ledger.valid_for(name, now)
            looked_for = ('the name', name)
        if not found:
            kind, value = looked_for
            raise exception.NothingToRevoke(kind=kind, value=value)
        # A passphrase that is wrong is to be found out before.
        for generation in self.ledger.trusted:
            self.loaded(generation)
        for one in found:
            self.note(record.Revoked(at=now, serial=one.serial))
        self.make_lists(now=now)
        return tuple(found)

    def make_lists(
        self,
        *,
        validity: datetime.timedelta = profile.CRL_VALIDITY,
        now: datetime.datetime | None = None,
    ) -> bytes:
        """Make the revocation list of every CA that hosts trust, in PEM."""
        now = datetime.datetime.now(datetime.UTC) if now is None else now
        number = self.ledger.crl_number + 1
        lists = b''.join(
            files.list_to_pem(
                profile.revocation_list(
                    *self.loaded(generation),
                    (
                        profile.Revoked(serial=one.serial, at=one.at)
                        for one in self.ledger.revoked(generation)
                    ),
                    number=number,
                    period=profile.Period.begin(now, validity),
                )
            )
            for generation in self.ledger.trusted
        )
        # The number is used, whatever becomes of the list.
        self.note(record.Listed(at=now, number=number))
        durable.write(self.files.path(files.CRL), lists)
        return lists


@contextlib.contextmanager
def working(directory: str, ask: files.AskPassphrase) -> Iterator[Authority]:
    """Be the only one who works with a CA.

    :param ask: for the passphrase, if the keys have one.
    :raises CAUnusable: there is none, or it is damaged.
    """
    own = files.Files(os.path.abspath(directory))
    # Says what is missing before a lock is put there, and keeps nobody
    # waiting for somebody who types.
    own.read(files.JOURNAL)
    if own.is_encrypted():
        passphrase = ask()
        ask = functools.partial(bytes, passphrase)
    with directory_lock.hold(own.directory):
        own.mend_journal()
        durable.remove_unfinished(own.directory)
        authority = Authority(directory, ask)
        authority.remove_old_keys()
        yield authority
