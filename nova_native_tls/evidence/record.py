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

"""What is recorded of one live migration, and its form in a file.

A record says what libvirt was asked for, what both hosts said of their
certificates, and what libvirt counted. That QEMU encrypts when it is asked
for TLS is QEMU's promise, not something that was seen here. Nothing in it is
secret.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import datetime
import enum
from typing import Any

from nova_native_tls.migration import call as migration_call
from nova_native_tls.pki import model
from nova_native_tls import policy


class Result(enum.StrEnum):
    """How a migration ended."""

    COMPLETED = 'completed'
    FAILED = 'failed'
    CANCELLED = 'cancelled'
    #: libvirt was not asked at all.
    REFUSED = 'refused'
    #: Nova could not roll back.
    UNKNOWN = 'unknown'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate of those that were in use.

    :ivar serial: hexadecimal, as ``openssl x509 -serial`` prints it.
    :ivar sha256: fingerprint of the DER form, lower-case hexadecimal.
    """

    subject: str
    serial: str
    sha256: str
    not_after: datetime.datetime

    @classmethod
    def of(cls, info: model.CertificateInfo) -> Certificate:
        """Take what is recorded of a certificate."""
        digits = f'{info.serial:X}'
        return cls(
            subject=info.subject,
            serial=digits.zfill(len(digits) + len(digits) % 2),
            sha256=info.sha256,
            not_after=info.not_valid_after_utc,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What one host said that its QEMU shows to the other.

    :ivar certificate: its own; None if it did not say.
    :ivar ca: the CA that it comes from in the end, among those that this host
        trusts; None if it could not be told.
    """

    certificate: Certificate | None = None
    ca: Certificate | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One live migration; None where nobody could say.

    :ivar began: when the source began with it.
    :ivar uuid: of the instance.
    :ivar name: the one that its owner gave it.
    :ivar guest: libvirt's name of it.
    :ivar encryption: what counted for this migration.
    :ivar rule: whose word that was.
    :ivar notes: what did not count, and why.
    :ivar mode: ``tls``, ``tunnelled`` or ``plaintext``, as libvirt was asked;
        None if it was not.
    :ivar flags: without libvirt's ``VIR_MIGRATE_`` prefix.
    :ivar changes: what was changed in what Nova asks, each with its reason.
    :ivar verified_name: what the source's QEMU looked for in the
        destination's certificate; None without TLS.
    :ivar priority: of the source, which cipher suites it offers.
    :ivar channels: connections for memory; disks have their own.
    :ivar nbd: disks were copied, too.
    :ivar memory_bytes: sent for memory, repetitions included.
    :ivar disk_bytes: copied of disks.
    :ivar duration_s: from ``began`` until the source had the result.
    :ivar downtime_ms: how long the guest stood still.
    :ivar cause: why it did not come to an end, with the remedy if known.
    """

    began: datetime.datetime
    uuid: str
    name: str
    guest: str
    source: str
    destination: str
    encryption: policy.Encryption | None = None
    rule: str = ''
    notes: tuple[str, ...] = ()
    mode: str | None = None
    flags: tuple[str, ...] = ()
    params: Mapping[str, migration_call.ParameterValue] = dataclasses.field(
        default_factory=dict
    )
    changes: tuple[str, ...] = ()
    verified_name: str | None = None
    source_identity: Identity = Identity()
    destination_identity: Identity = Identity()
    priority: str | None = None
    channels: int | None = None
    nbd: bool | None = None
    memory_bytes: int | None = None
    disk_bytes: int | None = None
    duration_s: float | None = None
    downtime_ms: int | None = None
    result: Result
    cause: str = ''


def to_fields(record: Record) -> dict[str, Any]:
    """Write a record in the types of JSON."""
    return {
        field.name: _plain(getattr(record, field.name))
        for field in dataclasses.fields(record)
    }


def from_fields(fields: Mapping[str, Any]) -> Record:
    """Read what ``to_fields`` wrote.

    What a later release says besides is left aside.

    :raises ValueError: it is no record.
    """
    try:
        return Record(
            **{
                field.name: _READERS[field.name](fields[field.name])
                for field in dataclasses.fields(Record)
                if field.name in fields
            }
        )
    except (TypeError, AttributeError, KeyError) as err:
        raise ValueError(f'{type(err).__name__}: {err}') from err


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        # Always the same way, whatever time zone it was in.
        return value.astimezone(datetime.UTC).isoformat()
    if isinstance(value, Identity | Certificate):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f'{value!r} is not text')
    return value


def _number(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f'{value!r} is not a number')
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f'{value!r} is neither true nor false')
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, float):
        return value
    return _number(value)


def _time(value: Any) -> datetime.datetime:
    read = datetime.datetime.fromisoformat(_text(value))
    if read.tzinfo is None:
        raise ValueError(f'{value} has no time zone')
    return read


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f'{value!r} is not a list')
    return tuple(_text(each) for each in value)


def _params(value: Any) -> dict[str, migration_call.ParameterValue]:
    return {
        name: _texts(each)
        if isinstance(each, list)
        else each
        if isinstance(each, str)
        else _number(each)
        for name, each in value.items()
    }


def _certificate(value: Any) -> Certificate:
    return Certificate(
        subject=_text(value['subject']),
        serial=_text(value['serial']),
        sha256=_text(value['sha256']),
        not_after=_time(value['not_after']),
    )


def _identity(value: Any) -> Identity:
    return Identity(
        certificate=_or_none(_certificate)(value['certificate']),
        ca=_or_none(_certificate)(value['ca']),
    )


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        (*('uuid', 'name', 'guest', 'source', 'destination', 'rule'), 'cause'),
        _text,
    ),
    **dict.fromkeys(('mode', 'verified_name', 'priority'), _or_none(_text)),
    **dict.fromkeys(('notes', 'flags', 'changes'), _texts),
    **dict.fromkeys(
        ('channels', 'memory_bytes', 'disk_bytes', 'downtime_ms'),
        _or_none(_number),
    ),
    **dict.fromkeys(('source_identity', 'destination_identity'), _identity),
    'began': _time,
    'encryption': _or_none(policy.Encryption),
    'params': _params,
    'nbd': _or_none(_truth),
    'duration_s': _or_none(_seconds),
    'result': Result,
}
