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

"""Facts that were damaged on their way."""

from __future__ import annotations

import json
import random

import testtools
from testtools import content

from nova_native_tls import exception
from nova_native_tls.peer import facts
from tests.unit.peer import host_facts


class FuzzTest(testtools.TestCase):
    """Damaged text from a seed that a failure shows."""

    def setUp(self) -> None:
        super().setUp()
        seed = random.SystemRandom().randrange(2**32)
        self.addDetail('seed', content.text_content(str(seed)))
        self.random = random.Random(seed)

    def _assert_bounded(self, text: str) -> bool:
        """Tell whether it was read; whatever is read keeps all limits."""
        try:
            read = facts.loads(text)
        except exception.FactsUnreadable:
            return False
        for name in (
            read.host,
            read.host_name,
            read.host if read.tls_name is None else read.tls_name,
            *read.certificate_names,
        ):
            self.assertIs(str, type(name))
            self.assertIn(len(name), range(1, facts.MAX_NAME_LENGTH + 1))
            self.assertTrue(name.isprintable())
        self.assertEqual(read, facts.loads(facts.dumps(read)))
        return True

    def test_damaged_characters(self) -> None:
        """Characters changed, cut out, doubled: read or refused."""
        characters = host_facts.WRITTEN + '\\/\n\x00\x7f\ud800é٣0'
        outcomes = set()
        for _attempt in range(3000):
            text = list(host_facts.WRITTEN)
            for _change in range(self.random.choice((1, 1, 2, 4))):
                at = self.random.randrange(len(text))
                text[at : at + self.random.randrange(4)] = self.random.choices(
                    characters, k=self.random.randrange(4)
                )
            outcomes.add(self._assert_bounded(''.join(text)))
        self.assertEqual({False, True}, outcomes)

    def test_damaged_values(self) -> None:
        """Whole values exchanged, among them for others' values."""
        values = json.loads(host_facts.WRITTEN)
        outcomes = set()
        for _attempt in range(3000):
            changed = dict(values)
            for _change in range(self.random.choice((1, 1, 2, 3))):
                changed[self.random.choice(list(values))] = self.random.choice(
                    (*host_facts.ANYTHING, *values.values())
                )
            outcomes.add(self._assert_bounded(json.dumps(changed)))
        self.assertEqual({False, True}, outcomes)
