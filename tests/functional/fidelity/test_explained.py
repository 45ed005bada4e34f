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

"""Every sentence that is predicted of QEMU has its explanation."""

from __future__ import annotations

import pathlib
import tempfile

import testtools

from nova_native_tls.explain import entry
from nova_native_tls.explain import matcher
from nova_native_tls.migration import versions
from nova_native_tls.pki import finding
from tests.functional.fidelity import comparison
from tests.functional.fidelity import defect
from tests.functional.fidelity import generator

VERSIONS = (versions.Version(7, 2, 22), versions.Version(10, 2, 2))
#: Our code, which knows more than the sentence tells -> its explanation's.
LESS = {
    'chain.unordered': 'unordered',
    'name.address-mismatch': 'name.mismatch',
    'peer.unusable': 'no-subject',
    'handshake.failed': 'key-mismatch',
    '{end}-key.unusable': 'encrypted',
}


class ExplainedTest(testtools.TestCase):
    def test_same_code(self):
        """``explain`` calls each fault as the prediction does."""
        names = sorted(defect.REGISTRY)
        unlike = {}
        for number in range(len(names)):
            for each in self._findings(number, names):
                found = matcher.explain(
                    _whole(each.sentence), seen_on=entry.Host(each.side.value)
                )
                ids = {one.id for one in found}
                if each.code not in ids and not self._knows_more(each, ids):
                    unlike[each.sentence] = (each.code, ids)
        self.assertEqual({}, unlike)

    def _findings(
        self, number: int, names: list[str]
    ) -> list[finding.Finding]:
        with tempfile.TemporaryDirectory() as directory:
            one = generator.generate(
                1, number, pathlib.Path(directory), names[number]
            )
            return [
                each
                for version in VERSIONS
                for each in comparison.predict(one, version).findings
                # One that ends so goes on with the C library's words.
                if each.sentence and not each.sentence.endswith(': ')
            ]

    def _knows_more(self, each: finding.Finding, ids: set[str]) -> bool:
        role = {'source': 'client', 'destination': 'server'}[each.side]
        return any(
            each.code.endswith(ours)
            for told, ours in LESS.items()
            if told.format(end=role) in ids
        )


def _whole(sentence: str) -> str:
    """Give what QEMU says, where versions begin it in different ways."""
    if sentence.startswith('TLS session priority '):
        return f'Unable to set {sentence}'
    return sentence
