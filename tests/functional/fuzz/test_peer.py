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

"""What another host says of itself, and versions."""

from __future__ import annotations

import json

import hypothesis
from hypothesis import strategies
import testtools

from nova_native_tls import exception
from nova_native_tls.migration import versions
from nova_native_tls.peer import facts
from tests.functional.fuzz import damage
from tests.functional.fuzz import grammar
from tests.functional.fuzz import limits
from tests.functional.fuzz import profile

GOOD = facts.HostFacts(
    host='host2',
    host_name='host2.example.org',
    tls_name='host2.example.org',
    certificate_names=('host2.example.org', '203.0.113.2'),
    name_problem='',
    versions=versions.HostVersions(
        libvirt=versions.Version(9, 0), qemu=versions.Version(7, 2, 22)
    ),
    server_chain=(b'\x30\x00',),
    client_chain=(),
)
WRITTEN = json.loads(facts.dumps(GOOD))
#: Whatever JSON can say, also what Python alone takes for JSON.
VALUES = strategies.recursive(
    strategies.one_of(
        strategies.none(),
        strategies.booleans(),
        strategies.integers(),
        strategies.floats(),
        grammar.ANYTHING,
        strategies.text(max_size=600),
        strategies.sampled_from(
            ('9' * 5000 + '.1', '1.2.3.4', 'MAA=', '\ud800')
        ),
    ),
    lambda inner: (
        strategies.lists(inner, max_size=12)
        | strategies.dictionaries(grammar.ANYTHING, inner, max_size=4)
    ),
    max_leaves=20,
)


class FactsFuzzTest(testtools.TestCase):
    def _check(self, text: str) -> None:
        """It is refused in one sentence, or could be said again."""
        try:
            with limits.bounded():
                found = facts.loads(text)
        except exception.FactsUnreadable as err:
            self.assertTrue(str(err).isprintable(), str(err))
            self.assertLess(len(str(err)), 1000)
        else:
            self.assertEqual(found, facts.loads(facts.dumps(found)))

    @hypothesis.given(
        strategies.dictionaries(
            strategies.sampled_from(sorted(WRITTEN)) | grammar.ANYTHING,
            VALUES,
            max_size=3,
        )
    )
    @profile.examples(500)
    def test_values(self, changes):
        """Any value in place of a good one."""
        self._check(json.dumps({**WRITTEN, **changes}))

    @hypothesis.given(damage.edited(json.dumps(WRITTEN).encode()))
    @profile.examples(300)
    def test_text(self, written):
        """A good message after it was damaged."""
        self._check(written.decode('utf-8', 'surrogateescape'))

    @hypothesis.given(
        strategies.sampled_from(
            ('[', '{"a":', '-', '1', '"\\\\u', '{"format":1')
        ).flatmap(
            lambda piece: strategies.integers(1, 70000).map(piece.__mul__)
        )
    )
    @profile.examples(100)
    def test_repeated(self, text):
        """Nesting without an end, and numbers without one."""
        self._check(text)


class VersionFuzzTest(testtools.TestCase):
    @hypothesis.given(
        strategies.one_of(
            grammar.ANYTHING,
            grammar.text_of(('1', '.', '9' * 5000, '7.2.22', '\u0663', '-')),
        )
    )
    @profile.examples(300)
    def test_parse(self, text):
        """A text is a version or it is not, whatever it is."""
        with limits.bounded():
            try:
                found = versions.Version.parse(text)
            except exception.InvalidVersion:
                return
            self.assertEqual(found, versions.Version.parse(str(found)))
