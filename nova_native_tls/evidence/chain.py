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

"""Entries of which each one names the one before: the form of the evidence.

An entry is one line: a JSON object with its number, its kind and content, the
hash of the entry before, and its own. That is the SHA-256 of the object
without it, written as canonical JSON: keys in order, no spaces, ASCII.

Whoever changes, removes or moves an entry would have to write anew all that
follow. That, and a whole end that is gone, shows only to somebody who has
kept the hash of an entry elsewhere: an anchor.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import enum
import hashlib
import json
import re
from typing import Any

from nova_native_tls._i18n import _
from nova_native_tls import exception

#: What the first entry of all names as the one before.
GENESIS = '0' * 64
#: An anchor may have the beginning of a hash.
ANCHOR_DIGITS_MIN = 16
_HASH = re.compile('[0-9a-f]{64}')
_ANCHOR = re.compile(
    f'(?:([1-9][0-9]*):)?([0-9a-f]{{{ANCHOR_DIGITS_MIN},64}})'
)
_KEYS = frozenset({'content', 'hash', 'kind', 'number', 'previous'})


class AnchorInvalid(exception.NativeTLSError):
    msg_fmt = _(
        '"%(text)s" is no anchor: it is NUMBER:HASH, or HASH alone, with 16 '
        'to 64 hexadecimal digits'
    )


class Kind(enum.StrEnum):
    """What an entry is about; a later release may have more."""

    MIGRATION = 'migration'
    #: The oldest entries were removed, as the options say.
    REMOVED = 'removed'
    #: The line before is not whole: a crash cut it off.
    TORN = 'torn'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Which entry there must be.

    :ivar number: None if it may be any.
    :ivar hash: the beginning of it, or all.
    """

    number: int | None
    hash: str

    def __str__(self) -> str:
        return self.hash if self.number is None else self.long()

    def long(self) -> str:
        """Write it with the whole hash."""
        return f'{self.number}:{self.hash}'

    def short(self) -> str:
        """Write it where there is little room."""
        return f'{self.number}:{self.hash[:ANCHOR_DIGITS_MIN]}'

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Read one that somebody kept.

        :raises AnchorInvalid: it is none.
        """
        found = _ANCHOR.fullmatch(text.strip().lower())
        if found is None:
            raise AnchorInvalid(text=text)
        number, digits = found.groups()
        return cls(number=None if number is None else int(number), hash=digits)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry, as its line says.

    :ivar previous: hash of the one before.
    :ivar hash: as the line says.
    :ivar fits: the hash is that of the line, to the letter.
    """

    number: int
    kind: str
    content: Mapping[str, Any]
    previous: str
    hash: str
    fits: bool = True

    @property
    def anchor(self) -> Anchor:
        return Anchor(number=self.number, hash=self.hash)


def follow(
    before: Entry | None, kind: Kind, content: Mapping[str, Any]
) -> Entry:
    """Make the next entry.

    :param before: None for the first of all.
    """
    number = 1 if before is None else before.number + 1
    previous = GENESIS if before is None else before.hash
    return Entry(
        number=number,
        kind=kind,
        content=content,
        previous=previous,
        hash=_hash(_hashed(number, kind, content, previous)),
    )


def torn(before: Entry | None, rest: bytes) -> Entry:
    """Say of the line before that it is not whole."""
    return follow(before, Kind.TORN, describe_torn(rest))


def describe_torn(rest: bytes) -> dict[str, Any]:
    """Tell a part of a line from any other."""
    return {'bytes': len(rest), 'sha256': hashlib.sha256(rest).hexdigest()}


def to_line(entry: Entry) -> bytes:
    """Write an entry, with the end of the line."""
    fields = _hashed(entry.number, entry.kind, entry.content, entry.previous)
    return _canonical({**fields, 'hash': entry.hash}) + b'\n'


def from_line(line: bytes) -> Entry:
    """Read an entry, whether or not its hash fits.

    :param line: without the end of the line.
    :raises ValueError: it is none.
    """
    try:
        read = json.loads(line)
    except RecursionError as err:
        raise ValueError('it is nested too deeply') from err
    if not isinstance(read, dict) or read.keys() != _KEYS:
        raise ValueError('it is not an entry')
    number, kind, content = read['number'], read['kind'], read['content']
    if type(number) is not int or number < 1:
        raise ValueError('it has no number')
    if not isinstance(kind, str) or not isinstance(content, dict):
        raise ValueError('it says nothing')
    for name in ('hash', 'previous'):
        if not isinstance(read[name], str) or not _HASH.fullmatch(read[name]):
            raise ValueError(f'its {name} is none')
    hashed = _hashed(number, kind, content, read['previous'])
    return Entry(
        number=number,
        kind=kind,
        content=content,
        previous=read['previous'],
        hash=read['hash'],
        fits=_fits(line, hashed, read['hash']),
    )


def _fits(line: bytes, hashed: dict[str, Any], stated: str) -> bool:
    try:
        return (
            _hash(hashed) == stated
            and _canonical({**hashed, 'hash': stated}) == line
        )
    except (ValueError, RecursionError):
        # Numbers that are none in JSON.
        return False


def _hashed(
    number: int, kind: str, content: Mapping[str, Any], previous: str
) -> dict[str, Any]:
    return {
        'number': number,
        'kind': kind,
        'content': content,
        'previous': previous,
    }


def _hash(fields: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(fields)).hexdigest()


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(
        value,
        sort_keys=True,
        separators=(',', ':'),
        ensure_ascii=True,
        allow_nan=False,
    ).encode('ascii')
