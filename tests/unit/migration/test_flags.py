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

"""The first stage, case by case.

That it equals Nova for every combination is a functional test, which needs
Nova; here each case says what it is about.
"""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import flags
from nova_native_tls.migration import settings as migration_settings

ALWAYS = frozenset({'LIVE', 'PEER2PEER', 'UNDEFINE_SOURCE', 'PERSIST_DEST'})


def _settings(**values: Any) -> migration_settings.MigrationSettings:
    return migration_settings.MigrationSettings(**values)


def _request(**values: Any) -> migration_call.MigrationRequest:
    return migration_call.MigrationRequest(**values)


class BaseTest(testtools.TestCase):
    """Options and a guest to flags and parameters."""

    def _call(
        self,
        settings: migration_settings.MigrationSettings,
        request: migration_call.MigrationRequest,
    ) -> migration_call.MigrateCall:
        return flags.base(settings, request).call

    def test_the_defaults(self) -> None:
        """With nothing set: a live, peer-to-peer move in clear text."""
        call = self._call(_settings(), _request())
        self.assertEqual(ALWAYS, call.flags)
        self.assertEqual({'bandwidth': 0}, call.params)

    def test_each_option_adds_its_flag(self) -> None:
        """One option, one flag."""
        for values, flag in (
            ({'native_tls': True}, 'TLS'),
            ({'tunnelled': True}, 'TUNNELLED'),
            ({'permit_post_copy': True}, 'POSTCOPY'),
            ({'permit_auto_converge': True}, 'AUTO_CONVERGE'),
            ({'parallel_connections': 2}, 'PARALLEL'),
        ):
            call = self._call(_settings(**values), _request())
            self.assertEqual(ALWAYS | {flag}, call.flags)

    def test_post_copy_takes_precedence_over_auto_converge(self) -> None:
        """Nova never asks for both."""
        call = self._call(
            _settings(permit_post_copy=True, permit_auto_converge=True),
            _request(),
        )
        self.assertEqual(ALWAYS | {'POSTCOPY'}, call.flags)

    def test_a_paused_guest_drops_post_copy(self) -> None:
        """And gets no auto-converge in its place."""
        stage = flags.base(
            _settings(permit_post_copy=True, permit_auto_converge=True),
            _request(paused=True),
        )
        self.assertEqual(ALWAYS, stage.call.flags)
        reasons = {r.subject: r.reason for r in stage.reasons}
        self.assertIn('left out', reasons['POSTCOPY'])
        self.assertIn('paused', reasons['POSTCOPY'])

    def test_a_paused_guest_without_post_copy(self) -> None:
        """Nothing is said to be left out that was not asked for."""
        running = flags.base(_settings(native_tls=True), _request())
        paused = flags.base(_settings(native_tls=True), _request(paused=True))
        self.assertEqual(running, paused)

    def test_connections(self) -> None:
        """One connection, or what Nova takes for one, is not parallel."""
        for count in (-1, 0, 1):
            call = self._call(
                _settings(parallel_connections=count), _request()
            )
            self.assertEqual(ALWAYS, call.flags)
            self.assertNotIn('parallel.connections', call.params)
        for count in (2, 255, 256):
            call = self._call(
                _settings(parallel_connections=count), _request()
            )
            self.assertEqual(ALWAYS | {'PARALLEL'}, call.flags)
            self.assertEqual(count, call.params['parallel.connections'])

    def test_bandwidth(self) -> None:
        """The limit is passed as it is, in MiB/s."""
        call = self._call(_settings(bandwidth_mib_s=100), _request())
        self.assertEqual({'bandwidth': 100}, call.params)

    def test_disks(self) -> None:
        """Disks are copied when asked for, and only those that are named."""
        for tunnelled, block, disks, flag, param in (
            (False, False, None, False, None),
            (False, False, ('vda',), False, None),
            (False, True, None, True, None),
            (False, True, (), False, None),
            (False, True, ('vda',), True, ('vda',)),
            (False, True, ('vdb', 'vda'), True, ('vdb', 'vda')),
            (True, True, None, True, None),
            (True, True, (), False, None),
            (True, True, ('vda',), False, None),
        ):
            case = f'{tunnelled} {block} {disks}'
            call = self._call(
                _settings(tunnelled=tunnelled),
                _request(block=block, disks=disks),
            )
            self.assertEqual(flag, 'NON_SHARED_INC' in call.flags, case)
            self.assertEqual(param, call.params.get('migrate_disks'), case)

    def test_the_address_of_the_destination(self) -> None:
        """It becomes a URI of QEMU's stream, with brackets for IPv6."""
        for address, uri in (
            ('host2', 'tcp://host2'),
            ('203.0.113.12', 'tcp://203.0.113.12'),
            ('2001:db8:2::12', 'tcp://[2001:db8:2::12]'),
        ):
            call = self._call(
                _settings(), _request(destination_address=address)
            )
            self.assertEqual(uri, call.params['migrate_uri'])

    def test_a_tunnel_has_no_address(self) -> None:
        """Nova does not pass the destination's address to a tunnel."""
        call = self._call(
            _settings(tunnelled=True), _request(destination_address='host2')
        )
        self.assertNotIn('migrate_uri', call.params)

    def test_a_whole_migrate_uri(self) -> None:
        """It is passed as it is, whatever the address; the rules judge it."""
        for tunnelled in (False, True):
            call = self._call(
                _settings(tunnelled=tunnelled),
                _request(
                    migrate_uri='tcp://203.0.113.12:49200',
                    destination_address='host2',
                ),
            )
            self.assertEqual(
                'tcp://203.0.113.12:49200', call.params['migrate_uri']
            )

    def test_nothing_of_ours_is_in_the_first_stage(self) -> None:
        """The name to verify and the way of leading are adjustments."""
        call = self._call(
            _settings(native_tls=True),
            _request(tls_name='host2', peer_to_peer=False),
        )
        self.assertEqual(ALWAYS | {'TLS'}, call.flags)
        self.assertEqual({'bandwidth': 0}, call.params)

    def test_there_is_a_reason_for_everything(self) -> None:
        """Each flag and parameter has one reason, and so has what is out."""
        stage = flags.base(
            _settings(
                native_tls=True,
                permit_post_copy=True,
                parallel_connections=4,
                bandwidth_mib_s=10,
            ),
            _request(block=True, disks=('vda',), destination_address='host2'),
        )
        self.assertEqual(
            sorted([*stage.call.flags, *stage.call.params]),
            sorted(reason.subject for reason in stage.reasons),
        )
        for reason in stage.reasons:
            self.assertNotEqual('', reason.reason, reason.subject)

    def test_reasons_name_the_option(self) -> None:
        """An operator reads which option a flag comes from."""
        stage = flags.base(
            _settings(
                native_tls=True, permit_post_copy=True, parallel_connections=2
            ),
            _request(),
        )
        reasons = {r.subject: r.reason for r in stage.reasons}
        for subject, option in (
            ('TLS', 'live_migration_with_native_tls'),
            ('POSTCOPY', 'live_migration_permit_post_copy'),
            ('PARALLEL', 'live_migration_parallel_connections'),
            ('parallel.connections', 'live_migration_parallel_connections'),
            ('bandwidth', 'live_migration_bandwidth'),
        ):
            self.assertIn(f'[libvirt] {option}', reasons[subject])

    def test_disks_that_are_left_out_are_explained(self) -> None:
        """Nobody wonders where the flag for disks has gone."""
        stage = flags.base(_settings(), _request(block=True, disks=()))
        reasons = {r.subject: r.reason for r in stage.reasons}
        self.assertIn('left out', reasons['NON_SHARED_INC'])
