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

"""Logs with anything in them, and what is explained of them."""

from __future__ import annotations

import io

import hypothesis
from hypothesis import strategies
import testtools

from nova_native_tls.explain import catalogue
from nova_native_tls.explain import entry
from nova_native_tls.explain import matcher
from tests.functional.fuzz import grammar
from tests.functional.fuzz import limits
from tests.functional.fuzz import profile

SENTENCES = tuple(
    sorted({text for each in catalogue.CATALOGUE for text in each.sentences})
)
#: What stands around the sentences.
AROUND = (
    '2026-11-21 18:57:40.123+0000: ', '2026-11-21T18:57:40.1Z qemu-system: ',
    '2026-13-41 29:61:61.1+0000', '\n', "'", '"', ': ', '. ', 'x' * 700,
    "internal error: unable to execute QEMU command 'migrate': ",
    'Message from the destination host: ', '\u2019', '\0', '\x1b[31m',
    'qemu unexpectedly closed the monitor: ', "job 'migration out' failed: ",
    '0' * 300, 'a.b' * 200, ':' * 100, '%' * 30, ' ' * 300,
)  # fmt: skip
#: A log without ends of lines is the hardest: many times one block.
_LONG = 4 * 1024 * 1024


@strategies.composite
def sentences(draw) -> str:
    """A sentence of the catalogue, whole or not, with anything named."""
    text = draw(strategies.sampled_from(SENTENCES))
    named = draw(strategies.sampled_from(AROUND) | grammar.ANYTHING)
    pieces = text.replace('}', '{').split('{')
    found = ''.join(
        piece if index % 2 == 0 else named
        for index, piece in enumerate(pieces)
    )
    return found[: draw(strategies.sampled_from((None, 5, 20, -1)))]


LOGS = strategies.lists(
    sentences() | strategies.sampled_from(AROUND) | grammar.ANYTHING,
    max_size=12,
).map(''.join)


class ExplainFuzzTest(testtools.TestCase):
    @hypothesis.given(
        LOGS, strategies.none() | strategies.sampled_from(tuple(entry.Host))
    )
    @profile.examples(400)
    def test_log(self, text, seen_on):
        """What is known is explained, and what is not is passed over."""
        with limits.bounded():
            found = matcher.explain(text, seen_on=seen_on)
        for one in found:
            self.assertTrue(one.id and one.cause and one.remedy, one)

    @hypothesis.given(sentences() | strategies.sampled_from(AROUND))
    @profile.examples(15)
    def test_long(self, piece):
        """So it is with the same thing over and over again."""
        text = (piece or 'x') * (_LONG // len(piece or 'x'))
        stream = io.StringIO(text)
        with limits.bounded():
            found = matcher.explain(stream)
        self.assertLessEqual(len(found), 8 * len(catalogue.CATALOGUE))
