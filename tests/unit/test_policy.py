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


"""The whole truth table of the policy."""

from __future__ import annotations

import itertools

import testtools

from nova_native_tls import policy

E = policy.Encryption
Level = policy.Level

UNSET = None
VALUES = (UNSET, 'disabled', 'opportunistic', 'required')

#: Written out by hand: cloud, aggregate, VM (flavor), with
#: allow_weaker_instances; letters as in ``LETTERS``.
TABLE = """
-  - -:N  d:d  o:o  r:r
-  d -:d  d:d  o:o  r:r
-  o -:o  d:d  o:o  r:r
-  r -:r  d:d  o:o  r:r
d  - -:d  d:d  o:o  r:r
d  d -:d  d:d  o:o  r:r
d  o -:o  d:d  o:o  r:r
d  r -:r  d:d  o:o  r:r
o  - -:o  d:d  o:o  r:r
o  d -:d  d:d  o:o  r:r
o  o -:o  d:d  o:o  r:r
o  r -:r  d:d  o:o  r:r
r  - -:r  d:d  o:o  r:r
r  d -:d  d:d  o:o  r:r
r  o -:o  d:d  o:o  r:r
r  r -:r  d:d  o:o  r:r
"""

#: The same where the VM can only make it stricter: a tenant's word, or a
#: flavor's without allow_weaker_instances.
STRICTER_TABLE = """
-  - -:N  d:N  o:O  r:r
-  d -:d  d:d  o:o  r:r
-  o -:o  d:o  o:o  r:r
-  r -:r  d:r  o:r  r:r
d  - -:d  d:d  o:o  r:r
d  d -:d  d:d  o:o  r:r
d  o -:o  d:o  o:o  r:r
d  r -:r  d:r  o:r  r:r
o  - -:o  d:o  o:o  r:r
o  d -:d  d:d  o:o  r:r
o  o -:o  d:o  o:o  r:r
o  r -:r  d:r  o:r  r:r
r  - -:r  d:r  o:r  r:r
r  d -:d  d:d  o:o  r:r
r  o -:o  d:o  o:o  r:r
r  r -:r  d:r  o:r  r:r
"""

#: N: as native TLS is; O: opportunistic, unless native TLS is on.
LETTERS = {
    'd': lambda native_tls: E.DISABLED,
    'o': lambda native_tls: E.OPPORTUNISTIC,
    'r': lambda native_tls: E.REQUIRED,
    'N': lambda native_tls: E.REQUIRED if native_tls else E.DISABLED,
    'O': lambda native_tls: E.REQUIRED if native_tls else E.OPPORTUNISTIC,
}
NAMES = {'-': UNSET, 'd': 'disabled', 'o': 'opportunistic', 'r': 'required'}


def _rules(**said: str | None) -> list[policy.Rule]:
    return [
        policy.Rule(level=Level(level), value=value)
        for level, value in said.items()
        if value is not None
    ]


def _decide(
    rules: list[policy.Rule],
    *,
    native_tls: bool = True,
    allow_weaker_instances: bool = True,
) -> policy.Decision:
    return policy.decide(
        rules,
        native_tls=native_tls,
        allow_weaker_instances=allow_weaker_instances,
    )


class TruthTableTest(testtools.TestCase):
    """Cloud x aggregate x VM, each of four values."""

    def _check(self, table: str, *levels: str, allow: bool) -> None:
        seen = set()
        for line in table.strip().splitlines():
            cloud, aggregate, *cells = line.split()
            for cell, native_tls in itertools.product(cells, (True, False)):
                nearest, expected = cell.split(':')
                for level in levels:
                    decision = _decide(
                        _rules(
                            cloud=NAMES[cloud],
                            aggregate=NAMES[aggregate],
                            **{level: NAMES[nearest]},
                        ),
                        native_tls=native_tls,
                        allow_weaker_instances=allow,
                    )
                    self.assertIs(
                        LETTERS[expected](native_tls),
                        decision.encryption,
                        f'{line}: {cell}, {level}, native TLS: {native_tls}',
                    )
                    seen.add((cloud, aggregate, nearest, native_tls, level))
        self.assertEqual(4 * 4 * 4 * 2 * len(levels), len(seen))

    def test_nearest_wins(self) -> None:
        """An operator's word about a flavor counts more than any other."""
        self._check(TABLE, 'flavor', allow=True)

    def test_tenants_only_make_it_stricter(self) -> None:
        """Whatever the operator permits to flavors."""
        for allow in (True, False):
            self._check(STRICTER_TABLE, 'image', 'instance', allow=allow)

    def test_flavors_only_make_it_stricter(self) -> None:
        """If the operator says so."""
        self._check(STRICTER_TABLE, 'flavor', allow=False)

    def test_within_the_vm(self) -> None:
        """The flavor decides, image and instance only add to it."""
        for flavor, image, instance in itertools.product(VALUES, repeat=3):
            decision = _decide(
                _rules(
                    cloud='opportunistic',
                    flavor=flavor,
                    image=image,
                    instance=instance,
                )
            )
            strictest = max(
                VALUES.index(flavor or 'opportunistic'),
                VALUES.index(image),
                VALUES.index(instance),
            )
            self.assertEqual(VALUES[strictest], decision.encryption)


class DecisionTest(testtools.TestCase):
    """Whose word it is, and what did not count."""

    def test_nobody_says_anything(self) -> None:
        """Nova's own option decides, as without this project."""
        for native_tls, expected in ((True, E.REQUIRED), (False, E.DISABLED)):
            self.assertEqual(
                policy.Decision(encryption=expected),
                _decide([], native_tls=native_tls),
            )

    def test_whose_word(self) -> None:
        """The nearest one that counts, by its name."""
        rule = policy.Rule(level=Level.FLAVOR, name='m1', value='disabled')
        decision = _decide([*_rules(cloud='required'), rule])
        self.assertEqual((rule, ()), (decision.rule, decision.notes))
        self.assertEqual('flavor m1', str(decision.rule))

    def test_equal_word(self) -> None:
        """A tenant who asks for what holds anyway is the one who says it."""
        decision = _decide(_rules(cloud='required', image='required'))
        assert decision.rule is not None
        self.assertIs(Level.IMAGE, decision.rule.level)
        self.assertEqual((), decision.notes)

    def test_what_does_not_count(self) -> None:
        """It is named, with the one who forbids it."""
        decision = _decide(
            [
                policy.Rule(
                    level=Level.AGGREGATE, name='az1', value=E.REQUIRED
                ),
                policy.Rule(level=Level.IMAGE, value='disabled'),
                policy.Rule(level=Level.INSTANCE, value='opportunistic'),
            ]
        )
        assert decision.rule is not None
        self.assertEqual('aggregate az1', str(decision.rule))
        first, second = decision.notes
        self.assertIn('image says disabled', first)
        self.assertIn('instance says opportunistic', second)
        for note in decision.notes:
            self.assertIn('weaker than required, as aggregate az1 says', note)

    def test_against_the_options(self) -> None:
        """The option is named where it is what holds."""
        (note,) = _decide(_rules(instance='disabled')).notes
        self.assertIn('live_migration_with_native_tls says', note)

    def test_no_value(self) -> None:
        """What cannot be read counts as the strictest, and is told."""
        for level, value in itertools.product(
            Level, ('', 'Required', 'yes', 'false', 'required ', 'none')
        ):
            decision = _decide(_rules(**{level: value}), native_tls=False)
            self.assertIs(E.REQUIRED, decision.encryption)
            (note,) = decision.notes
            self.assertIn(f'{level} says "{value}"', note)
            self.assertIn('disabled, opportunistic, required', note)

    def test_several_of_one_level(self) -> None:
        """The strictest of both hosts' aggregates counts, in any order."""
        rules = [
            policy.Rule(level=Level.AGGREGATE, name=name, value=value)
            for name, value in (('a', 'disabled'), ('b', 'opportunistic'))
        ]
        for each in (rules, rules[::-1]):
            decision = _decide(each)
            self.assertIs(E.OPPORTUNISTIC, decision.encryption)
            self.assertEqual('aggregate b', str(decision.rule))

    def test_order_does_not_matter(self) -> None:
        """Whoever collects the rules need not sort them."""
        rules = _rules(
            cloud='required', aggregate='disabled', image='required'
        )
        for each in itertools.permutations(rules):
            self.assertEqual(_decide(rules), _decide(list(each)))


class TwoEndsTest(testtools.TestCase):
    """What source and destination want, each as far as it knows."""

    def _decision(
        self, encryption: policy.Encryption, *, said: bool = True
    ) -> policy.Decision:
        rule = policy.Rule(level=Level.CLOUD, value=encryption)
        return policy.Decision(
            encryption=encryption, rule=rule if said else None
        )

    def test_the_stricter_counts(self) -> None:
        """Of two that are as strict, the own."""
        for own, other in itertools.product(E, repeat=2):
            for said in (True, False):
                mine = self._decision(own, said=said)
                theirs = self._decision(other)
                self.assertEqual(
                    theirs if own.is_weaker_than(other) else mine,
                    mine.or_stricter(theirs),
                )

    def test_what_follows_from_options_has_no_say(self) -> None:
        """There it is about what begins there."""
        own = self._decision(E.DISABLED)
        self.assertIs(
            own, own.or_stricter(self._decision(E.REQUIRED, said=False))
        )

    def test_owner(self) -> None:
        """Whose word it is, for people."""
        self.assertEqual('cloud', self._decision(E.REQUIRED).owner)
        self.assertEqual(
            '[libvirt] live_migration_with_native_tls',
            self._decision(E.REQUIRED, said=False).owner,
        )

    def test_notes(self) -> None:
        """Those of both are told."""
        own, other = (
            policy.Decision(
                encryption=encryption,
                rule=policy.Rule(level=Level.CLOUD, value=encryption),
                notes=(encryption,),
            )
            for encryption in (E.DISABLED, E.REQUIRED)
        )
        self.assertEqual(
            ('disabled', 'required'), own.or_stricter(other).notes
        )
