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

"""What do the checks say, as an operator runs them?"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from tests.lab.fault_matrix import fault as matrix_fault
from tests.lab.fault_matrix import scene as matrix_scene
from tests.lab.fault_matrix import stand
from tests.lab.fault_matrix import warm

JSON = ('-f', 'json')
HOST_CHECK = ('host', 'check', *JSON)

FAILURE, WARNING = 'failure', 'warning'
#: The lab keeps nobody's clock, and what nobody can see is no fault.
ORDINARY = frozenset({'clock.unsynchronised', 'destination.not-seen'})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding, and on which host the command was run."""

    code: str
    status: str
    subject: str
    seen: str
    remedy: str
    stand: stand.Stand


def look(
    scene: matrix_scene.Scene, fault: matrix_fault.Fault
) -> tuple[Finding, ...]:
    """Run what an operator runs, and collect what is not a success."""
    source, destination = scene.source, scene.destination
    pair = ('pair', 'check', destination.host.uri('tls'), *JSON)
    running = []
    for one, command, argv in (
        (destination, destination.commands[0], HOST_CHECK),
        (source, source.commands[0], HOST_CHECK),
        (source, source.commands[1], pair),
    ):
        command.start(*argv)
        running.append((one, command))
    found = [
        finding
        for one, command in running
        for finding in _read(one, command.wait())
    ]
    if fault.seen_by is matrix_fault.SeenBy.CANARY:
        done = source.commands[1].run(*pair, '--depth', 'canary')
        found += _read(source, done)
    if fault.seen_by is matrix_fault.SeenBy.FILES:
        found += _of_files(scene, fault.name_to_verify)
    return tuple(found)


def _read(one: stand.Stand, done: warm.Done) -> list[Finding]:
    if not done.stdout.strip():
        return [
            Finding(
                code='error',
                status=FAILURE,
                subject=one.host.name,
                seen=done.stderr.strip(),
                remedy='',
                stand=one,
            )
        ]
    answer: Any = json.loads(done.stdout)
    rows = answer['findings'] if isinstance(answer, dict) else answer
    return [
        Finding(
            code=row['code'],
            status=row['status'],
            subject=row['subject'],
            # A list of findings has the longer word for it.
            seen=row.get('seen') or row.get('detail', ''),
            remedy=row['remedy'],
            stand=one,
        )
        for row in rows
        if row['status'] in (FAILURE, WARNING) and row['code'] not in ORDINARY
    ]


def _of_files(scene: matrix_scene.Scene, name: str | None) -> list[Finding]:
    """Compare copies of the files, as on a third machine."""
    done = scene.controller.run(
        *('pair', 'check'),
        *('--source-pki', _copied(scene, scene.source)),
        *('--destination-pki', _copied(scene, scene.destination)),
        *('--name', name or scene.destination.host.fqdn, *JSON),
    )
    found = _read(scene.source, done)
    sides = {'source': scene.source, 'destination': scene.destination}
    return [
        dataclasses.replace(
            each, stand=sides.get(each.subject.split(' ')[0], scene.source)
        )
        for each in found
    ]


def _copied(scene: matrix_scene.Scene, one: stand.Stand) -> str:
    directory = f'/run/files-of-{one.host.name}'
    scene.lab.controller.run(['mkdir', '-p', directory])
    target = scene.lab.controller.path(directory)
    for old in target.iterdir():
        old.unlink()
    for path in one.path(stand.DIRECTORY).iterdir():
        if path.is_file():
            (target / path.name).write_bytes(path.read_bytes())
    return directory
