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

"""What stands in the journal of a CA: one record for each thing it did."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import datetime
import json
from typing import Any
from typing import TypeAlias


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A key and a certificate of the CA were made.

    Every one but the first is the first step of a rotation.

    :ivar sha256: fingerprint of the CA's certificate, hexadecimal.
    """

    at: datetime.datetime
    generation: int
    sha256: str
    subject: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A host's certificate was signed.

    :ivar names: host names and addresses; the first is what it is called by.
    :ivar key_sha256: of the public key in DER (SubjectPublicKeyInfo).
    :ivar sha256: fingerprint of the certificate, hexadecimal.
    """

    at: datetime.datetime
    serial: int
    generation: int
    names: tuple[str, ...]
    key_sha256: str
    sha256: str
    not_before: datetime.datetime
    not_after: datetime.datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """A host's certificate was revoked."""

    at: datetime.datetime
    serial: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Revocation lists were made, with this CRL number."""

    at: datetime.datetime
    number: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """From here on this generation signs."""

    at: datetime.datetime
    generation: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Every generation before this one is given up."""

    at: datetime.datetime
    generation: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A host has said what is installed on it.

    :ivar seen_at: when the host looked.
    :ivar certificate_sha256: of the certificate that it shows.
    :ivar trusted_sha256: of the CAs that it trusts.
    """

    at: datetime.datetime
    host: str
    seen_at: datetime.datetime
    certificate_sha256: str
    trusted_sha256: tuple[str, ...]


Record: TypeAlias = (
    Generation | Signed | Revoked | Listed | Switched | Finished | Reported
)

_KINDS: dict[str, type[Record]] = {
    'generation': Generation,
    'signed': Signed,
    'revoked': Revoked,
    'listed': Listed,
    'switched': Switched,
    'finished': Finished,
    'reported': Reported,
}
_EVENTS = {kind: event for event, kind in _KINDS.items()}


def _time(text: str) -> datetime.datetime:
    read = datetime.datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(f'{text} has no time zone')
    return read


def _number(value: int) -> int:
    if type(value) is not int:
        raise TypeError(f'{value!r} is not a number')
    return value


def _text(value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f'{value!r} is not text')
    return value


def _texts(values: list[str]) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f'{values!r} is not a list')
    return tuple(_text(value) for value in values)


#: By the name of the field, whichever record it is in; all others are text.
_READERS: dict[str, Callable[[Any], Any]] = {
    'at': _time,
    'seen_at': _time,
    'not_before': _time,
    'not_after': _time,
    'generation': _number,
    'number': _number,
    'serial': lambda value: int(_text(value), 16),
    'names': _texts,
    'trusted_sha256': _texts,
}


def serial_text(serial: int) -> str:
    """Write a serial number as people and openssl do."""
    return f'{serial:040X}'


def _plain(name: str, value: object) -> object:
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec='seconds')
    return serial_text(int(str(value))) if name == 'serial' else value


def to_line(record: Record) -> bytes:
    """Write a record as one line of JSON."""
    fields = {
        field.name: _plain(field.name, getattr(record, field.name))
        for field in dataclasses.fields(record)
    }
    text = json.dumps({'event': _EVENTS[type(record)], **fields})
    return text.encode() + b'\n'


def from_line(line: bytes) -> Record:
    """Read a line of the journal.

    :raises ValueError: it is not one.
    """
    try:
        fields = json.loads(line)
        if not isinstance(fields, Mapping):
            raise TypeError('it is not an object')
        read = {
            name: _READERS.get(name, _text)(value)
            for name, value in fields.items()
        }
        return _KINDS[read.pop('event')](**read)
    except (KeyError, TypeError, RecursionError, AttributeError) as err:
        raise ValueError(f'{type(err).__name__}: {err}') from err
