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


"""What of this host's credentials ends by itself, and when.

Certificates and revocation lists; private keys do not, and are not asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import dataclasses
import datetime

from cryptography.hazmat.primitives import hashes

from cryptography import x509

from nova_native_tls.host import revocation_list
from nova_native_tls.pki import credential_set

#: The files that are looked at, by name.
FILES = tuple(
    name
    for name in credential_set.NAMES
    if '-key' not in name and name != credential_set.DH_PARAMS
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """One certificate, or one revocation list, in one file.

    :ivar file: its name, without the directory.
    :ivar subject: whose certificate it is, or who issued the list.
    :ivar sha256: fingerprint of the DER form, lower-case hexadecimal.
    :ivar not_before: from when it is valid; of a list, when it was made.
    :ivar not_after: until when; of a list, when the next one is due.
    """

    file: str
    subject: str
    sha256: str
    not_before: datetime.datetime
    not_after: datetime.datetime

    @property
    def is_list(self) -> bool:
        """It is a revocation list, not a certificate."""
        return self.file == credential_set.CA_CRL

    def to_primitives(self) -> dict[str, str]:
        """Write it in types that go through a socket."""
        values = dataclasses.asdict(self)
        times = ('not_before', 'not_after')
        return values | {name: values[name].isoformat() for name in times}

    @classmethod
    def from_primitives(cls, values: Mapping[str, str]) -> Dated:
        """Read what ``to_primitives`` wrote."""
        read = datetime.datetime.fromisoformat
        return cls(
            file=values['file'],
            subject=values['subject'],
            sha256=values['sha256'],
            not_before=read(values['not_before']),
            not_after=read(values['not_after']),
        )


def read(files: credential_set.CredentialSet) -> tuple[Dated, ...]:
    """Read all dates, each certificate of each file once.

    What cannot be read is left out: others say so.
    """
    return tuple(
        dict.fromkeys(
            each
            for name in FILES
            for each in _of(name, files.file(name).content or b'')
        )
    )


def certificates(content: bytes) -> list[x509.Certificate]:
    """Read all certificates of a file; none if one of them is damaged."""
    try:
        return x509.load_pem_x509_certificates(content)
    except Exception:
        # Damaged ones make cryptography raise more than ValueError.
        return []


def _of(name: str, content: bytes) -> Iterator[Dated]:
    if name == credential_set.CA_CRL:
        yield from _lists(content)
        return
    for cert in certificates(content):
        with contextlib.suppress(Exception):
            yield Dated(
                file=name,
                subject=cert.subject.rfc4514_string(),
                sha256=cert.fingerprint(hashes.SHA256()).hex(),
                not_before=cert.not_valid_before_utc,
                not_after=cert.not_valid_after_utc,
            )


def _lists(content: bytes) -> Iterator[Dated]:
    try:
        found = revocation_list.read(content)
    except ValueError:
        return
    for each in found:
        # One without such a date never ends.
        if each.next_update is not None:
            yield Dated(
                file=credential_set.CA_CRL,
                subject=each.issuer,
                sha256=each.parsed.fingerprint(hashes.SHA256()).hex(),
                not_before=each.parsed.last_update_utc,
                not_after=each.next_update,
            )
