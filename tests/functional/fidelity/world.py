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

"""Two hosts and their CAs, before anything is written to a disk."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import random

from tests.functional import credentials
from tests.functional.fidelity import certificates
from tests.functional.fidelity import keys

HOST = 'host2.example.org'
ADDRESS = '203.0.113.2'
#: What ordinary certificates have; the first ones are the most usual.
USUAL_KEYS = (
    'rsa2048', 'rsa2048', 'p256', 'p256', 'p256', 'ed25519',
)  # fmt: skip
SERVER, CLIENT = 'server', 'client'
#: What a host dials with, and what it is dialled with.
ROLES = {'source': CLIENT, 'destination': SERVER}


@dataclasses.dataclass(kw_only=True)
class Host:
    """One host's directory.

    :ivar leaf: its certificate.
    :ivar key: the private key beside it.
    :ivar chain: what follows the certificate in its file.
    :ivar bundle: ca-cert.pem.
    :ivar crls: ca-crl.pem, if there are any.
    :ivar encrypted: the private key has a passphrase.
    :ivar files: what is really there, once it was written.
    :ivar special: names that are no plain files: 'fifo', 'directory',
        'socket', 'mode:0600', or 'link:' and the target.
    :ivar directory: 'missing', 'file', 'link' or 'mode:0600', if it is none
        of the usual ones.
    """

    role: str
    leaf: certificates.Template
    key: keys.Key
    chain: list[certificates.Template]
    bundle: list[certificates.Template]
    crls: list[certificates.RevocationList] = dataclasses.field(
        default_factory=list
    )
    dh_params: bool = True
    encrypted: str | None = None
    traditional: bool = False
    files: dict[str, bytes] = dataclasses.field(default_factory=dict)
    special: dict[str, str] = dataclasses.field(default_factory=dict)
    directory: str = ''

    @property
    def cert_file(self) -> str:
        return f'{self.role}-cert.pem'

    @property
    def key_file(self) -> str:
        return f'{self.role}-key.pem'

    def write(self, now: datetime.datetime) -> None:
        """Turn everything into files."""
        files = {
            'ca-cert.pem': b''.join(pem_of(ca, now) for ca in self.bundle),
            self.cert_file: b''.join(
                pem_of(one, now) for one in (self.leaf, *self.chain)
            ),
            self.key_file: self._key_pem(),
        }
        if self.dh_params:
            files['dh-params.pem'] = credentials.dh_parameters()
        if self.crls:
            files['ca-crl.pem'] = b''.join(
                pem('X509 CRL', crl.der(now)) for crl in self.crls
            )
        self.files = files

    def _key_pem(self) -> bytes:
        if self.encrypted is not None:
            encrypted = self.key.encrypted(self.encrypted)
            if encrypted is not None:
                return pem('ENCRYPTED PRIVATE KEY', encrypted)
        traditional = self.key.traditional() if self.traditional else None
        if traditional is not None:
            label = 'RSA' if self.key.kind.startswith('rsa') else 'EC'
            return pem(f'{label} PRIVATE KEY', traditional)
        return pem('PRIVATE KEY', self.key.pkcs8())


@dataclasses.dataclass(kw_only=True)
class World:
    """One certificate set.

    :ivar name: what the source looks for.
    :ivar passphrase: what QEMU is told for encrypted keys.
    """

    random: random.Random
    root: certificates.Template
    intermediate: certificates.Template | None
    source: Host
    destination: Host
    name: str = HOST
    verify: bool = True
    priority: str | None = None
    passphrase: str | None = None

    @property
    def hosts(self) -> tuple[Host, Host]:
        return self.source, self.destination

    @property
    def issuer(self) -> certificates.Template:
        """The CA that issues to hosts."""
        return self.intermediate or self.root

    def host(self) -> Host:
        """Either host."""
        return self.random.choice(self.hosts)

    def authority(self) -> certificates.Template:
        """Any CA of the chain."""
        return self.random.choice(
            [self.root, *([self.intermediate] if self.intermediate else [])]
        )

    def any_key(self, kind: str | None = None) -> keys.Key:
        """Any key of a kind, or of a usual one."""
        return keys.get(
            kind or self.random.choice(USUAL_KEYS),
            self.random.randrange(keys.COUNT),
        )

    def new_authority(
        self, subject: str, issuer: certificates.Template | None = None
    ) -> certificates.Template:
        """A CA that has not issued anything yet."""
        return certificates.Template(
            subject=[(certificates.COMMON_NAME, subject)],
            key=self.any_key(),
            issuer=issuer,
            serial=self.random.getrandbits(100) + 1,
            basic=(True, None, True),
            usage=(('keyCertSign', 'cRLSign'), True),
        )


def pem(label: str, der: bytes) -> bytes:
    """Write DER as PEM."""
    lines = base64.encodebytes(der).replace(b'\n', b'')
    body = b'\n'.join(
        lines[start : start + 64] for start in range(0, len(lines), 64)
    )
    return b'-----BEGIN %b-----\n%b\n-----END %b-----\n' % (
        label.encode(),
        body,
        label.encode(),
    )


def pem_of(template: certificates.Template, now: datetime.datetime) -> bytes:
    """Write a certificate as PEM."""
    return pem('CERTIFICATE', template.der(now))


def ordinary(chooser: random.Random) -> World:
    """Two hosts with which nothing is wrong, in any of the usual ways."""
    world = World(
        random=chooser,
        root=None,  # type: ignore[arg-type]
        intermediate=None,
        source=None,  # type: ignore[arg-type]
        destination=None,  # type: ignore[arg-type]
    )
    world.root = world.new_authority('a root')
    if chooser.random() < 0.4:
        world.intermediate = world.new_authority('an issuer', world.root)
        world.intermediate.basic = (True, chooser.choice([None, 0, 1]), True)
    # Old QEMU verifies its own certificate without the chain behind it.
    for where, role in ROLES.items():
        leaf = _leaf(world, role)
        bundle = [world.root]
        if world.intermediate is not None:
            bundle.append(world.intermediate)
            chooser.shuffle(bundle)
        chain = (
            [world.intermediate]
            if world.intermediate is not None and chooser.random() < 0.5
            else []
        )
        host = Host(
            role=role, leaf=leaf, key=leaf.key, chain=chain, bundle=bundle
        )
        setattr(world, where, host)
    if chooser.random() < 0.2:
        world.destination.crls = [
            certificates.RevocationList(issuer=world.issuer)
        ]
    return world


def _leaf(world: World, role: str) -> certificates.Template:
    chooser = world.random
    purposes = {
        SERVER: certificates.SERVER_AUTH,
        CLIENT: certificates.CLIENT_AUTH,
    }
    leaf = certificates.Template(
        subject=[
            (certificates.ORGANIZATION, 'an organization'),
            (certificates.COMMON_NAME, f'a {role}'),
        ],
        key=world.any_key(),
        issuer=world.issuer,
        serial=chooser.getrandbits(100) + 1,
        names=[('dns', HOST), ('ip', ADDRESS)],
        basic=chooser.choice(
            [None, (False, None, True), (False, None, False)]
        ),
        usage=chooser.choice(
            [
                None,
                (('digitalSignature', 'keyEncipherment'), True),
                (('digitalSignature', 'keyEncipherment'), False),
                (('digitalSignature',), False),
            ]
        ),
        purposes=chooser.choice(
            [
                None,
                ((purposes[role],), True),
                ((purposes[role],), False),
                (tuple(purposes.values()), True),
            ]
        ),
    )
    if chooser.random() < 0.2:
        world.name = chooser.choice([ADDRESS, HOST.upper(), HOST])
    return leaf
