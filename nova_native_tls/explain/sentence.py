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

"""How a sentence of the catalogue is found in a text."""

from __future__ import annotations

import dataclasses
import re

#: What may stand for a name in braces. Each has an upper bound, so that no
#: text takes more than proportional time.
GROUPS = {
    'address': r"[^\s']{1,255}?",
    'ca': r"[^\n':]{1,512}?",
    # What may itself hold another sentence of the catalogue.
    'detail': r'[^\n.]{1,160}',
    'dn': r"[^\n']{1,512}?",
    'file': r"[^\n':]{1,512}?",
    'flag': r'\w{1,64}',
    'ip': r'(?:[0-9]{1,3}\.){3}[0-9]{1,3}'
    r'|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,60}(?:%\w{1,16})?',
    'key': r"[^\n':]{1,512}?",
    # A log line that follows without a space is not part of a name.
    'name': r'(?!\d{4}-\d\d-\d\dT)(?:[\w.:%\[\]*-]{0,253})[\w\]]',
    'number': r'\w{1,20}',
    'other_dn': r"[^\n']{1,512}?",
    'other_flag': r'\w{1,64}',
    'priority': r'\S{1,512}?',
    'reason': r'[^\n.]{1,160}',
    'word': r'[\w-]{1,64}',
}

_NAME = re.compile(r'\{(\w+)\}')
# Quotes become typographic ones on their way through web pages and glib.
_QUOTES = re.compile('[\'"]')
_ANY_QUOTE = '[\'"\u2018\u2019\u201c\u201d]'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence ready to be looked for.

    :ivar needle: the longest text that every instance has in common, so that
        the slower pattern has to be tried only where that occurs.
    """

    text: str
    needle: str
    pattern: re.Pattern[str]

    def shown(self) -> str:
        """Write it as documentation does: FILE for what varies."""
        return _NAME.sub(lambda found: found[1].upper(), self.text)

    def names(self) -> frozenset[str]:
        """The names of what varies."""
        return frozenset(_NAME.findall(self.text))


def compile_sentence(text: str) -> Sentence:
    """Compile a sentence in which ``{name}`` is one of ``GROUPS``."""
    pieces = _NAME.split(text)
    pattern = ''.join(
        f'(?P<{piece}>{GROUPS[piece]})' if index % 2 else _literal(piece)
        for index, piece in enumerate(pieces)
    )
    fixed = [part for piece in pieces[::2] for part in _QUOTES.split(piece)]
    return Sentence(
        text=text,
        needle=max(fixed, key=len),
        pattern=re.compile(pattern + _boundary(pieces)),
    )


def _literal(piece: str) -> str:
    return _ANY_QUOTE.join(re.escape(p) for p in _QUOTES.split(piece))


def _boundary(pieces: list[str]) -> str:
    """Keep a lazy last group from stopping after one character."""
    lazy = len(pieces) > 1 and not pieces[-1] and GROUPS[pieces[-2]][-1] == '?'
    return r'(?=[\n\s,;]|[.\'"](?:\s|$)|$)' if lazy else ''
