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

"""Makes certificate sets from a seed."""

from __future__ import annotations

import dataclasses
import datetime
import os
import pathlib
import random
import socket

from tests.functional.fidelity import authority_defects
from tests.functional.fidelity import defect
from tests.functional.fidelity import file_defects
from tests.functional.fidelity import key_defects
from tests.functional.fidelity import leaf_defects
from tests.functional.fidelity import name_defects
from tests.functional.fidelity import world

#: Modules that enter defects when they are imported.
SOURCES = (
    authority_defects,
    file_defects,
    key_defects,
    leaf_defects,
    name_defects,
)

#: How many defects a set has, and how often.
_COUNTS = (0, 1, 2, 3)
_WEIGHTS = (5, 65, 20, 10)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CertificateSet:
    """Two directories, and how they are to be used.

    :ivar defects: what is wrong, or unusual, by name.
    """

    seed: int
    number: int
    defects: tuple[str, ...]
    source: pathlib.Path
    destination: pathlib.Path
    name: str
    verify: bool
    priority: str | None
    passphrase: str | None
    fifos: tuple[pathlib.Path, ...]


def generate(
    seed: int, number: int, directory: pathlib.Path, only: str | None = None
) -> CertificateSet:
    """Make one set; the same number of a seed has the same defects.

    Keys and dates differ from one time to the next.

    :param only: a defect that it has beside those by chance.
    """
    chooser = random.Random(f'{seed}/{number}')
    defects = _choose(chooser, only)
    one = world.ordinary(chooser)
    for each in defects:
        if not each.on_files:
            each.change(one)
    now = datetime.datetime.now(datetime.UTC)
    for host in one.hosts:
        host.write(now)
    for each in defects:
        if each.on_files:
            try:
                each.change(one)
            except (KeyError, ValueError, IndexError):
                # Another one took away what it would have changed.
                continue
    fifos = []
    for where, host in zip(('source', 'destination'), one.hosts, strict=True):
        fifos += _write(host, directory / where)
    return CertificateSet(
        seed=seed,
        number=number,
        defects=tuple(each.name for each in defects) or ('none',),
        source=directory / 'source',
        destination=directory / 'destination',
        name=one.name,
        verify=one.verify,
        priority=one.priority,
        passphrase=one.passphrase,
        fifos=tuple(fifos),
    )


def _choose(
    chooser: random.Random, only: str | None
) -> tuple[defect.Defect, ...]:
    every = list(defect.REGISTRY.values())
    count = chooser.choices(_COUNTS, _WEIGHTS)[0]
    chosen = chooser.choices(every, [d.weight for d in every], k=count)
    if only is not None:
        chosen = [defect.REGISTRY[only], *chosen[1:]]
    return tuple(dict.fromkeys(chosen))


def _write(host: world.Host, directory: pathlib.Path) -> list[pathlib.Path]:
    directory.mkdir()
    for name, content in host.files.items():
        (directory / name).write_bytes(content)
    fifos = []
    for name, kind in host.special.items():
        path = directory / name
        path.unlink(missing_ok=True)
        if kind == 'fifo':
            os.mkfifo(path)
            fifos.append(path)
        elif kind == 'directory':
            path.mkdir()
        elif kind == 'socket':
            with socket.socket(socket.AF_UNIX) as unused:
                unused.bind(str(path))
        elif kind.startswith('mode:'):
            path.write_bytes(host.files.get(name, b''))
            path.chmod(int(kind.removeprefix('mode:'), 8))
        elif kind == 'link:itself':
            path.symlink_to(name)
        else:
            path.symlink_to(kind.removeprefix('link:'))
    _deface(host.directory, directory)
    return fifos


def _deface(kind: str, directory: pathlib.Path) -> None:
    """Make something else of the whole directory, if that is wanted."""
    if kind in ('missing', 'file', 'link'):
        kept = directory.with_name(f'{directory.name}-kept')
        directory.rename(kept)
        if kind == 'file':
            directory.write_bytes(b'')
        elif kind == 'link':
            directory.symlink_to(kept.name)
    elif kind.startswith('mode:'):
        directory.chmod(int(kind.removeprefix('mode:'), 8))
