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

"""The files with the evidence: added to, begun anew when full, and read.

The newest entries are in the file of the given name. When it is full it gets
the number of its last entry at the end of its name, and the chain goes on in
a new one. Of the full ones the oldest are removed; that, too, is an entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import glob
import os
import re
from typing import Any
from typing import BinaryIO

from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls.evidence import chain
from nova_native_tls.evidence import verification
from nova_native_tls import exception
from nova_native_tls.store import durable
from nova_native_tls.store import file_lock

LOG = logging.getLogger(__name__)

#: Names and addresses are in there, which not everybody has to know.
ACCESS = durable.Access(mode=0o640)
_DIGITS = 12
_BLOCK = 64 * 1024


class EvidenceUnreadable(exception.NativeTLSError):
    msg_fmt = _('The evidence in %(path)s cannot be read: %(problem)s')


class Journal:
    """Where entries are added; by any number of processes and threads."""

    def __init__(self, path: str, *, max_bytes: int, keep_files: int) -> None:
        """Write there.

        :param max_bytes: of one file, unless a single entry has more.
        :param keep_files: how many full ones stay.
        """
        self._path = path
        self._max_bytes = max_bytes
        self._keep_files = keep_files

    def append(
        self, kind: chain.Kind, content: Mapping[str, Any]
    ) -> chain.Anchor:
        """Add an entry; once this returns, a crash does not undo it.

        :raises WriteFailed: it is not there; those before it are.
        :raises InUse: others have written for too long.
        :raises NotLockable: there can be no such file.
        :raises EvidenceUnreadable: what is there cannot be read.
        """
        while True:
            with file_lock.hold(self._path, ACCESS):
                self._undo_put_aside()
                end = self._end()
                if end is not None:
                    return self._append(end, kind, content)

    def _append(
        self, end: _End, kind: chain.Kind, content: Mapping[str, Any]
    ) -> chain.Anchor:
        last = end.entry or self._last_of_full_files()
        entry = chain.follow(last, kind, content)
        new = chain.to_line(entry)
        is_full = end.size > 0 and end.size + len(new) > self._max_bytes
        if last is not None and is_full:
            last = self._remove_oldest(last)
            entry = chain.follow(last, kind, content)
            new = chain.to_line(entry)
            if self._put_aside(last):
                # In one step: whoever waits for the full one sees the new.
                durable.write(self._path, new, ACCESS)
                return entry.anchor
        durable.append(self._path, new, ACCESS)
        return entry.anchor

    def _undo_put_aside(self) -> None:
        """Take a name back that a crash kept from being the only one."""
        for name in full_files(self._path)[-1:]:
            if os.path.samefile(name, self._path):
                durable.remove(name)

    def _end(self) -> _End | None:
        """Find the end of the file, and end a line that a crash cut off.

        :returns: None if the file is another one now, which has to be locked.
        """
        end = _End(self._path)
        if end.damaged:
            LOG.warning(
                'In %s the last %d lines are not entries: run '
                '"nova-native-tls evidence verify"',
                self._path,
                end.damaged,
            )
        if not end.rest:
            return end
        if _is_whole(end.rest):
            durable.append(self._path, b'\n', ACCESS)
            return _End(self._path)
        LOG.warning(
            'The last line of %s is not whole, a crash cut it off: it stays, '
            'and the next one says so',
            self._path,
        )
        said = chain.torn(end.entry or self._last_of_full_files(), end.rest)
        with _open(self._path) as file:
            content = file.read() + b'\n' + chain.to_line(said)
        # All in one step, so that the next crash cannot cut it off again.
        durable.write(self._path, content, ACCESS)
        return None

    def _last_of_full_files(self) -> chain.Entry | None:
        for path in reversed(full_files(self._path)):
            found = _End(path).entry
            if found is not None:
                return found
        return None

    def _put_aside(self, last: chain.Entry) -> bool:
        """Give the full file its other name, which it keeps.

        :returns: False if it cannot have one; then it goes on growing.
        """
        aside = f'{self._path}.{last.number:0{_DIGITS}d}'
        try:
            durable.hard_link(aside, self._path)
        except durable.WriteFailed as err:
            LOG.warning('%s is full, and goes on growing: %s', self._path, err)
            return False
        return True

    def _remove_oldest(self, last: chain.Entry) -> chain.Entry:
        """Remove what is too old once there is another full file; say so.

        :returns: the last entry by then.
        """
        full = full_files(self._path)
        paths = full[: max(len(full) + 1 - self._keep_files, 0)]
        if not paths:
            return last
        ends = [_End(path).entry for path in paths]
        through = max((entry.number for entry in ends if entry), default=0)
        said = chain.follow(last, chain.Kind.REMOVED, {'through': through})
        durable.append(self._path, chain.to_line(said), ACCESS)
        for path in paths:
            durable.remove(path)
        return said


class _End:
    """The end of one file.

    :ivar entry: the last one; None if there is none.
    :ivar damaged: how many lines after it are none.
    :ivar rest: what follows the end of the last line.
    """

    def __init__(self, path: str) -> None:
        self.entry: chain.Entry | None = None
        self.damaged = 0
        with _open(path) as file:
            self.size = file.seek(0, os.SEEK_END)
            want = _BLOCK
            while True:
                start = max(self.size - want, 0)
                file.seek(start)
                lines = file.read(self.size - start).split(b'\n')
                self.rest = lines.pop()
                # The first may have begun before.
                self._find(lines[1:] if start else lines)
                if self.entry is not None or not start:
                    return
                want *= 4

    def _find(self, lines: list[bytes]) -> None:
        self.damaged = 0
        for line in reversed(lines):
            try:
                self.entry = chain.from_line(line)
            except ValueError:
                self.damaged += 1
            else:
                return


def _is_whole(line: bytes) -> bool:
    try:
        return chain.from_line(line).fits
    except ValueError:
        return False


def full_files(path: str) -> list[str]:
    """Give the files that were put aside, the oldest first."""
    numbered = re.compile(re.escape(path) + f'\\.[0-9]{{{_DIGITS},}}')
    found = glob.glob(f'{glob.escape(path)}.*')
    return sorted(
        (name for name in found if numbered.fullmatch(name)),
        key=lambda name: int(name.rpartition('.')[2]),
    )


def read(path: str) -> Iterator[verification.Line]:
    """Give every line of every file, the oldest first.

    What is added meanwhile is not among them, and nobody is kept from adding
    it: the files are opened at once.

    :raises EvidenceUnreadable: there is none, or it cannot be read.
    :raises InUse: others have written for too long.
    :raises NotLockable: as above.
    """
    with contextlib.ExitStack() as stack:
        opened = []
        with file_lock.look(path):
            for name in _names(path):
                file = stack.enter_context(_open(name))
                opened.append((name, file, os.fstat(file.fileno()).st_size))
        for name, file, size in opened:
            yield from _lines(name, file, size)


def _names(path: str) -> list[str]:
    full = full_files(path)
    if not os.path.exists(path) and full:
        return full
    if full and os.path.samefile(full[-1], path):
        # Just being put aside when there was a crash.
        full.pop()
    return [*full, path]


def _lines(
    name: str, file: BinaryIO, size: int
) -> Iterator[verification.Line]:
    number = 0
    try:
        while size > 0 and (content := file.readline(size)):
            number, size = number + 1, size - len(content)
            yield verification.Line(
                file=name,
                number=number,
                content=content.removesuffix(b'\n'),
                ended=content.endswith(b'\n'),
            )
    except OSError as err:
        raise EvidenceUnreadable(path=name, problem=err.strerror) from err


@contextlib.contextmanager
def _open(path: str) -> Iterator[BinaryIO]:
    try:
        file = open(path, 'rb')
    except FileNotFoundError as err:
        raise EvidenceUnreadable(
            path=path, problem=_('there is no such file')
        ) from err
    except OSError as err:
        raise EvidenceUnreadable(path=path, problem=err.strerror) from err
    with file:
        yield file
