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

"""The second stage: every change has a reason."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.migration import adjustments
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions

Action = adjustments.Action


def _call(*flags: str, **params: Any) -> migration_call.MigrateCall:
    return migration_call.MigrateCall(flags=frozenset(flags), params=params)


def _made(
    rule: adjustments.Rule,
    call: migration_call.MigrateCall,
    *,
    connections: int = 1,
    **request: Any,
) -> list[adjustments.Adjustment]:
    return list(
        rule(
            call,
            migration_settings.MigrationSettings(
                parallel_connections=connections
            ),
            migration_call.MigrationRequest(**request),
            versions.Context(),
        )
    )


class AdjustmentTest(testtools.TestCase):
    """One change, applied."""

    def _apply(
        self,
        action: adjustments.Action,
        subject: str,
        value: migration_call.ParameterValue | None = None,
    ) -> migration_call.MigrateCall:
        before = _call('LIVE', 'PEER2PEER', bandwidth=10)
        after = adjustments.Adjustment(
            action=action, subject=subject, value=value, reason='because'
        ).apply(before)
        # The call before is somebody else's still.
        self.assertEqual(_call('LIVE', 'PEER2PEER', bandwidth=10), before)
        return after

    def test_add_flag(self) -> None:
        """The flag comes to the others."""
        self.assertEqual(
            _call('LIVE', 'PEER2PEER', 'TLS', bandwidth=10),
            self._apply(Action.ADD_FLAG, 'TLS'),
        )

    def test_drop_flag(self) -> None:
        """The flag goes, whether it was there or not."""
        self.assertEqual(
            _call('LIVE', bandwidth=10),
            self._apply(Action.DROP_FLAG, 'PEER2PEER'),
        )
        self.assertEqual(
            _call('LIVE', 'PEER2PEER', bandwidth=10),
            self._apply(Action.DROP_FLAG, 'TLS'),
        )

    def test_set_parameter(self) -> None:
        """A parameter is added or gets another value; 0 is a value."""
        for name, value in (
            ('compression', 'zstd'),
            ('bandwidth', 20),
            ('bandwidth', 0),
        ):
            self.assertEqual(
                _call('LIVE', 'PEER2PEER', **{'bandwidth': 10, name: value}),
                self._apply(Action.SET_PARAMETER, name, value),
            )

    def test_a_parameter_is_never_set_to_nothing(self) -> None:
        """A forgotten value is an error, not a missing parameter."""
        self.assertRaises(
            ValueError, self._apply, Action.SET_PARAMETER, 'bandwidth'
        )

    def test_drop_parameter(self) -> None:
        """The parameter goes, whether it was there or not."""
        self.assertEqual(
            _call('LIVE', 'PEER2PEER'),
            self._apply(Action.DROP_PARAMETER, 'bandwidth'),
        )
        self.assertEqual(
            _call('LIVE', 'PEER2PEER', bandwidth=10),
            self._apply(Action.DROP_PARAMETER, 'compression'),
        )


class NameToVerifyTest(testtools.TestCase):
    """tls.destination."""

    def test_with_tls_the_name_is_stated(self) -> None:
        """Whoever names the destination gets that name verified."""
        (made,) = _made(
            adjustments.name_to_verify,
            _call('LIVE', 'TLS'),
            tls_name='host2.example.org',
        )
        self.assertIs(Action.SET_PARAMETER, made.action)
        self.assertEqual('tls.destination', made.subject)
        self.assertEqual('host2.example.org', made.value)
        self.assertNotEqual('', made.reason)

    def test_without_tls_there_is_nothing_to_verify(self) -> None:
        """libvirt refuses the name without TLS."""
        self.assertEqual(
            [],
            _made(adjustments.name_to_verify, _call('LIVE'), tls_name='host2'),
        )

    def test_a_name_that_is_not_known_yet(self) -> None:
        """Nothing is made up."""
        self.assertEqual(
            [], _made(adjustments.name_to_verify, _call('LIVE', 'TLS'))
        )


class WhoIsEncryptedTest(testtools.TestCase):
    """A policy for the guest, against the option for the host."""

    def test_policy(self) -> None:
        """TLS is added, taken away, or as it was."""
        for flags, encrypted, actions in (
            (('LIVE',), True, [adjustments.Action.ADD_FLAG]),
            (('LIVE', 'TLS'), False, [adjustments.Action.DROP_FLAG]),
            (('LIVE', 'TLS'), True, []),
            (('LIVE',), False, []),
            (('LIVE', 'TLS'), None, []),
            (('LIVE',), None, []),
        ):
            made = _made(
                adjustments.who_is_encrypted,
                _call(*flags),
                encrypted=encrypted,
                encrypted_because='required, as flavor m1 says',
            )
            self.assertEqual(actions, [each.action for each in made])
            for each in made:
                self.assertEqual('TLS', each.subject)
                self.assertEqual('required, as flavor m1 says', each.reason)

    def test_it_comes_first(self) -> None:
        """What others add depends on it."""
        self.assertIs(adjustments.who_is_encrypted, adjustments.RULES[0])


class WhoLeadsTest(testtools.TestCase):
    """Peer-to-peer, or led from a third machine."""

    def test_peer_to_peer_stays(self) -> None:
        """Nova's way needs no change."""
        self.assertEqual(
            [], _made(adjustments.who_leads, _call('LIVE', 'PEER2PEER'))
        )

    def test_the_controller_leads(self) -> None:
        """The flag goes when the daemons need not reach each other."""
        (made,) = _made(
            adjustments.who_leads,
            _call('LIVE', 'PEER2PEER'),
            peer_to_peer=False,
        )
        self.assertIs(Action.DROP_FLAG, made.action)
        self.assertEqual('PEER2PEER', made.subject)
        self.assertIn('asked for', made.reason)


class RulesTest(testtools.TestCase):
    """The list that a plan goes through."""

    def test_every_rule_of_the_module_is_in_the_list(self) -> None:
        """A rule that nobody applies would be no rule."""
        self.assertEqual(
            {
                adjustments.who_is_encrypted,
                adjustments.who_leads,
                adjustments.connections_that_nova_leaves_out,
                adjustments.name_to_verify,
            },
            set(adjustments.RULES),
        )
        self.assertEqual(len(adjustments.RULES), len(set(adjustments.RULES)))
