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

"""Finds sentences of the catalogue in a text of any length.

A text may be one error message or a log of many megabytes, with whatever
else a log holds. It is read in blocks, so memory stays the same; every
pattern has an upper bound, so time is proportional to length.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from collections.abc import Sequence
import dataclasses
import datetime
import re
from typing import Any
from typing import TextIO

from nova_native_tls.explain import catalogue
from nova_native_tls.explain import entry
from nova_native_tls.explain import sentence

_BLOCK = 64 * 1024
# Longer than any sentence, so that one that is cut in two is whole in the
# next block.
_OVERLAP = 4 * 1024

_COMPILED = tuple(
    (each, sentence.compile_sentence(text))
    for each in catalogue.CATALOGUE
    for text in each.sentences
)

# libvirt copies lines of QEMU's log into its own error, sometimes without
# anything between them.
_STAMP = r'\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{1,9}(?:Z|\+0000)'
_GLUED = re.compile(rf'(?<=[^\n])(?={_STAMP}[ :])')
_TIME = re.compile(_STAMP)
_QEMU_LINE = re.compile(rf'{_STAMP} ?qemu')

# What stands around a sentence that another program quotes.
_SURROUNDINGS = ' \t\r"\'\\})];,'

_Q = '[\'"\u2018\u2019\u201c\u201d]'
# What says on which host the words that follow were said (libvirt
# src/qemu/qemu_monitor_json.c, qemu_migration.c, qemu_domainjob.c).
_SPEAKERS = (
    (
        entry.Host.SOURCE,
        rf'Message from the source host:|job {_Q}migration out{_Q}'
        rf'|migration out job:|QEMU command {_Q}(?:migrate|blockdev-add'
        rf'|blockdev-mirror|migrate-start-postcopy){_Q}'
        r'|migration of disk \w{1,64} failed',
    ),
    (
        entry.Host.DESTINATION,
        rf'Message from the destination host:|job {_Q}migration in{_Q}'
        rf'|QEMU command {_Q}(?:nbd-server-\w{{1,16}}|block-export-add'
        rf'|migrate-incoming){_Q}'
        # Only while a guest is arriving does libvirt quote QEMU's log.
        r'|unexpectedly closed the monitor'
        r'|process exited while connecting to monitor'
        r'|option negotiation failed:',
    ),
)
_SPEAKER = re.compile('|'.join(f'({pattern})' for _host, pattern in _SPEAKERS))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A sentence in a text.

    :ivar known: what the catalogue knows of it.
    :ivar values: what the sentence names.
    :ivar said_by: the host that the words around it name; None if they name
        none.
    :ivar when: the time that its line, or one before it, begins with.
    """

    known: entry.Entry
    text: str
    values: dict[str, str]
    said_by: entry.Host | None
    when: datetime.datetime | None


def scan(stream: TextIO) -> Iterator[Hit]:
    """Find all sentences, in the order of the text."""
    when: datetime.datetime | None = None
    for block, whole in _blocks(stream):
        present = [
            (each, compiled)
            for each, compiled in _COMPILED
            if compiled.needle in block
        ]
        if present:
            yield from _Block(block, whole=whole, when=when).hits(present)
        when = _last_time(block) or when


def _blocks(stream: TextIO) -> Iterator[tuple[str, bool]]:
    """Cut a stream into blocks that end with a line, if they can.

    The second value is False if a block ends in the middle of a line that
    goes on in the next one.
    """
    kept = ''
    while chunk := stream.read(_BLOCK):
        block = kept + chunk
        cut = block.rfind('\n') + 1
        if cut:
            yield block[:cut], True
            kept = block[cut:]
        elif len(block) > _BLOCK:
            yield block, False
            kept = block[-_OVERLAP:]
        else:
            kept = block
    if kept:
        yield kept, True


def _last_time(block: str) -> datetime.datetime | None:
    # Usually there is one near the end.
    for start in (max(0, len(block) - _OVERLAP), 0):
        stamps = _TIME.findall(block, start)
        if stamps:
            return _time(stamps[-1])
    return None


def _time(stamp: str) -> datetime.datetime | None:
    """Read a time to the microsecond.

    A migration may begin and fail within one second, and its words must not
    be taken for those of an earlier one.
    """
    fraction = stamp[20:26].rstrip('Z').partition('+')[0]
    try:
        seconds = datetime.datetime.fromisoformat(stamp[:19])
    except ValueError:
        return None
    return seconds.replace(
        microsecond=int(fraction.ljust(6, '0')), tzinfo=datetime.UTC
    )


class _Block:
    """One block with the positions of what gives a sentence its context."""

    def __init__(
        self, text: str, *, whole: bool, when: datetime.datetime | None
    ) -> None:
        self._text = _GLUED.sub('\n', text)
        self._whole = whole
        self._times: list[tuple[int, datetime.datetime | None]] = [(-1, when)]
        self._times += [
            (found.start(), _time(found[0]))
            for found in _TIME.finditer(self._text)
        ]
        self._speakers = list(self._find_speakers())

    def hits(
        self, present: list[tuple[entry.Entry, sentence.Sentence]]
    ) -> Iterator[Hit]:
        """Give each sentence once: where two overlap, the longer one."""
        matches = [
            (found.start(), -len(found[0]), order, found, each)
            for order, (each, compiled) in enumerate(present)
            for found in compiled.pattern.finditer(self._text)
            if self._whole or found.end() < len(self._text)
        ]
        end = -1
        for start, _length, _order, found, each in sorted(
            matches, key=lambda match: match[:3]
        ):
            if start < end:
                continue
            values = {
                name: value.strip(_SURROUNDINGS)
                for name, value in found.groupdict().items()
            }
            end = found.start('detail') if 'detail' in values else found.end()
            yield Hit(
                known=each,
                text=found[0].strip(_SURROUNDINGS),
                values=values,
                said_by=self._speaker(start),
                when=self._times[self._at_or_before(self._times, start)][1],
            )

    def _find_speakers(self) -> Iterator[tuple[int, int, entry.Host]]:
        """Where a host speaks: from, until, which."""
        for found in _SPEAKER.finditer(self._text):
            until = self._line_end(found.end())
            while _QEMU_LINE.match(self._text, until + 1):
                until = self._line_end(until + 1)
            host = _SPEAKERS[(found.lastindex or 1) - 1][0]
            yield found.start(), until, host

    def _line_end(self, position: int) -> int:
        end = self._text.find('\n', position)
        return len(self._text) if end < 0 else end

    def _speaker(self, position: int) -> entry.Host | None:
        index = self._at_or_before(self._speakers, position)
        if index < 0:
            return None
        _start, until, host = self._speakers[index]
        return host if position <= until else None

    @staticmethod
    def _at_or_before(items: Sequence[tuple[Any, ...]], position: int) -> int:
        return bisect.bisect_right(items, position, key=lambda x: x[0]) - 1
