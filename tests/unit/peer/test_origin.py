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

"""What a host says of its CA and of its priority."""

from __future__ import annotations

import dataclasses
import json

import testtools

from nova_native_tls import exception
from nova_native_tls.peer import facts
from tests.unit.peer import host_facts

HOST2 = host_facts.HOST2


def sent(**changes: object) -> facts.HostFacts:
    """Send these, and read them."""
    return facts.loads(facts.dumps(dataclasses.replace(HOST2, **changes)))


class OriginTest(testtools.TestCase):
    """Both are optional."""

    def test_round_trip(self) -> None:
        """What is known arrives, and what is not is not sent."""
        found = sent(ca=b'\x30\x00', priority='NORMAL:-AES')
        self.assertEqual(
            (b'\x30\x00', 'NORMAL:-AES'), (found.ca, found.priority)
        )
        text = facts.dumps(HOST2)
        self.assertEqual(host_facts.WRITTEN, text)
        self.assertEqual((None, ''), (sent().ca, sent().priority))

    def test_first_to_be_left_out(self) -> None:
        """Nothing is checked by it."""
        largest = bytes(facts.MAX_CERTIFICATE_BYTES)
        for certificates, is_sent in ((4, True), (5, False)):
            chain = (largest,) * certificates
            found = sent(ca=largest, server_chain=chain)
            self.assertEqual(chain, found.server_chain)
            self.assertEqual(is_sent, found.ca is not None)

    def test_no_certificate(self) -> None:
        """What has no size that is read is not sent, and not taken."""
        too_large = bytes(facts.MAX_CERTIFICATE_BYTES + 1)
        self.assertIsNone(sent(ca=too_large).ca)
        self.assertIsNone(sent(ca=b'').ca)
        for wrong in (1, 'x', [1], ['!'], [''], {'a': 1}, [[]]):
            self.assertRaises(
                exception.FactsUnreadable,
                facts.loads,
                host_facts.written(ca=wrong),
            )

    def test_wrong_priority(self) -> None:
        """It is one line of some length, or it is not understood."""
        for wrong in (1, ['NORMAL'], 'a\nb', 'x' * 501):
            self.assertRaises(
                exception.FactsUnreadable,
                facts.loads,
                host_facts.written(priority=wrong),
            )
        odd = json.loads(
            facts.dumps(
                dataclasses.replace(HOST2, priority='a\nb' + 'x' * 600)
            )
        )
        self.assertEqual('ab' + 'x' * 498, odd['priority'])
