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

"""The files of one host that QEMU reads, without their host.

Private keys are among them: a set is never sent anywhere, logged or printed.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import enum
import errno
import os
import re

CA_CERT = 'ca-cert.pem'
CA_CRL = 'ca-crl.pem'
DH_PARAMS = 'dh-params.pem'

#: QEMU 10.2 and later: server-cert-0.pem to server-cert-3.pem.
IDENTITIES_MAX = 4


class Endpoint(enum.StrEnum):
    """Which end of a connection QEMU is; the prefix of its own files."""

    #: The destination of a migration.
    SERVER = 'server'
    #: The source of a migration.
    CLIENT = 'client'

    @property
    def peer(self) -> Endpoint:
        """The other end."""
        return Endpoint.CLIENT if self == 'server' else Endpoint.SERVER

    def cert(self, number: int | None = None) -> str:
        """The file of its certificate."""
        return f'{self}-cert{_suffix(number)}.pem'

    def key(self, number: int | None = None) -> str:
        """The file of its private key."""
        return f'{self}-key{_suffix(number)}.pem'


def _suffix(number: int | None) -> str:
    return '' if number is None else f'-{number}'


def kind_of(name: str) -> str:
    """What a file is for, such as server-cert, whatever its number."""
    return re.sub(r'(-[0-9])?\.pem$', '', name)


#: Every file that some QEMU may look at.
NAMES = (
    CA_CERT,
    CA_CRL,
    DH_PARAMS,
    *(
        name(number)
        for end in Endpoint
        for number in (None, *range(IDENTITIES_MAX))
        for name in (end.cert, end.key)
    ),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What there is under one name.

    :ivar content: what QEMU would read; None if it cannot.
    :ivar stat_error: errno of stat(2); 0 if there is something.
    :ivar read_error: errno of reading it; 0 if it can be read.
    :ivar waits: it is a FIFO, at which QEMU would wait for ever.
    :ivar too_large: it is larger than any credentials are.
    """

    content: bytes | None = dataclasses.field(default=None, repr=False)
    stat_error: int = 0
    read_error: int = 0
    waits: bool = False
    too_large: bool = False

    @property
    def there(self) -> bool:
        """stat(2) finds it, readable or not."""
        return self.stat_error == 0

    @property
    def permitted(self) -> bool:
        """access(2) says that it may be read."""
        return self.there and self.read_error not in (
            errno.EACCES,
            errno.EPERM,
        )

    def problem(self) -> str:
        """Why QEMU cannot read it, in the C library's words."""
        if self.too_large:
            return os.strerror(errno.EFBIG)
        return os.strerror(self.stat_error or self.read_error)


MISSING = File(stat_error=errno.ENOENT)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CredentialSet:
    """The directory that one host's QEMU reads.

    :ivar directory: its path; only to be named in sentences.
    :ivar files: by name; what is not in it is missing.
    :ivar passphrase: of encrypted keys.
    """

    directory: str
    files: Mapping[str, File]
    passphrase: str | None = dataclasses.field(default=None, repr=False)

    def file(self, name: str) -> File:
        """Give what there is under a name."""
        return self.files.get(name, MISSING)

    def path(self, name: str) -> str:
        """Give a path as QEMU puts it together."""
        return f'{self.directory}/{name}'
