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

"""Installs on a file system that is almost full; a program of its own.

It makes a small file system in a mount namespace of its own, which nobody
else sees, and prints one JSON object.
"""

from __future__ import annotations

import collections
import json
import os
import pathlib
import sys

from nova_native_tls import exception
from nova_native_tls.identity import candidate
from nova_native_tls.identity import install
from nova_native_tls.identity import pending
from tests.functional.identity import world
from tests.functional import small_disk

SIZE = 256 * 1024


def main(root: str, materials: str) -> None:
    """Install again and again while there is less and less room.

    :param root: an empty directory.
    :param materials: a JSON file: the CA, and for each time the private key,
        the request and the certificate.
    """
    small_disk.mount(root, SIZE)
    os.chdir(root)
    given = json.loads(pathlib.Path(materials).read_text())
    ca = given['ca'].encode()
    directory = pathlib.Path(root) / 'pki'
    where = world.place_at(directory)
    outcomes: collections.Counter[str] = collections.Counter()
    sentences = set()
    ballast = pathlib.Path(root) / 'ballast'
    for number, each in enumerate(given['identities']):
        cert = each['cert'].encode()
        ballast.unlink(missing_ok=True)
        _ask(directory, each)
        before = _content(directory)
        if number:
            small_disk.leave_room(ballast, pages=number - 1)
        try:
            install.install(
                candidate.Given(cert=cert, ca=ca), where, world.PATIENCE
            )
            outcome = 'installed'
        except exception.NativeTLSError as err:
            outcome = 'refused'
            sentences.add(type(err).__name__)
        after = _content(directory)
        if outcome == 'refused' and after != before:
            outcome = 'changed though refused'
        if outcome == 'installed' and after.get('server-cert.pem') != cert:
            outcome = 'not what was installed'
        world.assert_qemu_loads(directory)
        outcomes[outcome] += 1
    print(json.dumps({'outcomes': outcomes, 'errors': sorted(sentences)}))


def _ask(directory: pathlib.Path, identity: dict[str, str]) -> None:
    """Let this be what is pending."""
    path = directory / pending.DIRECTORY
    path.mkdir(parents=True, exist_ok=True)
    (path / pending.KEY).write_text(identity['key'])
    (path / pending.CSR).write_text(identity['csr'])


def _content(directory: pathlib.Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in directory.glob('*.pem')
        if path.exists()
    }


if __name__ == '__main__':
    main(*sys.argv[1:])
