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

"""What one end says about encryption, and its form on the way."""

from __future__ import annotations

import json
from typing import Any

import testtools

from nova_native_tls import exception
from nova_native_tls.peer import terms
from nova_native_tls import policy
from tests.unit.peer import host_facts

DECISION = policy.Decision(
    encryption=policy.Encryption.OPPORTUNISTIC,
    rule=policy.Rule(
        level=policy.Level.FLAVOR, name='m1', value='opportunistic'
    ),
)
TERMS = terms.Terms(
    decision=DECISION,
    encrypted=False,
    problems=('compute2: it is broken: mend it',),
)

#: The same as a peer of format 1 writes it. This text never changes.
WRITTEN = (
    '{"encrypted": false, "encryption": "opportunistic", "format": 1, '
    '"problems": ["compute2: it is broken: mend it"], "rule": {"level": '
    '"flavor", "name": "m1", "value": "opportunistic"}}'
)


def written(**changes: Any) -> str:
    """Write it with some parts changed."""
    return json.dumps({**json.loads(WRITTEN), **changes})


class TermsTest(testtools.TestCase):
    """There and back."""

    def test_form(self) -> None:
        """It stays as it is."""
        self.assertEqual(WRITTEN, terms.dumps(TERMS))
        self.assertEqual(TERMS, terms.loads(WRITTEN))

    def test_little(self) -> None:
        """Nobody's word, nobody looked, nobody knows yet."""
        for encryption in policy.Encryption:
            said = terms.Terms(decision=policy.Decision(encryption=encryption))
            self.assertEqual(said, terms.loads(terms.dumps(said)))

    def test_notes_stay_here(self) -> None:
        """They are told by the end that has them."""
        noted = policy.Decision(
            encryption=policy.Encryption.REQUIRED, notes=('a note',)
        )
        text = terms.dumps(terms.Terms(decision=noted))
        self.assertNotIn('a note', text)

    def test_bounds_of_what_is_sent(self) -> None:
        """Whatever a name or an error holds can be read there."""
        rule = policy.Rule(
            level=policy.Level.IMAGE,
            name='n' * 999,
            value='\n\x00' + 'v' * 999,
        )
        said = terms.Terms(
            decision=policy.Decision(
                encryption=policy.Encryption.REQUIRED, rule=rule
            ),
            problems=('p\n' * 9999,) * 99,
        )
        read = terms.loads(terms.dumps(said))
        assert read.problems is not None and read.decision.rule is not None
        self.assertEqual(terms.MAX_PROBLEMS, len(read.problems))
        self.assertEqual({'p'}, set(read.problems[0]))
        self.assertEqual(255, len(read.decision.rule.name))
        self.assertEqual({'v'}, set(read.decision.rule.value))

    def test_a_newer_peer_says_more(self) -> None:
        """What is not understood is left aside."""
        self.assertEqual(TERMS, terms.loads(written(more=['x'])))


class UnreadableTest(testtools.TestCase):
    """Refused in one sentence, never an error of another kind."""

    def _assert_unreadable(self, text: str) -> None:
        err = self.assertRaises(exception.FactsUnreadable, terms.loads, text)
        self.assertNotIn('\n', str(err))

    def test_no_object(self) -> None:
        """Too long, no JSON, no object, too deep."""
        for text in (
            '',
            '{',
            '[]',
            'null',
            '1',
            '[' * 30000,
            '"' + 'x' * terms.MAX_LENGTH + '"',
        ):
            self._assert_unreadable(text)

    def test_another_format(self) -> None:
        """The older of the two has to be upgraded."""
        for value in (2, 0, '1', None, [1]):
            self._assert_unreadable(written(format=value))

    def test_wrong_kinds(self) -> None:
        """Every part, with everything that JSON can hold."""
        fine = {
            'encrypted': (None, True, False),
            'rule': (None,),
            'problems': (None, [], ['host2']),
        }
        for field in ('encryption', 'encrypted', 'rule', 'problems'):
            for value in host_facts.ANYTHING:
                if not any(
                    value is each
                    or (each == value and each in ([], ['host2']))
                    for each in fine.get(field, ())
                ):
                    self._assert_unreadable(written(**{field: value}))

    def test_wrong_rule(self) -> None:
        """Of a level that does not exist, or without a name or a value."""
        rule = json.loads(WRITTEN)['rule']
        changes: tuple[dict[str, Any], ...] = (
            {'level': 'tenant'},
            {'level': None},
            {'level': []},
            {'name': None},
            {'name': 'a\nb'},
            {'value': 1},
            {'value': 'x' * 256},
        )
        for change in changes:
            self._assert_unreadable(written(rule={**rule, **change}))

    def test_missing(self) -> None:
        """What is not there is not guessed, where it matters."""
        values = json.loads(WRITTEN)
        del values['encryption']
        self._assert_unreadable(json.dumps(values))
