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

"""How fast both hosts are, from the look at them to what libvirt is asked."""

from __future__ import annotations

import dataclasses
from typing import Any
from unittest import mock

import libvirt

from nova_native_tls.checks import base
from nova_native_tls.migration import libvirt_abi
from nova_native_tls.nova import carrier
from nova_native_tls.nova.facts import own_facts
from nova_native_tls.peer import facts
from nova_native_tls.speed import own_speed
from nova_native_tls.speed import peek
from nova_native_tls.speed import sample
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import test_driver_plan
from tests.functional.nova_adapter import test_known_issues
from tests.unit.migration import test_tuning
from tests.unit.peer import host_facts
from tests.unit.speed import test_choice

SOURCE = test_known_issues.SOURCE
DESTINATION = test_known_issues.DESTINATION
SAFE = test_driver_plan.SAFE
COMPRESSED = SAFE | libvirt.VIR_MIGRATE_COMPRESSED
RELEASES = {'libvirt': '11.3.0', 'qemu': '10.0.13'}


class Named(test_driver_plan.Domain):
    """What is looked at has a name."""

    def name(self) -> str:
        """Give it."""
        return 'instance-00000001'

    def UUIDString(self) -> str:
        """Give its UUID."""
        return str(adapter.UUID)


class SpeedTest(test_known_issues.KnownIssuesTestCase):
    """Two hosts with Debian 13."""

    def setUp(self) -> None:
        super().setUp()
        self.start(guest='10.0.13', installed=10_000_013)
        self.measure = mock.Mock(return_value=test_tuning.SPEED)
        self.look = mock.Mock(return_value=test_choice.RANDOM)
        self.exchange(own_speed, measure=self.measure)
        self.exchange(peek, look=self.look)
        # As a binding of libvirt 9.4 or newer has it.
        self.exchange(libvirt_abi, unknown_parameters=lambda _: frozenset())
        self.peer: dict[str, Any] = {
            **RELEASES,
            'speed': test_tuning.SPEED.to_primitive(),
        }

    def _migrate(
        self, domain: test_driver_plan.Domain | None = None
    ) -> tuple[int | None, dict[str, Any]]:
        """Give what was asked, without what every migration has."""
        driver = self.driver()
        written = host_facts.written(**self.peer)
        self.source(driver, adapter.sent(DESTINATION, written))
        domain = self.operate(
            adapter.sent(DESTINATION, written),
            driver=driver,
            domain=domain or Named(),
        )
        usual = {'bandwidth', 'tls.destination', *test_driver_plan.XML}
        params = domain.params or {}
        return domain.flags, {
            name: value for name, value in params.items() if name not in usual
        }

    def test_packed(self) -> None:
        """Memory that nobody may look at is not compressed."""
        self.look.return_value = sample.Unsampled('AppArmor')

        self.assertEqual(
            (
                COMPRESSED,
                {
                    'parallel.connections': 2,
                    'compression': 'zlib',
                    'compression.zlib.level': 0,
                },
            ),
            self._migrate(),
        )

    def test_qemu_that_fills_records(self) -> None:
        """On the source, if it is the one that the guest runs in."""
        self.look.return_value = sample.Unsampled('AppArmor')
        fills = dataclasses.replace(test_tuning.SPEED, fills_records=True)
        for source, destination, installed, expected in (
            (fills, test_tuning.SPEED, 10_000_013, None),
            (test_tuning.SPEED, fills, 10_000_013, 'zlib'),
            # It was replaced since the guest was started.
            (fills, fills, 10_000_014, 'zlib'),
        ):
            self.start(guest='10.0.13', installed=installed)
            self.measure.return_value = source
            self.peer['speed'] = destination.to_primitive()

            _flags, params = self._migrate()

            self.assertEqual(
                (2, expected),
                (params['parallel.connections'], params.get('compression')),
            )

    def test_compressed(self) -> None:
        """What its memory is like decides."""
        self.assertEqual(
            (
                COMPRESSED,
                {
                    'parallel.connections': 2,
                    'compression': 'zstd',
                    'compression.zstd.level': 1,
                },
            ),
            self._migrate(),
        )

    def test_old_peer(self) -> None:
        """Two connections; the guest's memory is not looked at."""
        del self.peer['speed']

        self.assertEqual((SAFE, {'parallel.connections': 2}), self._migrate())
        self.look.assert_not_called()

    def test_old_release(self) -> None:
        """Of the peer: it cannot do it."""
        self.peer['libvirt'] = '9.0.0'

        self.assertEqual((SAFE, {'parallel.connections': 2}), self._migrate())
        self.look.assert_not_called()

    def test_options(self) -> None:
        """Nobody looks at memory for what must not be."""
        self.configure('native_tls', compression='none')

        self.assertEqual((SAFE, {'parallel.connections': 2}), self._migrate())
        self.look.assert_not_called()

    def test_domain_that_is_gone(self) -> None:
        """Not to look at it breaks nothing."""
        flags, params = self._migrate(test_driver_plan.Domain())

        self.assertEqual(COMPRESSED, flags)
        self.assertEqual('zlib', params['compression'])

    def test_measuring_breaks(self) -> None:
        """A migration does not need it."""
        for error in (OSError(2, 'No such file'), RuntimeError('bad')):
            self.measure.side_effect = error

            self.assertEqual(
                (SAFE, {'parallel.connections': 2}), self._migrate()
            )

    def test_other_end_is_told(self) -> None:
        """By the source, and by the destination."""
        there = own_facts.collect(self.host, base.Stage.DESTINATION)
        self.assertEqual(test_tuning.SPEED, there.speed)
        driver = self.driver()
        data = adapter.sent(DESTINATION, host_facts.written(**self.peer))
        sent = self.source(driver, data)
        said = carrier.get(adapter.over_rpc(sent), SOURCE)
        assert isinstance(said, facts.HostFacts)
        self.assertEqual(test_tuning.SPEED, said.speed)

    def test_what_is_measured(self) -> None:
        """The address for migrations, and QEMU's priority."""
        for option, expected in (
            ('203.0.113.7', '203.0.113.7'),
            (None, adapter.HOST),
        ):
            self.configure('libvirt', live_migration_inbound_addr=option)
            self._migrate()
            (address,), asked = self.measure.call_args
            self.assertEqual(
                (expected, 'NORMAL'), (address, asked['priority'])
            )

    def test_look_that_is_for_no_migration(self) -> None:
        """It measures nothing each minute."""
        found = own_facts.collect(self.host)

        self.assertIsNone(found.speed)
        self.measure.assert_not_called()
