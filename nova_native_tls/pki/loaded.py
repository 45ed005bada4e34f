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

"""What comes of loading one host's credentials, and how it is noted."""

from __future__ import annotations

import dataclasses

from nova_native_tls._i18n import _
from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import fault
from nova_native_tls.pki import finding
from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import credentials
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki import pem
from nova_native_tls.pki import qemu_releases
from nova_native_tls.pki import wrong_content
from nova_native_tls import severity


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One end's credentials.

    :ivar faults: in the order in which QEMU comes across them; QEMU stops at
        the first.
    :ivar credentials: what GnuTLS could make of the files; None if it could
        not. They can be there in spite of faults, which QEMU finds on its own.
    :ivar leaf: the certificate that is shown, if there is one.
    """

    end: credential_set.Endpoint
    faults: tuple[fault.Fault, ...]
    credentials: credentials.Credentials | None
    leaf: certificate.Certificate | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host's files, and what came of loading them."""

    files: credential_set.CredentialSet
    loaded: Loaded
    version: versions.Version

    @property
    def side(self) -> finding.Side:
        return finding.Side.of(self.loaded.end)

    @property
    def cert_file(self) -> str:
        return self.loaded.end.cert()

    def content(self, name: str) -> bytes:
        """A file's content; empty if it cannot be read."""
        return self.files.file(name).content or b''

    def certificates(
        self, name: str, at_most: int
    ) -> tuple[certificate.Certificate, ...]:
        """The first certificates of a file; none if one is malformed."""
        try:
            return certificate.read_list(
                pem.c_string(self.content(name)), at_most=at_most
            )
        except library.Failed:
            # Told elsewhere.
            return ()

    def warning(
        self, code: str, file: str, seen: str, *, wanted: str, remedy: str
    ) -> finding.Finding:
        """Say what QEMU itself does not mind."""
        return finding.Finding(
            code=code,
            status=severity.Status.WARNING,
            side=self.side,
            file=file,
            seen=seen,
            wanted=wanted,
            remedy=remedy,
            stricter=True,
        )


class Stopped(Exception):
    """Nothing more can be learned after the last fault."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Loading:
    """One loading, in progress.

    :ivar now: seconds since 1970, UTC.
    :ivar usable: GnuTLS took everything so far.
    """

    files: credential_set.CredentialSet
    end: credential_set.Endpoint
    version: versions.Version
    now: int
    faults: list[fault.Fault] = dataclasses.field(default_factory=list)
    usable: bool = True
    leaf: certificate.Certificate | None = None
    _unusable: set[str] = dataclasses.field(default_factory=set)

    @property
    def is_server(self) -> bool:
        return self.end is credential_set.Endpoint.SERVER

    def note(
        self,
        name: str,
        kind: str,
        sentence: str,
        seen: str,
        *,
        unusable: bool = True,
        status: int = 0,
    ) -> None:
        """Note a fault.

        :param name: the file.
        :param kind: the end of the code.
        :param unusable: GnuTLS is left without a part of the credentials.
        """
        if name in self._unusable:
            # Whatever else is wrong with it follows from that.
            return
        if unusable:
            self.usable = False
            self._unusable.add(name)
        self.faults.append(
            fault.Fault(
                code=f'{credential_set.kind_of(name)}.{kind}',
                end=self.end,
                file=name,
                sentence=sentence,
                seen=seen,
                status=status,
            )
        )

    def find(self, name: str, *, required: bool) -> bool:
        """Look if there is a file, as qcrypto_tls_creds_get_path does.

        :returns: it is there. If it has to be and is not, that is noted.
        """
        file = self.files.file(name)
        path = self.files.path(name)
        permitted = self.version < qemu_releases.REWRITTEN or file.permitted
        if file.there and permitted:
            return True
        missing = file == credential_set.MISSING
        if required or not missing:
            problem = file.problem()
            self.note(
                name,
                'missing'
                if missing
                else 'inaccessible'
                if not file.there and file.problem() != _denied()
                else 'not-permitted',
                f'Unable to access credentials {path}: {problem}',
                _('there is no %s') % path
                if missing
                else _('%(path)s cannot be reached (%(problem)s)')
                % {'path': path, 'problem': problem},
            )
        return False

    def content(self, name: str, sentence: str, kind: str) -> bytes | None:
        """Read a file that is there.

        :param sentence: how QEMU's begins if that fails.
        :param kind: of the fault, if it is not a matter of permission.
        """
        file = self.files.file(name)
        path = self.files.path(name)
        if file.waits:
            self.note(
                name, 'fifo', '', _('%s is a FIFO: QEMU waits there') % path
            )
            raise Stopped
        if file.content is None:
            self.note(
                name,
                'too-large'
                if file.too_large
                else kind
                if file.permitted
                else 'not-permitted',
                sentence,
                _('%(path)s cannot be read (%(problem)s)')
                % {'path': path, 'problem': file.problem()},
            )
        return file.content

    def took(
        self,
        name: str,
        kind: str,
        sentence: str,
        error: library.Failed,
        *others: str,
    ) -> None:
        """Note that GnuTLS did not take a file.

        :param others: what it was given together with that file.
        """
        problem = error.problem
        seen = _('GnuTLS says of %(path)s: %(problem)s') % {
            'path': self.files.path(name),
            'problem': problem,
        }
        for each in (name, *others):
            content = self.files.file(each).content or b''
            if found := wrong_content.describe(each, content):
                seen = _('%(path)s %(found)s; GnuTLS says: %(problem)s') % {
                    'path': self.files.path(each),
                    'found': found,
                    'problem': problem,
                }
                break
        self.note(name, kind, sentence, seen)

    def result(self, made: credentials.Credentials) -> Loaded:
        """Give what came of it."""
        return Loaded(
            end=self.end,
            faults=tuple(self.faults),
            credentials=made if self.usable else None,
            leaf=self.leaf,
        )


def _denied() -> str:
    return credential_set.File(stat_error=13).problem()
