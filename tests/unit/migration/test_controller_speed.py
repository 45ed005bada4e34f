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

"""What the controller knows of the source's speed, and of the guest."""

from __future__ import annotations

import dataclasses
from typing import Any
from unittest import mock

from nova_native_tls.migration import controller
from nova_native_tls.migration import libvirt_abi
from nova_native_tls.migration import versions
from nova_native_tls.speed import peek
from nova_native_tls.speed import sample
from tests.unit.migration import test_tuning
from tests.unit.migration import two_hosts
from tests.unit.speed import test_choice

QEMU = versions.Version(10, 0, 13)


class SpeedTest(two_hosts.TwoHostsTestCase):
    """Two hosts that could compress."""

    def setUp(self) -> None:
        super().setUp()
        for each in (self.source, self.destination):
            each.qemu = QEMU
        self.look = mock.Mock(return_value=test_choice.RANDOM)
        self.unknown = frozenset[str]()
        for target, name, replacement in (
            (peek, 'look', self.look),
            (libvirt_abi, 'unknown_parameters', lambda _: self.unknown),
        ):
            patch = mock.patch.object(target, name, replacement)
            patch.start()
            self.addCleanup(patch.stop)

    def _asked_with(self, speed: Any, **settings: Any) -> dict[str, Any]:
        job = dataclasses.replace(
            self._job(settings=settings), source_speed=speed
        )
        controller.migrate(
            job, cancel=self.cancel, on_progress=lambda _seen: None
        )
        params = dict(self._asked().params)
        return {
            name: params[name]
            for name in ('parallel.connections', 'compression')
            if name in params
        }

    def test_on_the_source(self) -> None:
        """The destination is taken to be as fast, and alike."""
        self.assertEqual(
            {'parallel.connections': 2, 'compression': 'zstd'},
            self._asked_with(test_tuning.SPEED),
        )
        (domain,) = self.look.call_args.args
        self.assertIs(self.domain, domain)

    def test_from_elsewhere(self) -> None:
        """Nothing is measured, and the guest is not looked at."""
        self.assertEqual({'parallel.connections': 2}, self._asked_with(None))
        self.look.assert_not_called()

    def test_memory_that_cannot_be_seen(self) -> None:
        """It is sent packed."""
        self.look.return_value = sample.Unsampled('AppArmor')

        self.assertEqual(
            {'parallel.connections': 2, 'compression': 'zlib'},
            self._asked_with(test_tuning.SPEED),
        )

    def test_qemu_that_fills_records(self) -> None:
        """Nothing is put together first."""
        self.look.return_value = sample.Unsampled('AppArmor')

        self.assertEqual(
            {'parallel.connections': 2},
            self._asked_with(
                dataclasses.replace(test_tuning.SPEED, fills_records=True)
            ),
        )

    def test_another_release(self) -> None:
        """Whether its QEMU has zstd is not guessed."""
        self.destination.qemu = versions.Version(10, 0, 14)

        self.assertEqual(
            {'parallel.connections': 2, 'compression': 'zlib'},
            self._asked_with(test_tuning.SPEED),
        )

    def test_options(self) -> None:
        """What must not be compressed is not looked at."""
        self.assertEqual(
            {'parallel.connections': 2},
            self._asked_with(test_tuning.SPEED, auto_compression=False),
        )
        self.look.assert_not_called()

    def test_clear_text(self) -> None:
        """It stays as Nova asks for it."""
        self.assertEqual(
            {}, self._asked_with(test_tuning.SPEED, native_tls=False)
        )
        self.look.assert_not_called()

    def test_binding(self) -> None:
        """What it cannot pass is not asked for."""
        self.unknown = frozenset({'compression.zlib.level'})
        self.look.return_value = sample.Unsampled('AppArmor')

        self.assertEqual(
            {'parallel.connections': 2}, self._asked_with(test_tuning.SPEED)
        )
