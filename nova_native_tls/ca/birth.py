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

"""Makes a CA, and its later generations."""

from __future__ import annotations

import dataclasses
import datetime
import os
import secrets

from cryptography import x509

from nova_native_tls._i18n import _
from nova_native_tls.ca import files
from nova_native_tls.ca import record
from nova_native_tls import exception
from nova_native_tls.pki import key_type
from nova_native_tls.pki import profile
from nova_native_tls.store import durable

#: What is left of the 64 characters of a CN for the operator's own words.
NAME_MAX = 36
DEFAULT_NAME = 'QEMU migration CA'
_GENERATION = ' generation '


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Born:
    """A generation that nothing but memory holds yet."""

    generation: record.Generation
    certificate: x509.Certificate
    key: key_type.PrivateKey

    def contents(self, passphrase: bytes | None) -> dict[str, bytes]:
        """Give the files of it."""
        number = self.generation.generation
        return {
            files.key_name(number): files.key_to_pem(self.key, passphrase),
            files.certificate_name(number): files.to_pem(self.certificate),
        }


def generation(
    name: str,
    number: int,
    *,
    kind: key_type.KeyType,
    validity: datetime.timedelta,
    now: datetime.datetime,
) -> Born:
    """Make the key and the certificate of a generation.

    :param name: the operator's words for the CA.
    """
    key = key_type.make(kind)
    # Two CAs of one name would be taken for each other by GnuTLS.
    own = f'{name}{_GENERATION}{number} {secrets.token_hex(4)}'
    certificate = profile.authority(
        key,
        own,
        serial=x509.random_serial_number(),
        period=profile.Period.begin(now, validity),
    )
    return Born(
        generation=record.Generation(
            at=now,
            generation=number,
            sha256=files.fingerprint(certificate),
            subject=certificate.subject.rfc4514_string(),
        ),
        certificate=certificate,
        key=key,
    )


def name_of(certificate: x509.Certificate) -> str:
    """Give the operator's words for a CA back."""
    (attribute,) = certificate.subject
    return str(attribute.value).rpartition(_GENERATION)[0]


def init(
    directory: str,
    *,
    name: str = DEFAULT_NAME,
    kind: key_type.KeyType = key_type.DEFAULT,
    validity: datetime.timedelta = profile.CA_VALIDITY,
    passphrase: bytes | None = None,
    now: datetime.datetime | None = None,
) -> None:
    """Make a CA in a directory that is not there, or empty, in one step.

    :param name: words for people in the CA's subject.
    :raises CAUnusable: there is something in the directory.
    :raises WriteFailed: it cannot be written; nothing of it stays.
    """
    target = files.Files(os.path.abspath(directory))
    _check_free(target)
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        target.unusable(
            _('its name must have 1 to %d printable characters') % NAME_MAX
        )
    now = datetime.datetime.now(datetime.UTC) if now is None else now
    born = generation(name, 1, kind=kind, validity=validity, now=now)
    contents = {
        **born.contents(passphrase),
        files.CRL: first_list(born, now),
        files.JOURNAL: record.to_line(born.generation)
        + record.to_line(record.Listed(at=now, number=1)),
    }
    durable.make_directory(
        os.path.dirname(target.directory), durable.PUBLIC.of_directory()
    )
    try:
        durable.write_directory(
            target.directory,
            {name: (c, durable.PRIVATE) for name, c in contents.items()},
            durable.PRIVATE.of_directory(),
        )
    except exception.NativeTLSError:
        # Somebody else may have been faster.
        _check_free(target)
        raise


def first_list(born: Born, now: datetime.datetime) -> bytes:
    """Make a revocation list with nobody on it."""
    return files.list_to_pem(
        profile.revocation_list(
            born.certificate,
            born.key,
            (),
            number=1,
            period=profile.Period.begin(now, profile.CRL_VALIDITY),
        )
    )


def _check_free(target: files.Files) -> None:
    """Never touch what is there: it may be the only copy of a key."""
    try:
        there = os.listdir(target.directory)
    except FileNotFoundError:
        return
    except OSError as err:
        target.unusable(err.strerror, err)
    if files.JOURNAL in there:
        target.unusable(
            _('there is one already; see it with "nova-native-tls ca show"')
        )
    if there:
        target.unusable(
            _('a new CA needs an empty directory, and it holds %s')
            % ', '.join(sorted(there)[:3])
        )
