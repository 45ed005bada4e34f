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

"""A destination must have a name that can be verified."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import peer_name
from nova_native_tls.checks import result
from nova_native_tls.peer import facts
from tests.unit.checks import contexts

Stage = base.Stage
Status = result.Status


class PeerNameTest(testtools.TestCase):
    """Asked at both ends, always about the destination."""

    def _ask(
        self, stage: Stage, destination: facts.HostFacts | None
    ) -> result.Finding:
        if stage is Stage.SOURCE:
            # The source's own name does not matter.
            changes: dict[str, Any] = {
                'own': contexts.host(1, tls_name=None),
                'peer': destination,
            }
        else:
            changes = {'own': destination}
        (finding,) = peer_name.PeerNameCheck().run(
            contexts.context(stage, **changes)
        )
        return finding

    def test_stages(self) -> None:
        """Where there is a destination that can be looked at."""
        self.assertEqual(
            {Stage.DESTINATION, Stage.SOURCE}, peer_name.PeerNameCheck.stages
        )

    def test_a_good_name(self) -> None:
        """Host names and addresses can be verified; the name is shown."""
        for name in (
            'host2.example.org',
            'host2',
            'HOST_2.example.org',
            '203.0.113.2',
            '2001:db8:2::2',
        ):
            for stage in (Stage.DESTINATION, Stage.SOURCE):
                finding = self._ask(stage, contexts.host(2, tls_name=name))
                self.assertIs(Status.SUCCESS, finding.status)
                self.assertEqual('compute2', finding.subject)
                self.assertIn(name, finding.detail)

    def test_no_name(self) -> None:
        """All names that are there are told, and the option that decides."""
        for stage in (Stage.DESTINATION, Stage.SOURCE):
            finding = self._ask(
                stage,
                contexts.host(
                    2, tls_name=None, certificate_names=('a.org', 'b.org')
                ),
            )
            self.assertIs(Status.FAILURE, finding.status)
            self.assertEqual('peer-name.undecided', finding.code)
            self.assertEqual('compute2', finding.subject)
            self.assertIn('host2.example.org', finding.detail)
            self.assertIn('a.org, b.org', finding.detail)
            self.assertIn('[native_tls] tls_destination', finding.remedy)

    def test_no_name_at_all(self) -> None:
        """A certificate without names is told as such."""
        finding = self._ask(
            Stage.SOURCE, contexts.host(2, tls_name=None, certificate_names=())
        )
        self.assertIs(Status.FAILURE, finding.status)
        self.assertIn('none', finding.detail)

    def test_no_certificate(self) -> None:
        """The file and what is wrong with it, and how to mend that."""
        problem = '/etc/pki/qemu/server-cert.pem: No such file or directory'
        finding = self._ask(
            Stage.SOURCE,
            contexts.host(
                2, tls_name=None, certificate_names=(), name_problem=problem
            ),
        )
        self.assertIs(Status.FAILURE, finding.status)
        self.assertIn(problem, finding.detail)
        self.assertIn('install a server-cert.pem', finding.remedy)
        self.assertIn('host2.example.org', finding.remedy)
        self.assertNotIn('tls_destination', finding.remedy)

    def test_an_impossible_name(self) -> None:
        """What is in no certificate, or is no name, is refused."""
        for name in (
            '*.example.org',
            'host2.example.org.',
            'host 2',
            'host2:49152',
            '-host2',
            'host2/x',
            'tls://host2',
            'höst2',
            'x' * 64,
            'x.' * 126 + 'xx',
            'fe80::1%eth0',
            '',
        ):
            for stage in (Stage.DESTINATION, Stage.SOURCE):
                finding = self._ask(stage, contexts.host(2, tls_name=name))
                self.assertIs(Status.FAILURE, finding.status, name)
                self.assertEqual('peer-name.invalid', finding.code)
                self.assertIn(repr(name), finding.detail)
                self.assertIn('tls_destination', finding.remedy)

    def test_a_stock_destination(self) -> None:
        """A Nova without this project says no name, and is accepted."""
        finding = self._ask(Stage.SOURCE, None)
        self.assertIs(Status.SUCCESS, finding.status)
        self.assertEqual('peer-name.unknown', finding.code)
