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

"""A host's facts, and their form on the way to the other host.

Public facts only: names, versions and certificates, never a key. What comes
from a peer is read as foreign input: bounded, typed, and refused in one
sentence.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime
import json
from typing import Any

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.migration import versions
from nova_native_tls.peer import message
from nova_native_tls.speed import costs

#: Raised only when an older reader would misunderstand a newer writer.
FORMAT = 1
MAX_LENGTH = 64 * 1024
MAX_NAMES = 100
MAX_NAME_LENGTH = 255
MAX_SENTENCE_LENGTH = 500
MAX_CHAIN = 10
MAX_CERTIFICATE_BYTES = 8 * 1024

#: What QEMU shows to the other end, its own certificate first, in DER. Empty
#: if it shows nothing, None if that is not known.
Chain = tuple[bytes, ...] | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What one host says about itself.

    :ivar host: the name by which Nova knows it.
    :ivar host_name: what libvirt there calls the host.
    :ivar tls_name: the name to verify in its certificate; None when it could
        not decide.
    :ivar certificate_names: every name in its server certificate.
    :ivar name_problem: why it could not decide; empty when it could.
    :ivar server_chain: what QEMU there shows as the destination.
    :ivar client_chain: what QEMU there shows as the source.
    :ivar ca: the CA certificate that what it shows comes from, in DER; None
        if that is not known.
    :ivar priority: what GnuTLS is asked for by QEMU there; empty if unknown.
    :ivar guest_qemu: the version of QEMU that the guest runs in which is to
        leave; None if that is not known.
    :ivar guest_keeps_keys: GnuTLS there never changes a key in a way that
        this guest could be lost by; False if that is not certain.
    :ivar speed: how fast it is; None if it does not say.
    :ivar said_at: what time it had when it said so; None if it does not say.
    """

    host: str
    host_name: str
    tls_name: str | None
    certificate_names: tuple[str, ...] = ()
    name_problem: str = ''
    guest_qemu: versions.Version | None = None
    versions: versions.HostVersions = dataclasses.field(
        default_factory=versions.HostVersions
    )
    server_chain: Chain = None
    client_chain: Chain = None
    ca: bytes | None = None
    priority: str = ''
    guest_keeps_keys: bool = False
    speed: costs.HostSpeed | None = dataclasses.field(
        default=None, compare=False
    )
    said_at: datetime.datetime | None = dataclasses.field(
        default=None, compare=False
    )


def dumps(facts: HostFacts) -> str:
    """Write facts for the other host, as one line of JSON.

    A chain that is longer than the other host would read is left out: without
    it fewer things are checked, with a part of it wrong ones would be.
    """
    values = _values(facts)
    for field in ('ca', 'client_chain', 'server_chain'):
        if len(text := json.dumps(values, sort_keys=True)) <= MAX_LENGTH:
            return text
        values.pop(field, None)
    return json.dumps(values, sort_keys=True)


def _values(facts: HostFacts) -> dict[str, Any]:
    problem = _printable(facts.name_problem)
    priority = _printable(facts.priority)
    return {
        'format': FORMAT,
        'host': facts.host,
        'host_name': facts.host_name,
        'tls_name': facts.tls_name,
        # Whatever a certificate has for names, only names are sent.
        'certificate_names': [
            name for name in facts.certificate_names if _is_name(name)
        ][:MAX_NAMES],
        'libvirt': _text(facts.versions.libvirt),
        'qemu': _text(facts.versions.qemu),
        **(
            {'guest_qemu': _text(facts.guest_qemu)} if facts.guest_qemu else {}
        ),
        **({'guest_keeps_keys': True} if facts.guest_keeps_keys else {}),
        **({'name_problem': problem} if problem else {}),
        **({'said_at': facts.said_at.isoformat()} if facts.said_at else {}),
        **_speed_written(facts.speed),
        **_written('server_chain', facts.server_chain),
        **_written('client_chain', facts.client_chain),
        **_written('ca', (facts.ca,) if facts.ca else None),
        **({'priority': priority} if priority else {}),
    }


def _printable(text: str) -> str:
    return ''.join(c for c in text if c.isprintable())[:MAX_SENTENCE_LENGTH]


def loads(text: str) -> HostFacts:
    """Read what the other host wrote.

    A newer peer may say more than is understood here; that is left aside.

    :raises FactsUnreadable: too long, not JSON, or a part is missing or not
        what it should be.
    """
    read = message.loads(text, max_length=MAX_LENGTH)
    written = _field(read, 'format', int)
    if written != FORMAT:
        raise exception.FactsUnreadable(
            problem=_(
                'it is of format %(found)d, this host reads %(known)d: '
                'upgrade the older of the two'
            )
            % {'found': written, 'known': FORMAT}
        )
    return HostFacts(
        host=_name(read, 'host'),
        host_name=_name(read, 'host_name'),
        tls_name=None
        if read.get('tls_name') is None
        else _name(read, 'tls_name'),
        certificate_names=_names(read),
        name_problem=_sentence(read, 'name_problem'),
        versions=versions.HostVersions(
            libvirt=_version(read, 'libvirt'), qemu=_version(read, 'qemu')
        ),
        guest_qemu=_version(read, 'guest_qemu'),
        guest_keeps_keys=read.get('guest_keeps_keys') is True,
        server_chain=_chain(read, 'server_chain'),
        client_chain=_chain(read, 'client_chain'),
        ca=_first(_chain(read, 'ca')),
        priority=_sentence(read, 'priority'),
        speed=_speed(read),
        said_at=_time(read, 'said_at'),
    )


def _written(field: str, chain: Chain) -> dict[str, list[str]]:
    if (
        chain is None
        or len(chain) > MAX_CHAIN
        or not all(0 < len(der) <= MAX_CERTIFICATE_BYTES for der in chain)
    ):
        return {}
    return {field: [base64.b64encode(der).decode('ascii') for der in chain]}


def _chain(read: dict[str, Any], field: str) -> Chain:
    """Read certificates; if they are any, GnuTLS finds out."""
    if read.get(field) is None:
        return None
    values = _field(read, field, list)
    if len(values) > MAX_CHAIN:
        raise exception.FactsUnreadable(
            problem=_('%(field)s has more than %(limit)d certificates')
            % {'field': field, 'limit': MAX_CHAIN}
        )
    return tuple(_der(value, field) for value in values)


def _first(chain: Chain) -> bytes | None:
    return chain[0] if chain else None


def _der(value: object, field: str) -> bytes:
    try:
        if isinstance(value, str):
            der = base64.b64decode(value, validate=True)
            if 0 < len(der) <= MAX_CERTIFICATE_BYTES:
                return der
    except (binascii.Error, ValueError) as err:
        raise exception.FactsUnreadable(
            problem=_('%(field)s is not in base64: %(error)s')
            % {'field': field, 'error': err}
        ) from err
    raise exception.FactsUnreadable(
        problem=_('%(field)s has a certificate of no size that is read')
        % {'field': field}
    )


def _speed_written(speed: costs.HostSpeed | None) -> dict[str, Any]:
    """Leave out what a peer would refuse, and with it the migration."""
    if speed is None:
        return {}
    written = speed.to_primitive()
    try:
        costs.HostSpeed.from_primitive(written)
    except exception.FactsUnreadable:
        return {}
    return {'speed': written}


def _speed(read: dict[str, Any]) -> costs.HostSpeed | None:
    written = read.get('speed')
    return None if written is None else costs.HostSpeed.from_primitive(written)


def _text(version: versions.Version | None) -> str | None:
    return None if version is None else str(version)


def _field(read: dict[str, Any], name: str, kind: type) -> Any:
    value = read.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise exception.FactsUnreadable(
            problem=_('%s is missing or of the wrong kind') % name
        )
    return value


def _is_name(value: str) -> bool:
    return 0 < len(value) <= MAX_NAME_LENGTH and value.isprintable()


def _name(read: dict[str, Any], field: str) -> str:
    value = str(_field(read, field, str))
    if not _is_name(value):
        raise exception.FactsUnreadable(problem=_('%s is no name') % field)
    return value


def _names(read: dict[str, Any]) -> tuple[str, ...]:
    values = _field(read, 'certificate_names', list)
    if len(values) > MAX_NAMES:
        raise exception.FactsUnreadable(
            problem=_('more than %d certificate names') % MAX_NAMES
        )
    return tuple(_name({'n': value}, 'n') for value in values)


def _sentence(read: dict[str, Any], field: str) -> str:
    """Read what people will read; a peer need not say it."""
    if read.get(field) is None:
        return ''
    value = str(_field(read, field, str))
    if len(value) > MAX_SENTENCE_LENGTH or not value.isprintable():
        raise exception.FactsUnreadable(problem=_('%s is no sentence') % field)
    return value


def _time(read: dict[str, Any], field: str) -> datetime.datetime | None:
    """Read a time; one without its offset from UTC says nothing."""
    if read.get(field) is None:
        return None
    try:
        value = datetime.datetime.fromisoformat(_field(read, field, str))
        return value.astimezone(datetime.UTC) if value.tzinfo else None
    except (ValueError, OverflowError) as err:
        raise exception.FactsUnreadable(
            problem=_('%s is no time') % field
        ) from err


def _version(read: dict[str, Any], name: str) -> versions.Version | None:
    if read.get(name) is None:
        return None
    try:
        return versions.Version.parse(_field(read, name, str))
    except exception.InvalidVersion as err:
        raise exception.FactsUnreadable(problem=err) from err
