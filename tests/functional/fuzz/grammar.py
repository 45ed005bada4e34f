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

"""Text that looks like a configuration, to the first few words at least."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies

#: Anything that Python can hold, but for halves of characters.
ANYTHING = strategies.text(max_size=30)


def text_of(
    words: Sequence[str], *, max_size: int = 40
) -> strategies.SearchStrategy[str]:
    """Words of a language in any order, with anything among them."""
    piece = strategies.one_of(
        *[strategies.sampled_from(words)] * 5,
        strategies.sampled_from((' ', '\n', '\r\n', '\t', '\0', '\ufeff')),
        ANYTHING,
    )
    return strategies.lists(piece, max_size=max_size).map(''.join)


def settings_of(
    names: Sequence[str], values: Sequence[str]
) -> strategies.SearchStrategy[str]:
    """Lines with a name and a value, and one or the other that is none."""
    line = strategies.tuples(
        strategies.sampled_from(names),
        strategies.sampled_from(('=', ' = ', ' =', '= ', ' ')),
        strategies.sampled_from(values) | ANYTHING,
        strategies.sampled_from(('\n', '\n', ' # x\n', ';', '')),
    ).map(''.join)
    return strategies.lists(line, max_size=6).map(''.join)
