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

"""Whether the clocks of two hosts agree, as far as each can tell."""

from __future__ import annotations

import datetime

import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import peer_clock
from nova_native_tls.checks import result
from tests.unit.checks import contexts

NOW = datetime.datetime(2026, 11, 21, 18, 44, tzinfo=datetime.UTC)
Stage = base.Stage


class PeerClockTest(testtools.TestCase):
    """The peer said something some time ago, by its own clock."""

    def judge(
        self, ahead_s: float | None, stage: base.Stage = Stage.SOURCE
    ) -> result.Finding:
        said_at = (
            None
            if ahead_s is None
            else NOW + datetime.timedelta(seconds=ahead_s)
        )
        context = contexts.context(
            stage, peer=contexts.host(2, said_at=said_at), now=NOW
        )
        (found,) = peer_clock.PeerClockCheck().run(context)
        return found

    def test_agree(self) -> None:
        """However long the message was on its way."""
        for ahead_s in (-3600, -1, 0, 10):
            found = self.judge(ahead_s)
            self.assertEqual('peer-clock.not-ahead', found.code)
            self.assertIs(result.Status.SUCCESS, found.status)

    def test_ahead(self) -> None:
        """A message from the future, at either end; both are named."""
        for stage in (Stage.SOURCE, Stage.DESTINATION_AGAIN):
            self.assertIn(stage, peer_clock.PeerClockCheck.stages)
            found = self.judge(75.5, stage)
            self.assertEqual('peer-clock.differs', found.code)
            self.assertIs(result.Status.WARNING, found.status)
            self.assertIn(
                'clock of compute2 is at least 75 seconds ahead of that of '
                'compute1',
                found.sentence(),
            )

    def test_not_told(self) -> None:
        """An older peer, or one without this project, is not refused."""
        self.assertIs(result.Status.SUCCESS, self.judge(None).status)
        context = contexts.context(Stage.SOURCE, peer=None)
        (found,) = peer_clock.PeerClockCheck().run(context)
        self.assertEqual('peer-clock.not-told', found.code)
        self.assertIs(result.Status.SUCCESS, found.status)
