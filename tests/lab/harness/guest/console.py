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

"""What the guest kernel says on its serial console, read."""

from __future__ import annotations

import dataclasses
import re

_READY = re.compile(
    rb'^ready memory_mib=(\d+) static_pages=(\d+)'
    rb' working_set_pages=(\d+)\r?$',
    re.MULTILINE,
)
_BEAT = re.compile(
    rb'^beat=(\d+) dirtied_pages=(\d+) checked_pages=(\d+)'
    rb' bad_pages=(\d+) passes=(\d+)\r?$',
    re.MULTILINE,
)
_ERROR = re.compile(rb'^error (.+?)\r?$', re.MULTILINE)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """The guest filled its memory; the rest of ``memory_mib`` is its own."""

    memory_mib: int
    static_pages: int
    working_set_pages: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Beat:
    """One second of guest time, with counts since the guest was booted.

    ``bad_pages`` counts findings, so a page that stays bad is counted again
    at each pass.
    """

    number: int
    dirtied_pages: int
    checked_pages: int
    bad_pages: int
    passes: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Console:
    """All that one host's file says: after a migration, only what is new."""

    ready: Ready | None
    beats: tuple[Beat, ...]
    error: str | None


def parse(written: bytes) -> Console:
    """Read a console file that may still be growing.

    A migration can cut a line in two, the halves going to two hosts' files:
    only lines that begin and end in this file are read.
    """
    whole = written[: written.rfind(b'\n') + 1]
    ready = _READY.search(whole)
    error = _ERROR.search(whole)
    return Console(
        ready=None if ready is None else _ready(ready),
        beats=tuple(_beat(match) for match in _BEAT.finditer(whole)),
        error=None if error is None else error[1].decode(errors='replace'),
    )


def _ready(match: re.Match[bytes]) -> Ready:
    memory_mib, static_pages, working_set_pages = map(int, match.groups())
    return Ready(
        memory_mib=memory_mib,
        static_pages=static_pages,
        working_set_pages=working_set_pages,
    )


def _beat(match: re.Match[bytes]) -> Beat:
    number, dirtied, checked, bad, passes = map(int, match.groups())
    return Beat(
        number=number,
        dirtied_pages=dirtied,
        checked_pages=checked,
        bad_pages=bad,
        passes=passes,
    )
