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

"""Do two processes find the same files under the same paths?

Needs no right over the other process, where looking through /proc/PID/root
needs CAP_SYS_PTRACE.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import re

_ESCAPED = re.compile(r'\\([0-7]{3})')


@dataclasses.dataclass(frozen=True, slots=True)
class Mount:
    """A line of /proc/PID/mountinfo (proc(5)).

    :ivar device: of the file system, as major:minor.
    :ivar source: the directory or file in that file system.
    :ivar point: where it is mounted.
    """

    device: str
    source: str
    point: str


def read(pid: int | str) -> tuple[Mount, ...]:
    """Read what is mounted for a process.

    :raises OSError: there is no such process.
    """
    with open(
        f'/proc/{pid}/mountinfo', encoding='utf-8', errors='surrogateescape'
    ) as table:
        return parse(table.read())


def parse(table: str) -> tuple[Mount, ...]:
    """Read the table."""
    return tuple(
        Mount(fields[2], _plain(fields[3]), _plain(fields[4]))
        for line in table.splitlines()
        if len(fields := line.split(' ')) > 4
    )


def _plain(written: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), written)


def same(
    here: Sequence[Mount], there: Sequence[Mount], paths: Iterable[str]
) -> bool:
    """Tell whether these paths, and all below them, are the same files.

    :param paths: absolute, without symbolic links.
    """
    return here == there or all(
        _origin(here, path) == _origin(there, path)
        and _below(here, path) == _below(there, path)
        for path in paths
    )


def _origin(mounts: Sequence[Mount], path: str) -> tuple[str, str] | None:
    """Give file system, and path in it; the last of several mounts counts."""
    covering = [each for each in mounts if _is_in(path, each.point)]
    if not covering:
        return None
    deepest = max(len(each.point) for each in covering)
    last = [each for each in covering if len(each.point) == deepest][-1]
    rest = path[len(last.point.rstrip('/')) :]
    return last.device, last.source.rstrip('/') + rest


def _below(mounts: Sequence[Mount], path: str) -> list[Mount]:
    return [
        each
        for each in mounts
        if each.point != path and _is_in(each.point, path)
    ]


def _is_in(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip('/') + '/')
