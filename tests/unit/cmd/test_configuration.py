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

"""Which files are read, and what is said of those that cannot be."""

from __future__ import annotations

import argparse
import pathlib

import fixtures
import testtools

from nova_native_tls.cmd import configuration
from nova_native_tls import exception
from nova_native_tls.migration import settings as migration_settings


class AddArgumentTest(testtools.TestCase):
    """--config-file."""

    def _parse(self, *argv: str) -> list[str]:
        parser = argparse.ArgumentParser()
        configuration.add_argument(parser)
        found: list[str] = parser.parse_args(argv).config_file
        return found

    def test_none(self) -> None:
        """No file is named unless one is."""
        self.assertEqual([], self._parse())

    def test_several(self) -> None:
        """The order is the one on the command line."""
        self.assertEqual(
            ['b', 'a'], self._parse('--config-file', 'b', '--config-file=a')
        )


class ReadTest(testtools.TestCase):
    """Files to options."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def _file(self, content: str, name: str = 'nova.conf') -> str:
        path = self.directory / name
        path.write_text(content)
        return str(path)

    def test_no_file(self) -> None:
        """Without files there are the defaults."""
        self.assertEqual(
            migration_settings.MigrationSettings(), configuration.settings([])
        )

    def test_no_file_of_the_hosts_own(self) -> None:
        """Without files none is looked for, not even the usual one."""
        home = self.directory / '.nova'
        home.mkdir()
        (home / 'nova.conf').write_text(
            '[libvirt]\nlive_migration_bandwidth = 5\n'
        )
        self.useFixture(
            fixtures.EnvironmentVariable('HOME', str(self.directory))
        )
        self.assertEqual(0, configuration.settings([]).bandwidth_mib_s)

    def test_one_file(self) -> None:
        """Its values are read; sections of others do not matter."""
        path = self._file(
            '[DEFAULT]\ndebug = maybe\n[libvirt]\nvirt_type = kvm\n'
            'live_migration_bandwidth = 5\n'
            '[native_tls]\ntls_destination = host2.example.org\n'
        )
        registry = configuration.read([path])
        self.assertEqual(5, registry.libvirt.live_migration_bandwidth)
        self.assertEqual(
            'host2.example.org', registry.native_tls.tls_destination
        )

    def test_several_files(self) -> None:
        """The last word counts, and what only the first says stays."""
        first = self._file(
            '[libvirt]\nlive_migration_bandwidth = 5\n'
            'live_migration_scheme = ssh\n',
            'first.conf',
        )
        second = self._file(
            '[libvirt]\nlive_migration_bandwidth = 6\n', 'second.conf'
        )
        read = configuration.settings([first, second])
        self.assertEqual((6, 'ssh'), (read.bandwidth_mib_s, read.scheme))
        read = configuration.settings([second, first])
        self.assertEqual((5, 'ssh'), (read.bandwidth_mib_s, read.scheme))

    def test_both_exclusive_options(self) -> None:
        """One in each file is as much as both in one."""
        self.assertRaises(
            exception.ExclusiveOptions,
            configuration.settings,
            [
                self._file(
                    '[libvirt]\nlive_migration_with_native_tls = true\n', 'a'
                ),
                self._file('[libvirt]\nlive_migration_tunnelled = yes\n', 'b'),
            ],
        )

    def test_missing_file(self) -> None:
        """It is named, also where another one is there."""
        missing = str(self.directory / 'missing.conf')
        err = self.assertRaises(
            exception.ConfigurationUnreadable,
            configuration.read,
            [self._file(''), missing],
        )
        self.assertIn(missing, str(err))

    def test_malformed_file(self) -> None:
        """The file and the line are named, on one line."""
        for content in (
            '[libvirt',
            'live_migration_bandwidth = 5\n[libvirt\n',
            '[libvirt]\nnonsense\n',
            '[libvirt]\n  continued = nothing\n',
            '[]\n',
        ):
            path = self._file(content)
            err = self.assertRaises(
                exception.ConfigurationUnreadable, configuration.read, [path]
            )
            self.assertIn(path, str(err), content)
            self.assertNotIn('\n', str(err))

    def test_binary_file(self) -> None:
        """What is no text is no configuration."""
        path = self.directory / 'nova.conf'
        path.write_bytes(b'\x7fELF\x02\x01\x01\xff\xfe\0')
        err = self.assertRaises(
            exception.ConfigurationUnreadable,
            configuration.read,
            [self._file('', 'other.conf'), str(path)],
        )
        self.assertIn(f'{path} is not text', str(err))

    def test_directory(self) -> None:
        """What is no file is named."""
        err = self.assertRaises(
            exception.ConfigurationUnreadable,
            configuration.read,
            [str(self.directory)],
        )
        self.assertIn(f'{self.directory}: Is a directory', str(err))

    def test_a_reference_to_nothing(self) -> None:
        """A value that refers to no option is a bad file."""
        path = self._file(
            '[libvirt]\nlive_migration_scheme = $no_such_option\n'
        )
        err = self.assertRaises(
            exception.ConfigurationUnreadable, configuration.settings, [path]
        )
        self.assertIn('no_such_option', str(err))

    def test_a_reference_to_itself(self) -> None:
        """A value without an end is a bad file, too."""
        path = self._file(
            '[libvirt]\nlive_migration_scheme = $live_migration_scheme\n'
        )
        self.assertRaises(
            exception.ConfigurationUnreadable, configuration.settings, [path]
        )

    def test_a_value_of_the_wrong_type(self) -> None:
        """The option is named."""
        path = self._file(
            '[libvirt]\nlive_migration_parallel_connections = many\n'
        )
        err = self.assertRaises(
            exception.ConfigurationUnreadable, configuration.settings, [path]
        )
        self.assertIn('live_migration_parallel_connections', str(err))
        self.assertIn('many', str(err))
        self.assertIn(f' from {path} ', str(err))
        self.assertNotIn('LocationInfo', str(err))
