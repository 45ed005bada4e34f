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

"""Which certificates do the hosts of the matrix have, before any fault?"""

from __future__ import annotations

import base64
from collections.abc import Iterable
import datetime
import random
from typing import Any

from tests.functional.fidelity import certificates
from tests.functional.fidelity import keys

DAY = certificates.DAY
HOUR = certificates.HOUR
Template = certificates.Template

CA_USAGE = (('keyCertSign', 'cRLSign'), True)
LEAF_USAGE = (('digitalSignature', 'keyEncipherment'), False)
BOTH_PURPOSES = ((certificates.SERVER_AUTH, certificates.CLIENT_AUTH), False)

_SERIALS = random.Random(0)
_NUMBERS = iter(range(1_000_000))


def key(kind: str = 'p256') -> keys.Key:
    """Make a private key that nothing else has."""
    return keys.get(kind, next(_NUMBERS))


def authority(common_name: str, **changes: Any) -> Template:
    """Make a CA that signed itself, with some changes."""
    template = Template(
        subject=[(certificates.COMMON_NAME, common_name)],
        key=key(),
        serial=_serial(),
        basic=(True, None, True),
        usage=CA_USAGE,
        until=30 * DAY,
    )
    return _changed(template, changes)


def leaf(
    issuer: Template, dns_names: Iterable[str], **changes: Any
) -> Template:
    """Make the certificate of a host, with some changes."""
    every = list(dns_names)
    template = Template(
        subject=[(certificates.COMMON_NAME, every[0])],
        key=key(),
        serial=_serial(),
        issuer=issuer,
        basic=(False, None, True),
        usage=LEAF_USAGE,
        purposes=BOTH_PURPOSES,
        names=[('dns', name) for name in every],
    )
    return _changed(template, changes)


def pem_of(*templates: Template) -> str:
    """Write certificates one after another."""
    now = datetime.datetime.now(datetime.UTC)
    return ''.join(
        pem('CERTIFICATE', template.der(now)) for template in templates
    )


def key_pem(one: keys.Key, passphrase: str | None = None) -> str:
    """Write a private key, encrypted if there is a passphrase."""
    if passphrase is None:
        return pem('PRIVATE KEY', one.pkcs8())
    encrypted = one.encrypted(passphrase)
    assert encrypted is not None
    return pem('ENCRYPTED PRIVATE KEY', encrypted)


def revocation_list(issuer: Template, *revoked: Template) -> str:
    """Write the list of a CA that is valid now."""
    found = certificates.RevocationList(issuer=issuer, revoked=list(revoked))
    return pem('X509 CRL', found.der(datetime.datetime.now(datetime.UTC)))


def pem(label: str, der: bytes) -> str:
    """Put lines of Base64 between two dashed ones."""
    text = base64.b64encode(der).decode('ascii')
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return '\n'.join(
        [f'-----BEGIN {label}-----', *lines, f'-----END {label}-----', '']
    )


def _changed(template: Template, changes: dict[str, Any]) -> Template:
    for name, value in changes.items():
        setattr(template, name, value)
    return template


def _serial() -> int:
    return _SERIALS.getrandbits(64) | 1
