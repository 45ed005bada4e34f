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

"""The syntax of libvirt's configuration files, read as libvirt reads it.

Follows src/util/virconf.c (libvirt 9.0): settings end at a line's end or at a
semicolon; a value is a string in single, double or three double quotes, a
number, or a list of values. Nothing is escaped in a string.
"""

from __future__ import annotations

from collections.abc import Iterator
import string

from nova_native_tls._i18n import _
from nova_native_tls import exception

Scalar = str | int
Value = Scalar | tuple[Scalar, ...]

_BLANKS = ' \t'
_LINE_ENDS = '\r\n'
_LETTERS = frozenset(string.ascii_letters)
_NAME_CHARACTERS = frozenset(string.ascii_letters + string.digits + '_')
_DIGITS = frozenset(string.digits)
_LONG_QUOTE = '"""'
#: What libvirt's 64 bits hold; beyond that it reads nonsense.
_MAX_NUMBER = 2**63 - 1


def statements(text: str) -> Iterator[tuple[str, Value]]:
    """Give every setting in order, also one that is there twice.

    :raises QemuConfUnreadable: libvirt could not read the file either.
    """
    scanner = _Scanner(text)
    while not scanner.at_end:
        scanner.skip(_BLANKS + _LINE_ENDS)
        if scanner.peek() == '#':
            scanner.skip_comment()
        else:
            yield scanner.setting()
        scanner.separator()


class _Scanner:
    """A place in the text, and what can be read from there."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    @property
    def at_end(self) -> bool:
        return self._position >= len(self._text)

    def peek(self) -> str:
        """The next character; empty at the end."""
        return self._text[self._position : self._position + 1]

    def skip(self, characters: str) -> None:
        while not self.at_end and self.peek() in characters:
            self._position += 1

    def skip_comment(self) -> None:
        while not self.at_end and self.peek() not in _LINE_ENDS:
            self._position += 1

    def separator(self) -> None:
        """Go past what ends a setting."""
        self.skip(_BLANKS)
        if self.at_end:
            return
        if self.peek() == ';':
            self._position += 1
        elif self.peek() not in _LINE_ENDS:
            raise self._wrong(_('a setting ends at the end of its line'))
        self.skip(_BLANKS + _LINE_ENDS)

    def setting(self) -> tuple[str, Value]:
        """Read a name, an equals sign, a value, and a comment behind it."""
        if self.peek() not in _LETTERS:
            raise self._wrong(_('a name begins with a letter'))
        name = self._run(_NAME_CHARACTERS)
        self.skip(_BLANKS)
        if self.peek() != '=':
            raise self._wrong(_('= is missing'))
        self._position += 1
        self.skip(_BLANKS)
        value = self._list() if self.peek() == '[' else self._scalar()
        self.skip(_BLANKS)
        if self.peek() == '#':
            self.skip_comment()
        return name, value

    def _list(self) -> tuple[Scalar, ...]:
        values: list[Scalar] = []
        self._position += 1
        self.skip(_BLANKS + _LINE_ENDS)
        while self.peek() != ']':
            values.append(self._scalar())
            self.skip(_BLANKS + _LINE_ENDS)
            if self.peek() == ',':
                self._position += 1
                self.skip(_BLANKS + _LINE_ENDS)
            elif self.peek() != ']':
                raise self._wrong(_('a list needs commas and ends with ]'))
        self._position += 1
        return tuple(values)

    def _scalar(self) -> Scalar:
        first = self.peek()
        if first in ('"', "'"):
            return self._string(first)
        if first and (first in _DIGITS or first in '+-'):
            return self._number(first)
        raise self._wrong(_('a value is a string, a number or a list'))

    def _string(self, quote: str) -> str:
        rest = len(self._text) - self._position
        # libvirt wants one more character than the six quotes.
        is_long = rest > 2 * len(_LONG_QUOTE) and self._text.startswith(
            _LONG_QUOTE, self._position
        )
        closing = _LONG_QUOTE if is_long else quote
        begin = self._position + len(closing)
        end = self._text.find(closing, begin)
        found = self._text[begin:end]
        one_line = not any(each in found for each in _LINE_ENDS)
        if end < 0 or not (is_long or one_line):
            raise self._wrong(_('a string is not closed'))
        self._position = end + len(closing)
        return found

    def _number(self, first: str) -> int:
        if first in '+-':
            self._position += 1
        digits = self._run(_DIGITS)
        # Not converted before it is known to be short.
        if not 0 < len(digits) <= 19 or int(digits) > _MAX_NUMBER:
            raise self._wrong(_('that is no number'))
        return -int(digits) if first == '-' else int(digits)

    def _run(self, characters: frozenset[str]) -> str:
        begin = self._position
        while not self.at_end and self.peek() in characters:
            self._position += 1
        return self._text[begin : self._position]

    def _wrong(self, problem: str) -> exception.QemuConfUnreadable:
        before = self._text[: self._position]
        line = before.replace('\r\n', '\n').count('\n') + 1
        return exception.QemuConfUnreadable(
            problem=_('line %(line)d: %(problem)s')
            % {'line': line, 'problem': problem}
        )
