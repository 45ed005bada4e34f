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

"""What files an AppArmor profile lets be read.

Reads as much of the language (apparmor.d(5)) as libvirt's profiles for guests
use for files. Rules for owners only and anything else than files grant
nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import dataclasses
import re

_INCLUDE = re.compile(
    r'#?include\s+(?P<optional>if\s+exists\s+)?[<"](?P<name>[^>"]+)[>"]'
)
_VARIABLE = re.compile(r'(@\{\w+\})\s*\+?=\s*(.+)')
_RULE = re.compile(
    r'(?P<qualifiers>(?:(?:audit|allow|deny|quiet|file|owner)\s+)*)'
    r'(?P<path>"[^"]+"|[/@]\S*)\s+(?P<permissions>[a-zA-Z]+)\s*,'
)
_REVERSED = re.compile(
    r'(?P<qualifiers>(?:(?:audit|allow|deny|quiet|file|owner)\s+)*)'
    r'(?P<permissions>[a-zA-Z]+)\s+(?P<path>"[^"]+"|[/@]\S*?)\s*,'
)
#: More nesting than anybody writes.
_DEPTH_MAX = 16
#: More text in one path, with its variables replaced, than anybody writes.
_GLOB_MAX = 16 * 1024
#: More wildcards in one path than distributions have (five); trying all that
#: many of them may stand for takes more time than there is.
_STARS_MAX = 6


#: What a rule that cannot be understood may deny; it allows nothing.
_ANYTHING = re.compile('.*', re.DOTALL)


@dataclasses.dataclass(frozen=True, slots=True)
class Rules:
    """What a profile says about reading files.

    :ivar missing: includes that could not be read; there may be more rules.
    """

    allowed: tuple[re.Pattern[str], ...] = ()
    denied: tuple[re.Pattern[str], ...] = ()
    missing: tuple[str, ...] = ()

    def may_read(self, path: str) -> bool:
        """Tell whether a file may be read; a directory ends in a slash.

        :param path: without symbolic links: the kernel resolves them first.
        """
        return any(p.fullmatch(path) for p in self.allowed) and not any(
            p.fullmatch(path) for p in self.denied
        )


def parse(text: str, include: Callable[[str], str | None]) -> Rules:
    """Read a profile.

    :param include: gives an included file, relative to /etc/apparmor.d; None
        if it cannot be read.
    """
    missing: list[str] = []
    variables: dict[str, list[str]] = {}
    allowed: list[re.Pattern[str]] = []
    denied: list[re.Pattern[str]] = []
    for line in _lines(text, _once(include), missing, _DEPTH_MAX):
        variable = _VARIABLE.match(line)
        if variable is not None:
            variables.setdefault(variable[1], []).extend(variable[2].split())
            continue
        rule = _RULE.match(line) or _REVERSED.match(line)
        if rule is None or 'r' not in rule['permissions'].lower():
            continue
        qualifiers = rule['qualifiers'].split()
        if 'owner' in qualifiers:
            continue
        pattern = _pattern(rule['path'].strip('"'), variables)
        if 'deny' in qualifiers:
            denied.append(pattern or _ANYTHING)
        elif pattern is not None:
            allowed.append(pattern)
    return Rules(tuple(allowed), tuple(denied), tuple(missing))


def _lines(
    text: str,
    include: Callable[[str], str | None],
    missing: list[str],
    depth: int,
) -> Iterator[str]:
    for raw in text.splitlines():
        line = raw.strip()
        found = _INCLUDE.match(line)
        if found is not None:
            more = include(found['name']) if depth else None
            if more is not None:
                yield from _lines(more, include, missing, depth - 1)
            elif not found['optional']:
                missing.append(found['name'])
        elif not line.startswith('#'):
            yield line


def _once(include: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """Give a file the first time only: again, it would grant the same."""
    given: set[str] = set()

    def give(name: str) -> str | None:
        if name in given:
            return ''
        text = include(name)
        if text is not None:
            given.add(name)
        return text

    return give


def _pattern(
    glob: str, variables: dict[str, list[str]]
) -> re.Pattern[str] | None:
    """Translate a path; None if it cannot be understood."""
    for name, values in variables.items():
        joined = ','.join(value.rstrip('/') for value in values)
        if len(glob) + glob.count(name) * (len(joined) + 2) > _GLOB_MAX:
            return None
        glob = glob.replace(name, '{' + joined + '}')
    if len(re.findall(r'\*+', glob)) > _STARS_MAX:
        return None
    try:
        return re.compile(''.join(_translated(glob)), re.DOTALL)
    except (re.error, RecursionError):
        return None


def _translated(glob: str) -> Iterator[str]:
    position = 0
    while position < len(glob):
        character = glob[position]
        position += 1
        if character == '*':
            begin = position - 1
            while glob[position : position + 1] == '*':
                position += 1
            wide = position - begin > 1
            # At the end of a directory it stands for one character at least.
            ends = glob[position:] == '' and glob[:begin][-1:] == '/'
            yield ('.' if wide else '[^/]') + ('+' if ends else '*')
        elif character == '?':
            yield '[^/]'
        elif character == '[':
            end = glob.find(']', position)
            if end < 0:
                raise re.error('a class is not closed')
            yield glob[position - 1 : end + 1]
            position = end + 1
        elif character in '{,}':
            yield {'{': '(?:', ',': '|', '}': ')'}[character]
        elif character == '\\':
            yield re.escape(glob[position : position + 1])
            position += 1
        else:
            yield re.escape(character)
