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

"""The first stage equals Nova, for every combination that Nova reads."""

from __future__ import annotations

from collections.abc import Iterator
import io
import itertools
import json
import pathlib
import random
import types
from typing import Any
from unittest import mock

import fixtures
from nova.compute import vm_states
import nova.conf
from nova.virt.libvirt import driver as nova_driver
from nova.virt.libvirt import guest as nova_guest
from nova.virt.libvirt import migration as nova_migration
import testtools

from nova_native_tls.cmd import main
from nova_native_tls import conf as options
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import flags
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import settings as migration_settings

CONF = nova.conf.CONF

SAMPLE = 40
SEED = 20261121

#: Every value that leads Nova to another flag or parameter.
PRODUCT = {
    'live_migration_with_native_tls': (False, True),
    'live_migration_tunnelled': (False, True),
    'live_migration_permit_post_copy': (False, True),
    'live_migration_permit_auto_converge': (False, True),
    'live_migration_parallel_connections': (0, 1, 2, 8, 255),
    'live_migration_bandwidth': (0, 100),
}
ADDRESSES = (None, 'host2', '203.0.113.12', '2001:db8:2::12')
DISKS = ((), ('vda',), ('vda', 'vdb'))


def _combinations() -> Iterator[dict[str, Any]]:
    for values in itertools.product(*PRODUCT.values()):
        yield dict(zip(PRODUCT, values, strict=True))


class _RecordingDomain:
    """Keeps what libvirt would have been asked, in libvirt's place."""

    def migrateToURI3(
        self, uri: str, params: dict[str, Any], flags: int
    ) -> None:
        self.params, self.flags = params, flags


class NovaBaseStageTest(testtools.TestCase):
    """Compares with the Nova that is installed."""

    def setUp(self) -> None:
        super().setUp()
        options.register_opts(CONF)
        CONF([], project='nova', default_config_files=[])
        CONF.set_override('virt_type', 'kvm', group='libvirt')
        self.addCleanup(CONF.reset)
        self.addCleanup(CONF.clear_override, 'virt_type', group='libvirt')
        self.driver = nova_driver.LibvirtDriver.__new__(
            nova_driver.LibvirtDriver
        )

    def _configure(
        self, combination: dict[str, Any]
    ) -> migration_settings.MigrationSettings | None:
        for name, value in combination.items():
            CONF.set_override(name, value, group='libvirt')
            self.addCleanup(CONF.clear_override, name, group='libvirt')
        self.driver._parse_migration_flags()
        if (
            combination['live_migration_with_native_tls']
            and combination['live_migration_tunnelled']
        ):
            return None
        return migration_settings.from_conf(CONF)

    def test_flags_of_the_whole_product(self) -> None:
        """Live and block flags equal Nova's, bit for bit."""
        compared = 0
        for combination in _combinations():
            settings = self._configure(combination)
            if settings is None:
                continue
            for block, theirs in (
                (False, self.driver._live_migration_flags),
                (True, self.driver._block_migration_flags),
            ):
                ours = flags.base(
                    settings, migration_call.MigrationRequest(block=block)
                ).call
                self.assertEqual(theirs, ours.bitmask, combination)
                self.assertEqual(
                    theirs, libvirt_api.to_bitmask(ours.flags), combination
                )
                compared += 1
        self.assertEqual(2 * 3 * 2 * 2 * 5 * 2, compared)

    def test_command_line_of_a_sample(self) -> None:
        """``flags show -f json`` prints Nova's own bitmask."""
        directory = self.useFixture(fixtures.TempDir()).path
        path = pathlib.Path(directory) / 'nova.conf'
        sample = random.Random(SEED).sample(list(_combinations()), SAMPLE)
        compared = 0
        for combination in sample:
            if self._configure(combination) is None:
                continue
            lines = [
                f'{name} = {value}' for name, value in combination.items()
            ]
            path.write_text('\n'.join(['[libvirt]', *lines, '']))
            for option, theirs in (
                ((), self.driver._live_migration_flags),
                (('--block',), self.driver._block_migration_flags),
            ):
                stdout = io.StringIO()
                argv = ['flags', 'show', '--config-file', str(path), *option]
                status = main.main(
                    [*argv, '-f', 'json'], stdout=stdout, stderr=io.StringIO()
                )
                shown = json.loads(stdout.getvalue())
                self.assertEqual(theirs, shown['bitmask'], combination)
                # What must not be asked at all is shown, and fails.
                self.assertEqual(bool(shown['refusals']), status == 2)
                compared += 1
        self.assertGreater(compared, SAMPLE)

    def test_call_of_the_whole_product(self) -> None:
        """Flags and parameters equal what Nova passes to libvirt."""
        for combination in _combinations():
            settings = self._configure(combination)
            if settings is None:
                continue
            for block, paused, address, disks in itertools.product(
                (False, True), (False, True), ADDRESSES, DISKS
            ):
                ours = flags.base(
                    settings,
                    migration_call.MigrationRequest(
                        block=block,
                        disks=disks,
                        paused=paused,
                        destination_address=address,
                    ),
                ).call
                theirs = self._ask_nova(
                    block=block, paused=paused, address=address, disks=disks
                )
                self.assertEqual(theirs.flags, ours.bitmask, combination)
                self.assertEqual(
                    theirs.params,
                    {
                        k: list(v) if isinstance(v, tuple) else v
                        for k, v in ours.params.items()
                    },
                    combination,
                )

    def _ask_nova(
        self,
        *,
        block: bool,
        paused: bool,
        address: str | None,
        disks: tuple[str, ...],
    ) -> _RecordingDomain:
        domain = _RecordingDomain()
        instance = types.SimpleNamespace(
            vm_state=vm_states.PAUSED if paused else vm_states.ACTIVE
        )
        migrate_data = _MigrateData(
            block_migration=block,
            target_connect_addr=address,
            serial_listen_addr='127.0.0.1',
            vifs=None,
        )
        with mock.patch.object(
            nova_migration,
            'get_updated_guest_xml',
            autospec=True,
            return_value=None,
        ):
            self.driver._live_migration_operation(
                mock.sentinel.context,
                instance,
                'host2',
                block,
                migrate_data,
                nova_guest.Guest(domain),
                # Nova lists disks for block migration only
                # (_live_migration_copy_disk_paths).
                list(disks) if block else [],
            )
        return domain


class _MigrateData(types.SimpleNamespace):
    """What Nova reads of LibvirtLiveMigrateData on this path."""

    def __contains__(self, name: str) -> bool:
        return hasattr(self, name)
