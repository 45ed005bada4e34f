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

"""The whole decision: base, adjustments, refusals, warnings."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import flags
from nova_native_tls.migration import plan as migration_plan
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions

_COUNT = 'parallel.connections'


def _build(
    request: dict[str, Any] | None = None,
    context: versions.Context | None = None,
    **settings: Any,
) -> migration_plan.MigrationPlan:
    return migration_plan.build(
        migration_settings.MigrationSettings(**settings),
        migration_call.MigrationRequest(**(request or {})),
        context or versions.Context(),
    )


class BuildTest(testtools.TestCase):
    """Both stages and both kinds of rules, put together."""

    def test_without_a_context_the_call_is_novas(self) -> None:
        """Nothing is changed that nobody asked to change."""
        for settings in ({}, {'native_tls': True, 'rekey_crash': 'ignore'}):
            plan = _build(**settings)
            self.assertEqual((), plan.adjustments)
            self.assertEqual(plan.base.call, plan.call)
            self.assertIsNone(plan.watch)

    def test_native_tls_is_not_left_to_one_connection(self) -> None:
        """The crash that loses guests is avoided, watched for, or told of."""
        plan = _build(native_tls=True)
        self.assertEqual(plan.base.call.flags | {'PARALLEL'}, plan.call.flags)
        self.assertIsNone(plan.watch)
        context = versions.Context(
            source=versions.HostVersions(qemu=versions.Version(7, 2))
        )
        plan = _build(
            context=context,
            native_tls=True,
            scheme='tls',
            permit_post_copy=True,
        )
        self.assertEqual(plan.base.call, plan.call)
        self.assertIsNotNone(plan.watch)
        (warning,) = plan.warnings
        self.assertIn('live_migration_permit_post_copy', warning)

    def test_the_base_stays_novas(self) -> None:
        """What is shown as Nova's call does not carry our changes."""
        request: dict[str, Any] = {'tls_name': 'host2', 'peer_to_peer': False}
        plan = _build(request, native_tls=True)
        self.assertEqual(
            flags.base(
                migration_settings.MigrationSettings(native_tls=True),
                migration_call.MigrationRequest(**request),
            ),
            plan.base,
        )

    def test_every_adjustment_is_in_the_call_and_listed(self) -> None:
        """What was changed can be read, in the order it was made."""
        plan = _build(
            {'tls_name': 'host2', 'peer_to_peer': False}, native_tls=True
        )
        self.assertEqual(
            ['PEER2PEER', 'tls.destination', 'PARALLEL', _COUNT],
            [adjustment.subject for adjustment in plan.adjustments],
        )
        self.assertEqual(
            (plan.base.call.flags | {'PARALLEL'}) - {'PEER2PEER'},
            plan.call.flags,
        )
        self.assertEqual(
            {**plan.base.call.params, 'tls.destination': 'host2', _COUNT: 2},
            plan.call.params,
        )

    def test_refusals_of_both_kinds(self) -> None:
        """Exclusions and versions are both looked at, on the final call."""
        plan = _build(
            context=versions.Context(
                source=versions.HostVersions(qemu=versions.Version(10, 0, 9))
            ),
            tunnelled=True,
            permit_post_copy=True,
            parallel_connections=2,
        )
        self.assertEqual(
            [
                'tunnelled-parallel',
                'tunnelled-post-copy',
                'post-copy-parallel',
            ],
            [refusal.id for refusal in plan.refusals],
        )

    def test_rules_see_the_adjusted_call(self) -> None:
        """A tunnel that nobody leads peer-to-peer is refused."""
        self.assertEqual((), _build(tunnelled=True).refusals)
        plan = _build({'peer_to_peer': False}, tunnelled=True)
        self.assertEqual(
            ['tunnelled-not-peer-to-peer'],
            [refusal.id for refusal in plan.refusals],
        )

    def test_a_name_makes_a_unix_socket_possible(self) -> None:
        """The adjustment comes before the rule that asks for it."""
        request = {'migrate_uri': 'unix:///run/socket'}
        self.assertEqual(
            ['tls-unix-without-name'],
            [r.id for r in _build(request, native_tls=True).refusals],
        )
        self.assertEqual(
            (),
            _build({**request, 'tls_name': 'host2'}, native_tls=True).refusals,
        )

    def test_the_request_reaches_the_rules(self) -> None:
        """Disks that a tunnel would leave behind are refused."""
        plan = _build({'block': True, 'disks': ('vda',)}, tunnelled=True)
        self.assertEqual(
            ['disks-left-behind'], [refusal.id for refusal in plan.refusals]
        )


class AdjustTest(testtools.TestCase):
    """A call that Nova has made, whatever it is made of."""

    def test_what_nova_asked_for_stays(self) -> None:
        """Flags and parameters that our base lacks are kept."""
        base = flags.BaseStage(
            call=migration_call.MigrateCall(
                flags=frozenset({'LIVE', 'PEER2PEER', 'TLS', 'UNSAFE'}),
                params={'bandwidth': 3, 'disks_port': 49200},
            ),
            reasons=(),
        )
        plan = migration_plan.adjust(
            base,
            settings=migration_settings.MigrationSettings(
                native_tls=True, scheme='tls', parallel_connections=2
            ),
            request=migration_call.MigrationRequest(tls_name='host2'),
            context=versions.Context(),
        )
        self.assertIs(base, plan.base)
        self.assertEqual(base.call.flags | {'PARALLEL'}, plan.call.flags)
        self.assertEqual(
            {
                **base.call.params,
                'parallel.connections': 2,
                'tls.destination': 'host2',
            },
            plan.call.params,
        )
        self.assertEqual((), plan.refusals)


class PermittedCallTest(testtools.TestCase):
    """The gate before libvirt."""

    def test_permitted(self) -> None:
        """Without a refusal the adjusted call is given."""
        plan = _build({'tls_name': 'host2'}, native_tls=True)
        self.assertIs(plan.call, plan.permitted_call())

    def test_refused(self) -> None:
        """Every reason is in the one error."""
        plan = _build(
            tunnelled=True, permit_post_copy=True, parallel_connections=2
        )
        err = self.assertRaises(
            exception.MigrationRefused, plan.permitted_call
        )
        self.assertEqual(2, len(plan.refusals))
        for refusal in plan.refusals:
            self.assertIn(refusal.reason, str(err))
        self.assertIn('nothing was migrated', str(err))


class WarningsTest(testtools.TestCase):
    """What is carried out, and should be changed."""

    def test_a_control_connection_in_clear_text(self) -> None:
        """Encrypted memory does not protect the guest's definition."""
        for scheme in (None, 'tcp'):
            (warning,) = _build(native_tls=True, scheme=scheme).warnings
            self.assertIn('[libvirt] live_migration_scheme', warning)
            self.assertIn('set it to tls or ssh', warning)

    def test_a_protected_control_connection(self) -> None:
        """There is nothing to warn about."""
        for scheme in ('tls', 'ssh'):
            plan = _build(native_tls=True, scheme=scheme)
            self.assertEqual((), plan.warnings)

    def test_a_uri_of_ones_own(self) -> None:
        """Then the scheme is not used, so nothing is said of it."""
        plan = _build(
            native_tls=True, scheme='tcp', uri='qemu+tls://%s/system'
        )
        self.assertEqual((), plan.warnings)

    def test_without_native_tls(self) -> None:
        """Whoever encrypts nothing is not told of one half."""
        self.assertEqual((), _build(scheme='tcp').warnings)

    def test_warnings_of_the_versions_come_along(self) -> None:
        """What the rules advise against is not lost."""
        plan = _build(
            context=versions.Context(
                source=versions.HostVersions(qemu=versions.Version(2, 10))
            ),
            native_tls=True,
            scheme='tls',
        )
        by_version, watched = plan.warnings
        self.assertIn('QEMU 2.11.0', by_version)
        self.assertIn('upgrade it', watched)
        self.assertEqual((), plan.refusals)
