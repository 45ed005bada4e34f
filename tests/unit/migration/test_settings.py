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

"""Options to settings."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import fixtures
from oslo_config import cfg
import testtools

from nova_native_tls import conf as options
from nova_native_tls import exception
from nova_native_tls.migration import settings

#: Option, value in the file, setting, its value.
READ = (
    ('live_migration_with_native_tls', 'true', 'native_tls', True),
    ('live_migration_tunnelled', 'true', 'tunnelled', True),
    ('live_migration_permit_post_copy', 'true', 'permit_post_copy', True),
    (
        'live_migration_permit_auto_converge',
        'true',
        'permit_auto_converge',
        True,
    ),
    ('live_migration_parallel_connections', '8', 'parallel_connections', 8),
    ('live_migration_bandwidth', '100', 'bandwidth_mib_s', 100),
    (
        'live_migration_completion_timeout',
        '60',
        'completion_timeout_s_per_gib',
        60,
    ),
    ('live_migration_scheme', 'ssh', 'scheme', 'ssh'),
    (
        'live_migration_uri',
        'qemu+ssh://nova@%s/system',
        'uri',
        'qemu+ssh://nova@%s/system',
    ),
)

#: In the other group.
OURS = {
    'rekey_crash',
    'ignored_known_issues',
    'auto_parallel',
    'auto_compression',
    'encryption',
    'weaker_allowed',
}


class FromConfTest(testtools.TestCase):
    """A configuration file read through oslo.config."""

    def _read(self, *lines: str) -> settings.MigrationSettings:
        path = pathlib.Path(
            self.useFixture(fixtures.TempDir()).path, 'nova.conf'
        )
        path.write_text('\n'.join(['[libvirt]', *lines]) + '\n')
        registry = cfg.ConfigOpts()
        options.register_opts(registry)
        registry([], default_config_files=[str(path)])
        return settings.from_conf(registry)

    def test_an_empty_file_gives_the_defaults(self) -> None:
        """Unset options mean what they mean to Nova."""
        self.assertEqual(settings.MigrationSettings(), self._read())

    def test_each_option_decides_one_setting(self) -> None:
        """Each option changes its own setting and no other."""
        self.assertEqual(
            {
                field.name
                for field in dataclasses.fields(settings.MigrationSettings)
            },
            {name for _option, _text, name, _value in READ} | OURS,
        )
        for option, text, name, value in READ:
            changes: dict[str, Any] = {name: value}
            if name == 'parallel_connections':
                changes['auto_parallel'] = False
            self.assertEqual(
                dataclasses.replace(settings.MigrationSettings(), **changes),
                self._read(f'{option} = {text}'),
            )

    def test_options_of_this_project(self) -> None:
        """They are in the other group."""
        self.assertEqual(
            settings.MigrationSettings(rekey_crash='watch'),
            self._read('[native_tls]', 'rekey_crash = watch'),
        )
        self.assertEqual(
            settings.MigrationSettings(
                ignored_known_issues=('disks-tls-hang', 'parallel-9.2.0')
            ),
            self._read(
                '[native_tls]',
                'ignored_known_issues = disks-tls-hang, parallel-9.2.0',
            ),
        )

    def test_who_decides_how_many_connections(self) -> None:
        """An operator's number stays, be it Nova's own default."""
        for lines, expected in (
            ((), True),
            (('[native_tls]', 'parallel = nova'), False),
            (('live_migration_parallel_connections = 1',), False),
            (('live_migration_parallel_connections = 4',), False),
        ):
            self.assertIs(expected, self._read(*lines).auto_parallel, lines)

    def test_default_of_a_distribution(self) -> None:
        """A default that a program has set is nobody's decision."""
        registry = cfg.ConfigOpts()
        options.register_opts(registry)
        registry([], default_config_files=[])
        registry.set_default(
            'live_migration_parallel_connections', 2, group='libvirt'
        )

        self.assertTrue(settings.from_conf(registry).auto_parallel)

    def test_compression(self) -> None:
        """It is chosen, or never asked for."""
        for lines, expected in (
            ((), True),
            (('[native_tls]', 'compression = none'), False),
        ):
            self.assertIs(expected, self._read(*lines).auto_compression)

    def test_policy(self) -> None:
        """Only if nobody can make an exception is everything encrypted."""
        required = 'migration_encryption = required'
        flavors = 'allow_weaker_instances = false'
        aggregates = 'aggregate_migration_encryption = {}'.format
        for lines, encryption, encrypts_all in (
            ((required,), 'required', False),
            ((required, flavors), 'required', False),
            ((required, aggregates('none')), 'required', False),
            ((required, flavors, aggregates('none')), 'required', True),
            ((required, flavors, aggregates('required')), 'required', True),
            ((required, flavors, aggregates('disabled')), 'required', False),
            ((flavors, aggregates('none')), None, False),
        ):
            found = self._read('[native_tls]', *lines)
            self.assertEqual(encryption, found.encryption)
            self.assertEqual(encrypts_all, found.encrypts_all)

    def test_issues_that_nobody_can_ignore(self) -> None:
        """A misspelt name is an error, and so is what every release has."""
        for name in ('disks-tls-hangs', 'tls-zerocopy', 'rekey-crash'):
            err = self.assertRaises(
                exception.ConfigurationUnreadable,
                self._read,
                '[native_tls]',
                f'ignored_known_issues = {name}',
            )
            self.assertIn(name, str(err))

    def test_encrypted_by_policy(self) -> None:
        """As if Nova's option were on; a tunnel is for others."""
        registry = cfg.ConfigOpts()
        options.register_opts(registry)
        registry([], default_config_files=[])
        registry.set_override('live_migration_tunnelled', True, 'libvirt')
        found = settings.with_tls(registry)
        self.assertEqual((True, False), (found.native_tls, found.tunnelled))

    def test_both_exclusive_options(self) -> None:
        """Native TLS and a tunnel together are refused."""
        self.assertRaises(
            exception.ExclusiveOptions,
            self._read,
            'live_migration_with_native_tls = true',
            'live_migration_tunnelled = true',
        )

    def test_a_value_of_the_wrong_type(self) -> None:
        """The option is named."""
        for option in (
            'live_migration_with_native_tls',
            'live_migration_tunnelled',
            'live_migration_permit_post_copy',
            'live_migration_permit_auto_converge',
            'live_migration_parallel_connections',
            'live_migration_bandwidth',
        ):
            err = self.assertRaises(
                exception.ConfigurationUnreadable,
                self._read,
                f'{option} = many',
            )
            self.assertIn(option, str(err))


class MigrationSettingsTest(testtools.TestCase):
    """Settings that are made without a file."""

    def test_exclusive_settings_cannot_be_made(self) -> None:
        """Neither at once nor by changing one later."""
        self.assertRaises(
            exception.ExclusiveOptions,
            settings.MigrationSettings,
            native_tls=True,
            tunnelled=True,
        )
        tunnelled = settings.MigrationSettings(tunnelled=True)
        self.assertRaises(
            exception.ExclusiveOptions,
            dataclasses.replace,
            tunnelled,
            native_tls=True,
        )

    def test_either_alone_can(self) -> None:
        """Each of the two works without the other."""
        settings.MigrationSettings(native_tls=True)
        settings.MigrationSettings(tunnelled=True)
