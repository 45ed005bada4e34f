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

"""How a compute host learns what its host aggregates say."""

from __future__ import annotations

from typing import Any

import fixtures
from nova import objects
import oslo_messaging

from nova_native_tls.nova.policy import aggregates
from nova_native_tls.nova.policy import policy_sources
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import policy_scene

CLEAR, TLS = policy_scene.CLEAR, policy_scene.TLS


class AggregateTest(policy_scene.PolicyTestCase):
    """How a compute host learns what its aggregates say."""

    def setUp(self) -> None:
        super().setUp()
        self.exchange(aggregates, _told=set())

    def _fail(self, error: Exception) -> None:
        def get_by_host(*_arguments: Any, **_more: Any) -> Any:
            raise error

        self.exchange(objects.AggregateList, get_by_host=get_by_host)

    def test_option(self) -> None:
        """For cells without up-calls; nobody is asked."""
        self._fail(AssertionError())
        self.everywhere(aggregate_migration_encryption='required')
        self.assertEqual(TLS, self.move().mode)
        (ended,) = self.ended
        assert ended.terms is not None
        self.assertEqual(
            'aggregate as nova.conf of compute1 says',
            ended.terms.decision.owner,
        )
        self.everywhere(aggregate_migration_encryption='none')
        self.assertEqual(CLEAR, self.move().mode)

    def test_nobody_is_asked_in_vain(self) -> None:
        """Where an aggregate could change nothing."""
        self._fail(AssertionError())
        guests: tuple[dict[str, Any], ...] = (
            {'extra_specs': policy_scene.says('disabled')},
            {'metadata': policy_scene.says('required')},
        )
        for said in guests:
            self.move(adapter.instance(**said))
        self.assertNotIn('cannot be read', self.log.output)

    def test_not_reached(self) -> None:
        """Unknown is required, where anybody says anything."""
        self._fail(oslo_messaging.MessagingTimeout('no reply'))
        for cloud in ('disabled', 'opportunistic', 'required'):
            self.everywhere(migration_encryption=cloud)
            self.assertEqual(TLS, self.move().mode, cloud)
        self.assertIn('count as saying "required" about', self.log.output)
        terms = self.ended[-1].terms
        assert terms is not None
        # Nothing could be stricter than what is known.
        self.assertEqual(
            'cloud [native_tls] migration_encryption', terms.decision.owner
        )

    def test_not_reached_where_nobody_says_anything(self) -> None:
        """They might: a guest of theirs must not leave in clear text."""
        self._fail(oslo_messaging.MessagingTimeout('no reply'))
        self.assertEqual(TLS, self.move().mode)
        self.assertIn('count as saying "required" about', self.log.output)

    def test_not_reached_any_more(self) -> None:
        """What they said before is not used: it could be stricter now."""
        for said in ('required', 'disabled'):
            self.aggregates = dict.fromkeys(('compute1', 'compute2'), said)
            self.move()
            with fixtures.MockPatchObject(
                objects.AggregateList,
                'get_by_host',
                side_effect=oslo_messaging.MessagingTimeout('no reply'),
            ):
                self.assertEqual(TLS, self.move().mode, said)

    def test_without_up_calls(self) -> None:
        """A conductor without API database: once, where nobody asks."""
        self._fail(
            oslo_messaging.RemoteError('CantStartEngineError', 'no connection')
        )
        for _time in range(2):
            self.assertEqual(CLEAR, self.move().mode)
        self.assertEqual(1, self.log.output.count('have no say'))
        for cloud in ('disabled', 'opportunistic'):
            self.everywhere(migration_encryption=cloud)
            self.assertEqual(TLS, self.move().mode)
        self.assertIn(
            'set [native_tls] aggregate_migration_encryption on this host',
            self.log.output,
        )

    def test_without_up_calls_and_native_tls(self) -> None:
        """TLS is required without them: nothing could be stricter."""
        self.native_tls(True)
        self._fail(
            oslo_messaging.RemoteError('CantStartEngineError', 'no connection')
        )
        self.assertEqual(TLS, self.move().mode)
        decision = policy_sources.decide(self.context, adapter.instance())
        assert decision is not None
        self.assertIsNone(decision.rule)
