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

"""Two hosts' files in memory, with nothing wrong until a test changes it."""

from __future__ import annotations

import datetime
import random

from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import verdict

from tests.functional.fidelity import certificates
from tests.functional.fidelity import keys
from tests.functional.fidelity import world

#: One of each way to load credentials, and one with an older rule.
OLD = versions.Version(7, 2, 22)
OLDER = versions.Version(8, 2, 2)
NEW = versions.Version(10, 2)
NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
NAME = world.HOST
SERVER = credential_set.Endpoint.SERVER
CLIENT = credential_set.Endpoint.CLIENT


def pair(*, intermediate: bool = False) -> world.World:
    """Two hosts with certificates of one CA."""
    one = world.World(
        random=random.Random(1),
        root=certificates.Template(
            subject=[(certificates.COMMON_NAME, 'a root')],
            key=keys.get('p256', 0),
            basic=(True, None, True),
            usage=(('keyCertSign', 'cRLSign'), True),
        ),
        intermediate=None,
        source=None,
        destination=None,
    )
    if intermediate:
        one.intermediate = one.root.copy()
        one.intermediate.subject = [(certificates.COMMON_NAME, 'an issuer')]
        one.intermediate.issuer = one.root
        one.intermediate.key = keys.get('p256', 3)
        one.intermediate.serial = 4
    for number, (where, role) in enumerate(world.ROLES.items(), 1):
        leaf = certificates.Template(
            subject=[(certificates.COMMON_NAME, f'a {role}')],
            key=keys.get('p256', number),
            issuer=one.issuer,
            serial=1 + number,
            names=[('dns', NAME), ('ip', world.ADDRESS)],
        )
        host = world.Host(
            role=role,
            leaf=leaf,
            key=leaf.key,
            chain=[],
            bundle=[one.issuer, *([one.root] if intermediate else [])],
        )
        setattr(one, where, host)
    return one


def write(one: world.World) -> None:
    """Sign everything, so that a test can change the files."""
    for host in one.hosts:
        host.write(NOW)


def files(
    host: world.Host, passphrase: str | None = None
) -> credential_set.CredentialSet:
    """Give a host's files as if they had been read."""
    if not host.files:
        host.write(NOW)
    return credential_set.CredentialSet(
        directory=f'/{host.role}',
        files={
            name: credential_set.File(content=content)
            for name, content in host.files.items()
        },
        passphrase=passphrase,
    )


def predict(one: world.World, **changes) -> verdict.PairVerdict:
    """Ask about a pair; ``OLD`` is the QEMU of both."""
    arguments = {'name': NAME, 'qemu_version': OLD, **changes}
    return verdict.of_pair(
        files(one.source, one.passphrase),
        files(one.destination, one.passphrase),
        **arguments,
    )


def codes(found: verdict.Verdict, *, stricter: bool = False) -> list[str]:
    """Give the codes of what is wrong, as ``side: code``."""
    return [
        f'{each.side}: {each.code}'
        for each in found.findings
        if each.wanted and each.stricter is stricter
    ]
