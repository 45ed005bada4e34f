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

"""Is the evidence whole, and if not, where and why?"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses

from nova_native_tls._i18n import _
from nova_native_tls.evidence import chain


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a file.

    :ivar number: from 1, in its file.
    :ivar content: without the end of the line.
    :ivar ended: it has an end.
    """

    file: str
    number: int
    content: bytes
    ended: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong, and where; no line if it is what is not there."""

    file: str
    line: int | None
    why: str

    def __str__(self) -> str:
        if self.line is None:
            return self.why
        return _('%(file)s, line %(line)d: %(why)s') % {
            'file': self.file,
            'line': self.line,
            'why': self.why,
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of it.

    :ivar entries: how many lines are entries.
    :ivar first: the first that is there.
    :ivar last: the one that the next would name.
    :ivar problems: empty only if everything there is as it was written.
    :ivar notices: what is not as it should be, and nobody's doing.
    """

    entries: int
    first: chain.Anchor | None
    last: chain.Anchor | None
    problems: tuple[Problem, ...]
    notices: tuple[Problem, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A line, and what it says; None if it is no entry.

    :ivar entry: without its content, which nobody needs for long.
    :ivar about: what it says of other entries.
    """

    line: Line
    entry: chain.Entry | None
    about: object = None


def verify(
    lines: Iterable[Line], expected: Sequence[chain.Anchor] = ()
) -> Verdict:
    """Find every line that is not as, or where, it was written.

    What it cannot find: entries that are missing at the end, and evidence
    that was written anew from some entry on; unless an anchor is expected
    that is missing then.

    :param lines: of all files, the oldest first.
    """
    read = [_read(line) for line in lines]
    walk = _Walk(read)
    walk.walk()
    found = [each.entry for each in read if each.entry is not None]
    if not found:
        walk.say(_('there is no entry'))
    for anchor in expected:
        walk.expect(anchor, found)
    return Verdict(
        entries=len(found),
        first=found[0].anchor if found else None,
        last=walk.before.anchor if walk.before else None,
        problems=tuple(walk.problems),
        notices=tuple(walk.notices),
    )


def _read(line: Line) -> _Read:
    try:
        entry = chain.from_line(line.content)
    except ValueError:
        return _Read(line=line, entry=None)
    about: object = None
    if entry.kind == chain.Kind.REMOVED and entry.fits:
        about = _removed(entry)
    elif entry.kind == chain.Kind.TORN:
        about = entry.content
    return _Read(
        line=dataclasses.replace(line, content=b''),
        entry=dataclasses.replace(entry, content={}),
        about=about,
    )


def _removed(entry: chain.Entry) -> int:
    """Give the last entry that was removed; none comes after it says so."""
    through = entry.content.get('through')
    if type(through) is int and 0 < through < entry.number:
        return through
    return 0


class _Walk:
    """From the first line to the last.

    :ivar before: the entry with the highest number so far.
    """

    def __init__(self, read: Sequence[_Read]) -> None:
        self.before: chain.Entry | None = None
        self.problems: list[Problem] = []
        self.notices: list[Problem] = []
        self._read = read
        self._numbers = sorted(
            {each.entry.number for each in read if each.entry is not None}
        )
        self._removed = max(
            (
                each.about
                for each in read
                if each.entry is not None and type(each.about) is int
            ),
            default=0,
        )

    def say(self, why: str, line: Line | None = None) -> None:
        """Note what is wrong."""
        self.problems.append(_problem(why, line))

    def walk(self) -> None:
        """Look at every line."""
        for index, each in enumerate(self._read):
            if each.entry is None:
                self._no_entry(index)
                continue
            if not each.entry.fits:
                self.say(
                    _('entry %d was edited: its hash is that of another')
                    % each.entry.number,
                    each.line,
                )
            if each.entry.kind == chain.Kind.TORN:
                self._tells_of_torn(index)
            self._place(each.line, each.entry)

    def _no_entry(self, index: int) -> None:
        line = self._read[index].line
        after = self._read[index + 1 : index + 2]
        if after and after[0].about == chain.describe_torn(line.content):
            why = _('it was cut off by a crash, as the next line says')
            self.notices.append(_problem(why, line))
        elif not after and not line.ended:
            why = _(
                'it is not whole: either it was cut off by a crash, or it is '
                'just being written'
            )
            self.notices.append(_problem(why, line))
        else:
            self.say(_('it is not an entry'), line)

    def _tells_of_torn(self, index: int) -> None:
        """A part of a line is evidence, too."""
        read = self._read[index]
        before = self._read[index - 1] if index else None
        # What was before the first of all lines was removed as it should be.
        if before is not None and (
            before.entry is not None
            or chain.describe_torn(before.line.content) != read.about
        ):
            self.say(
                _('the line before is not the one that a crash cut off'),
                read.line,
            )

    def _place(self, line: Line, entry: chain.Entry) -> None:
        before = self.before
        if before is not None and entry.number <= before.number:
            self.say(
                _(
                    'entry %(number)d stands after entry %(before)d: it was '
                    'moved or repeated'
                )
                % {'number': entry.number, 'before': before.number},
                line,
            )
            return
        due = 1 if before is None else before.number + 1
        if entry.number > due:
            self._gap(line, max(due, self._removed + 1), entry.number - 1)
        elif entry.previous != (
            chain.GENESIS if before is None else before.hash
        ):
            self.say(
                _(
                    'entry %d does not follow from the one before: that one '
                    'was replaced'
                )
                % entry.number,
                line,
            )
        self.before = entry

    def _gap(self, line: Line, first: int, last: int) -> None:
        """Tell what is nowhere; what is elsewhere is told there."""
        there = bisect.bisect_right(self._numbers, last) - bisect.bisect_left(
            self._numbers, first
        )
        missing = last - first + 1 - there
        if missing <= 0:
            return
        if first == last:
            why = _('entry %d is missing before it') % first
        else:
            why = _(
                '%(missing)d of the entries %(first)d to %(last)d are missing '
                'before it'
            ) % {'missing': missing, 'first': first, 'last': last}
        self.say(why, line)

    def expect(
        self, anchor: chain.Anchor, found: Sequence[chain.Entry]
    ) -> None:
        """Look for an entry that somebody knows of."""
        if any(
            entry.hash.startswith(anchor.hash)
            and anchor.number in (None, entry.number)
            for entry in found
        ):
            return
        if anchor.number is not None and anchor.number <= self._removed:
            why = _('the expected entry %s was removed with the oldest')
            self.notices.append(_problem(why % anchor, None))
            return
        why = _(
            'the expected entry %(anchor)s is not there: entries are missing '
            'at the end, which is entry %(last)d now, or were written anew'
        ) % {
            'anchor': anchor,
            'last': self.before.number if self.before else 0,
        }
        self.say(why)


def _problem(why: str, line: Line | None) -> Problem:
    return Problem(
        file=line.file if line else '',
        line=line.number if line else None,
        why=why,
    )
