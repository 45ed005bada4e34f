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

"""What can be done to evidence, and what of that shows."""

from __future__ import annotations

from collections.abc import Iterator
import json
import random

import testtools

from nova_native_tls.evidence import chain
from nova_native_tls.evidence import record
from nova_native_tls.evidence import verification
from tests.unit.evidence import records

SEEDS = range(40)
LENGTH = 9
FILE = 'evidence'


def entries(count: int = LENGTH) -> list[chain.Entry]:
    """A chain."""
    made: list[chain.Entry] = []
    for number in range(count):
        made.append(
            chain.follow(
                made[-1] if made else None,
                chain.Kind.MIGRATION,
                record.to_fields(records.small(number)),
            )
        )
    return made


def written(made: list[chain.Entry]) -> list[bytes]:
    """Its lines."""
    return [chain.to_line(each).removesuffix(b'\n') for each in made]


def lines(
    contents: list[bytes], *, ended: bool = True
) -> Iterator[verification.Line]:
    """What is in a file; the last line may have no end."""
    for number, content in enumerate(contents, 1):
        yield verification.Line(
            file=FILE,
            number=number,
            content=content,
            ended=ended or number < len(contents),
        )


def verify(
    contents: list[bytes], *expected: str, ended: bool = True
) -> verification.Verdict:
    """Verify lines."""
    return verification.verify(
        lines(contents, ended=ended),
        [chain.Anchor.parse(text) for text in expected],
    )


def told(verdict: verification.Verdict) -> list[str]:
    """Each problem in one line."""
    return [str(problem) for problem in verdict.problems]


class WholeTest(testtools.TestCase):
    """Nothing was done to it."""

    def test_whole(self) -> None:
        """It is found whole, with its first and last entry."""
        made = entries()
        verdict = verify(written(made))
        self.assertEqual([], told(verdict))
        self.assertEqual((), verdict.notices)
        self.assertEqual(LENGTH, verdict.entries)
        self.assertEqual(made[0].anchor, verdict.first)
        self.assertEqual(made[-1].anchor, verdict.last)

    def test_empty(self) -> None:
        """No entry is no evidence."""
        self.assertEqual(['there is no entry'], told(verify([])))

    def test_line(self) -> None:
        """A line is canonical JSON, and its hash that of the rest."""
        (line,) = written(entries(1))
        read = json.loads(line)
        self.assertEqual(chain.GENESIS, read['previous'])
        self.assertEqual(
            line,
            json.dumps(read, sort_keys=True, separators=(',', ':')).encode(),
        )
        self.assertNotIn(b'\n', line)


class MutationTest(testtools.TestCase):
    """Every kind of change, at every kind of place."""

    def setUp(self) -> None:
        super().setUp()
        self.made = entries()
        self.lines = written(self.made)

    def assert_found(
        self, changed: list[bytes], line: int, why: str, seed: object = None
    ) -> None:
        """Assert that this is said of that line, and not of many others."""
        verdict = verify(changed)
        self.assertIn(
            line,
            [
                problem.line
                for problem in verdict.problems
                if why in problem.why
            ],
            (seed, told(verdict)),
        )
        self.assertLessEqual(len(verdict.problems), 2, (seed, told(verdict)))

    def test_deleted(self) -> None:
        """A line that is gone is missing before the next; the head, too."""
        for index in range(LENGTH - 1):
            changed = self.lines[:index] + self.lines[index + 1 :]
            self.assert_found(
                changed, index + 1, f'entry {index + 1} is missing'
            )

    def test_many_deleted(self) -> None:
        """So is a row of them."""
        for seed in SEEDS:
            chance = random.Random(seed)
            first = chance.randrange(LENGTH - 2)
            after = chance.randrange(first + 2, LENGTH)
            changed = self.lines[:first] + self.lines[after:]
            self.assert_found(
                changed,
                first + 1,
                f'{after - first} of the entries {first + 1} to {after}',
                seed,
            )

    def test_edited(self) -> None:
        """Whatever letter is another, its line shows it."""
        for seed in SEEDS:
            chance = random.Random(seed)
            index = chance.randrange(LENGTH)
            changed = list(self.lines)
            text = bytearray(changed[index])
            at = chance.randrange(len(text))
            text[at] = chance.choice(sorted({*b'x0 "}', 255} - {text[at]}))
            changed[index] = bytes(text)
            verdict = verify(changed)
            self.assertIn(
                index + 1,
                [problem.line for problem in verdict.problems],
                (seed, bytes(text), told(verdict)),
            )

    def test_edited_content(self) -> None:
        """A value that was exchanged is said to be edited."""
        for index in range(LENGTH):
            changed = list(self.lines)
            changed[index] = changed[index].replace(b'host2', b'host3')
            self.assert_found(
                changed, index + 1, f'entry {index + 1} was edited'
            )

    def test_same_content_in_other_letters(self) -> None:
        """JSON that says the same is not what was written."""
        for other in (
            json.dumps(json.loads(self.lines[3])).encode(),
            self.lines[3] + b' ',
            self.lines[3].replace(b'"kind":', b'"kind":"x","kind":', 1),
        ):
            changed = [*self.lines[:3], other, *self.lines[4:]]
            self.assert_found(changed, 4, 'entry 4 was edited')

    def test_edited_with_its_hash(self) -> None:
        """One that was written anew is not what the next follows from."""
        for index in range(LENGTH - 1):
            forged = chain.follow(
                self.made[index - 1] if index else None,
                chain.Kind.MIGRATION,
                {**self.made[index].content, 'destination': 'host3'},
            )
            changed = list(self.lines)
            (changed[index],) = written([forged])
            self.assert_found(changed, index + 2, 'that one was replaced')

    def test_reordered(self) -> None:
        """A line elsewhere is found there, and nothing is called missing."""
        for seed in SEEDS:
            chance = random.Random(seed)
            at, to = chance.sample(range(LENGTH), 2)
            changed = list(self.lines)
            changed.insert(to, changed.pop(at))
            verdict = verify(changed)
            self.assertNotEqual((), verdict.problems, seed)
            for problem in verdict.problems:
                self.assertIn('was moved or repeated', problem.why, seed)

    def test_exchanged(self) -> None:
        """Two that changed places are found at the place of the later."""
        for index in range(LENGTH - 1):
            changed = list(self.lines)
            changed[index : index + 2] = changed[index + 1], changed[index]
            self.assert_found(changed, index + 2, 'was moved or repeated')

    def test_repeated(self) -> None:
        """A line that is there twice is so once too often."""
        for index in range(LENGTH):
            changed = list(self.lines)
            changed.insert(index, changed[index])
            self.assert_found(changed, index + 2, 'was moved or repeated')

    def test_replaced_by_another_chain(self) -> None:
        """Lines of another host do not fit in between."""
        other = written(
            [
                chain.follow(None, chain.Kind.MIGRATION, {'a': 1}),
                *(entries(LENGTH)[1:]),
            ]
        )
        self.assert_found([other[0], *self.lines[1:]], 2, 'was replaced')

    def test_not_an_entry(self) -> None:
        """Anything else in between is found where it is."""
        for foreign in (
            *(b'', b'\0', b'{}', b'[]', b'null', b'\xff', b'[' * 100_000),
            self.lines[4][:-1],
            b'{"content":{},"hash":"","kind":"","number":1,"previous":""}',
            self.lines[4].replace(b'"number":5', b'"number":true'),
            self.lines[4].replace(b'"number":5', b'"number":0'),
            self.lines[4].replace(b'"kind":"migration"', b'"kind":1'),
        ):
            changed = [*self.lines[:4], foreign, *self.lines[4:]]
            self.assert_found(changed, 5, 'it is not an entry')

    def test_wild_numbers(self) -> None:
        """An entry from far away costs no time and no memory."""
        far = self.lines[4].replace(b'"number":5', b'"number":' + b'9' * 30)
        verdict = verify([*self.lines[:4], far, *self.lines[5:]])
        self.assertIn('was edited', told(verdict)[0])
        for text in (b'NaN', b'1e999', b'-0'):
            odd = self.lines[4].replace(b'"cause":', b'"a":%s,"cause":' % text)
            self.assert_found(
                [*self.lines[:4], odd, *self.lines[5:]], 5, 'was edited'
            )


class TailTest(testtools.TestCase):
    """What only somebody with an anchor can know."""

    def test_end_cut_off(self) -> None:
        """Without an anchor it looks whole; with one it does not."""
        made = entries()
        whole = written(made)
        for left in range(1, LENGTH):
            self.assertEqual([], told(verify(whole[:left])))
            for anchor in (
                made[left].anchor.long(),
                made[left].anchor.short(),
                made[left].anchor.hash,
            ):
                (problem,) = told(verify(whole[:left], anchor))
                self.assertIn(f'which is entry {left} now', problem)
                self.assertEqual([], told(verify(whole[: left + 1], anchor)))

    def test_written_anew(self) -> None:
        """So does a whole new chain, from any entry on."""
        made = entries()
        for kept in range(LENGTH):
            forged = made[:kept]
            while len(forged) < LENGTH:
                forged.append(
                    chain.follow(
                        forged[-1] if forged else None,
                        chain.Kind.MIGRATION,
                        {'all': 'was well'},
                    )
                )
            self.assertEqual([], told(verify(written(forged))))
            (problem,) = told(verify(written(forged), made[-1].anchor.short()))
            self.assertIn('were written anew', problem)

    def test_another_number(self) -> None:
        """A hash is expected of its own entry only."""
        made = entries()
        wrong = f'3:{made[3].hash}'
        self.assertEqual(1, len(told(verify(written(made), wrong))))

    def test_anchors(self) -> None:
        """Capitals are as good; what is no anchor is refused."""
        digits = 'AB' * 8
        self.assertEqual(
            chain.Anchor(number=12, hash='ab' * 8),
            chain.Anchor.parse(f' 12:{digits}\n'),
        )
        for text in ('', '12:', '12', 'x' * 16, '0:' + digits, digits[:-1]):
            self.assertRaises(chain.AnchorInvalid, chain.Anchor.parse, text)


class RemovedTest(testtools.TestCase):
    """The oldest entries were removed on purpose."""

    def setUp(self) -> None:
        super().setUp()
        self.made = entries()
        self.said = chain.follow(
            self.made[-1], chain.Kind.REMOVED, {'through': 4}
        )

    def test_removed(self) -> None:
        """What was said to be removed is not missing, all else is."""
        rest = written([*self.made, self.said])
        self.assertEqual([], told(verify(rest)))
        # Between saying and doing so.
        self.assertEqual([], told(verify(rest[2:])))
        self.assertEqual([], told(verify(rest[4:])))
        (problem,) = told(verify(rest[5:]))
        self.assertIn('entry 5 is missing before it', problem)
        (problem,) = told(verify(rest[6:]))
        self.assertIn('2 of the entries 5 to 6 are missing', problem)

    def test_anchor_of_what_was_removed(self) -> None:
        """It cannot be compared any more, which is said."""
        rest = written([*self.made, self.said])[4:]
        verdict = verify(rest, self.made[2].anchor.short())
        self.assertEqual([], told(verdict))
        self.assertIn('was removed', verdict.notices[0].why)

    def test_false_word(self) -> None:
        """Nobody says it of later entries, and it counts only unchanged."""
        for through in (10, 99, -1, True, 'x', None):
            said = chain.follow(
                self.made[-1], chain.Kind.REMOVED, {'through': through}
            )
            problems = told(verify(written([*self.made, said])[4:]))
            self.assertEqual(1, len(problems), through)
        edited = written([self.said])[0].replace(b'ugh":4', b'ugh":5')
        problems = told(verify([*written(self.made)[5:], edited]))
        self.assertEqual(2, len(problems), problems)


class TornTest(testtools.TestCase):
    """A crash has cut a line off."""

    def setUp(self) -> None:
        super().setUp()
        self.made = entries(4)
        self.rest = written(self.made)[3][:100]

    def test_not_mended_yet(self) -> None:
        """The last line may be half a line; that is said."""
        contents = [*written(self.made[:3]), self.rest]
        verdict = verify(contents, ended=False)
        self.assertEqual([], told(verdict))
        self.assertEqual(4, verdict.notices[0].line)
        self.assertIn('not whole', verdict.notices[0].why)
        self.assertEqual(self.made[2].anchor, verdict.last)
        self.assertEqual(1, len(verify(contents).problems))

    def test_mended(self) -> None:
        """It stays, and what follows says so."""
        said = chain.torn(self.made[2], self.rest)
        after = chain.follow(said, chain.Kind.MIGRATION, {})
        contents = [
            *written(self.made[:3]),
            self.rest,
            *written([said, after]),
        ]
        verdict = verify(contents)
        self.assertEqual([], told(verdict))
        self.assertIn('a crash, as the next', verdict.notices[0].why)
        self.assertEqual(5, verdict.entries)
        # Another part of a line is not what was cut off, nor is none.
        other = [*contents[:3], self.rest[:-1], *contents[4:]]
        self.assertEqual([4, 5], [p.line for p in verify(other).problems])
        none = contents[:3] + contents[4:]
        self.assertEqual([4], [p.line for p in verify(none).problems])
