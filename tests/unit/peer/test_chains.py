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

"""Certificates on their way to the other host."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

import testtools

from nova_native_tls import exception
from nova_native_tls.peer import facts
from tests.unit.peer import host_facts

HOST2 = host_facts.HOST2
FIELDS = ('server_chain', 'client_chain')
LARGEST = bytes(facts.MAX_CERTIFICATE_BYTES)


def sent(**chains: facts.Chain) -> facts.HostFacts:
    """Send these, and read them."""
    return facts.loads(facts.dumps(dataclasses.replace(HOST2, **chains)))


class ChainTest(testtools.TestCase):
    """What a host shows, in DER."""

    def test_round_trip(self) -> None:
        """Each end by itself, in order; nothing shown is not unknown."""
        for chain in (None, (), (b'\x30\x00',), (b'a', b'b' * 2000, b'a')):
            for field in FIELDS:
                read = sent(**{field: chain})
                self.assertEqual(chain, getattr(read, field))
                (other,) = {*FIELDS} - {field}
                self.assertIsNone(getattr(read, other))

    def test_written_form(self) -> None:
        """Base64 of each; nothing at all where nothing is known."""
        text = facts.dumps(dataclasses.replace(HOST2, server_chain=(b'abc',)))
        self.assertEqual(['YWJj'], json.loads(text)['server_chain'])
        self.assertNotIn('client_chain', text)

    def test_longest(self) -> None:
        """At the limits it is read again."""
        many = tuple(bytes([n]) for n in range(facts.MAX_CHAIN))
        self.assertEqual(many, sent(server_chain=many).server_chain)
        self.assertEqual(
            (LARGEST,), sent(client_chain=(LARGEST,)).client_chain
        )

    def test_too_long_is_not_sent(self) -> None:
        """A part of it would be judged otherwise than the whole."""
        for chain in (
            (b'x',) * (facts.MAX_CHAIN + 1),
            (LARGEST + b'x',),
            (b'x', b''),
        ):
            for field in FIELDS:
                self.assertIsNone(getattr(sent(**{field: chain}), field))

    def test_everything_together(self) -> None:
        """All facts have one limit; a chain that is beyond it is left out."""
        five = (LARGEST,) * 5
        read = sent(server_chain=five, client_chain=five)
        self.assertEqual(five, read.server_chain)
        self.assertIsNone(read.client_chain)
        six = (LARGEST,) * 6
        read = sent(server_chain=six, client_chain=six)
        self.assertEqual((None, None), (read.server_chain, read.client_chain))
        self.assertEqual(HOST2.certificate_names, read.certificate_names)

    def test_refused(self) -> None:
        """Whatever is no list of certificates, the field is named."""
        largest = base64.b64encode(LARGEST + b'x').decode()
        values: list[Any] = [
            each
            for each in host_facts.ANYTHING
            if each is not None and each != []
        ]
        values += [
            [''],
            [None],
            [1],
            ['YWJj', 'Y'],
            ['YW Jj'],
            ['YWJj\n'],
            ['hôst'],
            ['-_-_'],
            [largest],
            ['YWJj'] * (facts.MAX_CHAIN + 1),
        ]
        for field in FIELDS:
            for value in values:
                err = self.assertRaises(
                    exception.FactsUnreadable,
                    facts.loads,
                    host_facts.written(**{field: value}),
                )
                self.assertIn(field, str(err))
                self.assertLess(len(str(err)), 600)
