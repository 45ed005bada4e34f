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

"""Certificates and revocation lists, with any fault that one wants."""

from __future__ import annotations

from collections.abc import Sequence
import copy
import dataclasses
import datetime
import hashlib
import ipaddress

from tests.functional.fidelity import asn1
from tests.functional.fidelity import keys

HOUR = 3600
DAY = 24 * HOUR

COMMON_NAME = '2.5.4.3'
ORGANIZATION = '2.5.4.10'
SAN = '2.5.29.17'
BASIC_CONSTRAINTS = '2.5.29.19'
KEY_USAGE = '2.5.29.15'
EXTENDED_KEY_USAGE = '2.5.29.37'
NAME_CONSTRAINTS = '2.5.29.30'
SUBJECT_KEY_ID = '2.5.29.14'
AUTHORITY_KEY_ID = '2.5.29.35'

SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
CODE_SIGNING = '1.3.6.1.5.5.7.3.3'
ANY_PURPOSE = '2.5.29.37.0'

#: KeyUsage, RFC 5280 section 4.2.1.3.
USAGES = {
    'digitalSignature': 0,
    'nonRepudiation': 1,
    'keyEncipherment': 2,
    'dataEncipherment': 3,
    'keyAgreement': 4,
    'keyCertSign': 5,
    'cRLSign': 6,
}

Extension = tuple[str, bool, bytes]
Name = Sequence[tuple[str, str]]


@dataclasses.dataclass(kw_only=True)
class Template:
    """A certificate before it is signed.

    :ivar issuer: who signs; None for itself.
    :ivar issuer_name: instead of the issuer's subject.
    :ivar signer: the key that signs instead of the issuer's.
    :ivar since: seconds from now; ``until`` as well.
    :ivar basic: (is a CA, path length, critical).
    :ivar usage: (bits, critical); ``purposes`` as well.
    :ivar extra: more extensions, as they are.
    """

    subject: list[tuple[str, str]]
    key: keys.Key
    issuer: Template | None = None
    issuer_name: Name | None = None
    signer: keys.Key | None = None
    version: int = 3
    serial: int = 1
    digest: str = 'sha256'
    pss: bool = False
    since: int = -DAY
    until: int = 7 * DAY
    basic: tuple[bool, int | None, bool] | None = None
    usage: tuple[tuple[str, ...], bool] | None = None
    purposes: tuple[tuple[str, ...], bool] | None = None
    names: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    key_ids: bool = True
    wrong_authority_id: bool = False
    broken_signature: bool = False
    extra: list[Extension] = dataclasses.field(default_factory=list)
    cached: bytes | None = None

    def copy(self) -> Template:
        """Another one like this; what it points to stays the same."""
        other = copy.copy(self)
        other.subject = list(self.subject)
        other.names = list(self.names)
        other.extra = list(self.extra)
        return other

    def der(self, now: datetime.datetime) -> bytes:
        """Sign it."""
        if self.cached is None:
            self.cached = _sign(self, now)
        return self.cached


def _sign(template: Template, now: datetime.datetime) -> bytes:
    issuer = template.issuer or template
    signer = template.signer or issuer.key
    algorithm = signer.signature_algorithm(template.digest, pss=template.pss)
    issuer_name = (
        issuer.subject
        if template.issuer_name is None
        else template.issuer_name
    )
    version = (
        [asn1.explicit(0, asn1.integer(template.version - 1))]
        if template.version > 1
        else []
    )
    extensions = [] if template.version < 3 else _extensions(template)
    tbs = asn1.sequence(
        *version,
        asn1.integer(template.serial),
        algorithm,
        name(issuer_name),
        asn1.sequence(
            asn1.time(now + datetime.timedelta(seconds=template.since)),
            asn1.time(now + datetime.timedelta(seconds=template.until)),
        ),
        name(template.subject),
        template.key.spki,
        *(
            [asn1.explicit(3, asn1.sequence(*extensions))]
            if extensions
            else []
        ),
    )
    signature = signer.sign(tbs, template.digest, pss=template.pss)
    if template.broken_signature:
        signature = signature[:-1] + bytes((signature[-1] ^ 1,))
    return asn1.sequence(tbs, algorithm, asn1.bits(signature))


def name(parts: Name) -> bytes:
    """A distinguished name."""
    return asn1.sequence(
        *(
            asn1.set_of(asn1.sequence(asn1.oid(kind), asn1.text(value)))
            for kind, value in parts
        )
    )


def extension(one: Extension) -> bytes:
    """One extension in DER."""
    number, critical, value = one
    return asn1.sequence(
        asn1.oid(number),
        *([asn1.boolean(True)] if critical else []),
        asn1.octets(value),
    )


def _extensions(template: Template) -> list[bytes]:
    found: list[Extension] = []
    if template.basic is not None:
        is_ca, length, critical = template.basic
        found.append(
            (BASIC_CONSTRAINTS, critical, basic_constraints(is_ca, length))
        )
    if template.usage is not None:
        usages, critical = template.usage
        numbers = [USAGES[usage] for usage in usages]
        found.append((KEY_USAGE, critical, asn1.named_bits(numbers)))
    if template.purposes is not None:
        purposes, critical = template.purposes
        found.append(
            (
                EXTENDED_KEY_USAGE,
                critical,
                asn1.sequence(*(asn1.oid(purpose) for purpose in purposes)),
            )
        )
    if template.names:
        found.append((SAN, False, general_names(template.names)))
    if template.key_ids:
        found.append((SUBJECT_KEY_ID, False, asn1.octets(key_id(template))))
        issuer = template.issuer or template
        authority = (
            bytes(20) if template.wrong_authority_id else key_id(issuer)
        )
        found.append(
            (
                AUTHORITY_KEY_ID,
                False,
                asn1.sequence(asn1.implicit(0, authority)),
            )
        )
    return [extension(one) for one in (*found, *template.extra)]


def basic_constraints(is_ca: bool, length: int | None) -> bytes:
    """The value of basicConstraints."""
    return asn1.sequence(
        *([asn1.boolean(True)] if is_ca else []),
        *([asn1.integer(length)] if length is not None else []),
    )


def key_id(template: Template) -> bytes:
    """What names a key in extensions."""
    return hashlib.sha1(template.key.spki).digest()


def general_names(names: Sequence[tuple[str, str]]) -> bytes:
    """The value of subjectAltName."""
    return asn1.sequence(*(general_name(kind, value) for kind, value in names))


def general_name(kind: str, value: str) -> bytes:
    """One name, such as ('dns', 'host.example.org')."""
    if kind == 'ip':
        return asn1.implicit(7, ipaddress.ip_address(value).packed)
    if kind == 'directory':
        return asn1.explicit(4, name([(COMMON_NAME, value)]))
    if kind == 'rid':
        return asn1.implicit(8, asn1.oid(value)[2:])
    if kind == 'other':
        return asn1.explicit(
            0, asn1.oid('1.2.3.4'), asn1.explicit(0, asn1.text(value))
        )
    number = {'email': 1, 'dns': 2, 'uri': 6}[kind]
    return asn1.implicit(number, value.encode())


@dataclasses.dataclass(kw_only=True)
class RevocationList:
    """A CRL before it is signed.

    :ivar until: seconds from now; None for no end.
    """

    issuer: Template
    revoked: list[Template] = dataclasses.field(default_factory=list)
    signer: keys.Key | None = None
    since: int = -DAY
    until: int | None = DAY
    version: int = 2

    def der(self, now: datetime.datetime) -> bytes:
        """Sign it."""
        signer = self.signer or self.issuer.key
        algorithm = signer.signature_algorithm('sha256', pss=False)
        then = asn1.time(now + datetime.timedelta(seconds=self.since))
        entries = [
            asn1.sequence(asn1.integer(template.serial), then)
            for template in self.revoked
        ]
        end = (
            []
            if self.until is None
            else [asn1.time(now + datetime.timedelta(seconds=self.until))]
        )
        number = extension(('2.5.29.20', False, asn1.integer(1)))
        tbs = asn1.sequence(
            *([asn1.integer(1)] if self.version == 2 else []),
            algorithm,
            name(self.issuer.subject),
            then,
            *end,
            *([asn1.sequence(*entries)] if entries else []),
            *(
                [asn1.explicit(0, asn1.sequence(number))]
                if self.version == 2
                else []
            ),
        )
        signature = signer.sign(tbs, 'sha256', pss=False)
        return asn1.sequence(tbs, algorithm, asn1.bits(signature))
