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

"""Files of two hosts with which nothing is wrong."""

from __future__ import annotations

from collections.abc import Mapping
import datetime
import functools

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed25519

from nova_native_tls.pki import credential_set
from tests.functional.fidelity import asn1
from tests.functional.fidelity import certificates
from tests.functional.fidelity import keys
from tests.functional.fidelity import world

NAME = world.HOST
_ISSUED = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_LIFETIME_S = 50 * 365 * certificates.DAY
_CA_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))


@functools.cache
def hosts() -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
    """Give the files of a source and of a destination, by name.

    Every byte is the same in each run: what signs is Ed25519, which takes no
    random numbers.
    """
    root = certificates.Template(
        subject=[(certificates.COMMON_NAME, 'a root')],
        key=keys.Key('ed25519', _CA_KEY),
        until=_LIFETIME_S,
        basic=(True, None, True),
        usage=(('keyCertSign', 'cRLSign'), True),
    )
    found = []
    for number, role in enumerate((world.CLIENT, world.SERVER), 1):
        private = ec.derive_private_key(number, ec.SECP256R1())
        leaf = certificates.Template(
            subject=[(certificates.COMMON_NAME, f'a {role}')],
            key=keys.Key('p256', private),
            issuer=root,
            serial=1 + number,
            until=_LIFETIME_S,
            names=[('dns', NAME), ('ip', world.ADDRESS)],
            usage=(('digitalSignature', 'keyEncipherment'), True),
            purposes=(
                (certificates.SERVER_AUTH, certificates.CLIENT_AUTH),
                False,
            ),
        )
        host = world.Host(
            role=role,
            leaf=leaf,
            key=leaf.key,
            chain=[],
            bundle=[root],
            crls=[certificates.RevocationList(issuer=root, until=None)],
        )
        host.write(_ISSUED)
        found.append(host.files)
    return found[0], found[1]


@functools.cache
def unusual_certificates() -> tuple[bytes, ...]:
    """Certificates with all that is ever read, and what never is, in PEM."""
    template = certificates.Template(
        subject=[(certificates.COMMON_NAME, f'name {n}') for n in range(3)],
        key=keys.Key('ed25519', _CA_KEY),
        until=_LIFETIME_S,
        basic=(False, None, True),
        usage=(('digitalSignature', 'keyEncipherment'), True),
        purposes=((certificates.SERVER_AUTH, '1.2.3.4'), False),
        names=[
            ('dns', NAME),
            ('ip', world.ADDRESS),
            ('ip', '2001:db8::1'),
            ('email', 'someone@example.org'),
            ('uri', 'https://example.org/'),
            ('directory', 'a directory'),
            ('rid', '1.2.3.4'),
            ('other', 'another'),
        ],
        extra=[
            (
                certificates.NAME_CONSTRAINTS,
                True,
                asn1.sequence(
                    asn1.explicit(
                        0,
                        asn1.sequence(
                            certificates.general_name('dns', 'example.org')
                        ),
                    )
                ),
            ),
            ('1.2.3.4.5', False, b'anything'),
        ],
    )
    twice = template.copy()
    twice.extra.append(template.extra[-1])
    unknown = template.copy()
    unknown.names = []
    # ediPartyName, which hardly anything can read.
    unknown.extra.append(
        (certificates.SAN, False, asn1.sequence(asn1.implicit(5, b'\0')))
    )
    return tuple(
        world.pem_of(each, _ISSUED) for each in (template, twice, unknown)
    )


def as_read(
    files: Mapping[str, bytes | credential_set.File],
    *,
    directory: str,
    passphrase: str | None = None,
) -> credential_set.CredentialSet:
    """Give files as if they had been read."""
    return credential_set.CredentialSet(
        directory=directory,
        files={
            name: content
            if isinstance(content, credential_set.File)
            else credential_set.File(content=content)
            for name, content in files.items()
        },
        passphrase=passphrase,
    )
