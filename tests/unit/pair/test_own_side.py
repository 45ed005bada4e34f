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

"""Tests of pair/own_side.py."""

from __future__ import annotations

from typing import Any

import fixtures
import testtools

from nova_native_tls.checks import result
from nova_native_tls.checks import this_host
from nova_native_tls.pair import own_side
from nova_native_tls.pair import reach
from nova_native_tls.prove import observed
from tests.functional import credentials
from tests.unit.host import observations

URI = 'qemu:///system'
REACH = result.Finding(
    code='source.reaches-alike',
    status=result.Status.SUCCESS,
    subject='host1',
    detail='as it does',
)


class OwnSideTest(testtools.TestCase):
    """The source, as it was seen."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MockPatchObject(reach, 'of_libvirt', lambda _host: REACH)
        )

    def _see(self, **changes: Any) -> None:
        seen = observations.good(**changes)
        self.useFixture(
            fixtures.MockPatchObject(this_host, 'look', lambda _uri: seen)
        )

    def test_good(self) -> None:
        """A good source is a success that names it."""
        self._see()
        found = own_side.predict(URI)
        self.assertEqual({result.Status.SUCCESS}, {f.status for f in found})
        self.assertTrue(
            all(each.subject.startswith('host1') for each in found), found
        )

    def test_bad_client(self) -> None:
        """What is wrong with its client certificate is found."""
        self._see(
            credentials=observations.credential_files(
                client=observations.issue(days=(-3, -1))
            )
        )
        (found,) = (
            each
            for each in own_side.predict(URI)
            if each.status is result.Status.FAILURE
        )
        self.assertEqual('client-cert.expired', found.code)
        self.assertEqual('host1: /etc/pki/qemu/client-cert.pem', found.subject)
        self.assertNotEqual('', found.wanted)
        self.assertNotEqual('', found.remedy)

    def test_bad_server(self) -> None:
        """A source needs no server certificate."""
        self._see(
            credentials=observations.credential_files(
                server=credentials.issue('x', days=(-3, -1))
            )
        )
        found = own_side.predict(URI)
        self.assertEqual({result.Status.SUCCESS}, {f.status for f in found})

    def test_unseen(self) -> None:
        """What could not be looked at is no success."""
        for field in ('credentials', 'libvirt'):
            self._see(**{field: observations.UNSEEN})
            found, reached = own_side.predict(URI)
            self.assertIs(REACH, reached)
            self.assertEqual('source.not-seen', found.code)
            self.assertIs(result.Status.WARNING, found.status)
            self.assertIn('nobody may look', found.detail)

    def test_elsewhere(self) -> None:
        """Nor is another host."""
        (found,) = own_side.elsewhere('qemu+tls://host9/system')
        self.assertEqual('source.not-seen', found.code)
        self.assertIs(result.Status.WARNING, found.status)
        self.assertIn('host9', found.subject)

    def test_prove(self) -> None:
        """The name is that of nova.conf, else that of the certificate."""
        self._see()
        names: list[str | None] = []

        def prove(_seen: object, *, name: str | None) -> tuple[()]:
            names.append(name)
            return ()

        self.useFixture(fixtures.MockPatchObject(observed, 'prove', prove))
        self.assertEqual((REACH,), own_side.prove(URI, 'named.example.org'))
        own_side.prove(URI, None)
        self.assertEqual(['named.example.org', observations.NAME], names)
