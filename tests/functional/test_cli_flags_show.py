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

"""``nova-native-tls flags show`` as a process: formats, files, statuses."""

from __future__ import annotations

import json
import os
import subprocess
import threading

import yaml

from tests.functional import command_line

FLAGS = ['LIVE', 'PEER2PEER', 'PERSIST_DEST', 'UNDEFINE_SOURCE', 'TLS']


class FlagsShowTestCase(command_line.CommandLineTestCase):
    """Runs the command on files."""

    def _run(
        self, *paths: str, options: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        files = [part for path in paths for part in ('--config-file', path)]
        return self.run_command('flags', 'show', *files, *options)


class FormatTest(FlagsShowTestCase):
    """One result in every form."""

    def setUp(self) -> None:
        super().setUp()
        self.path = self.libvirt_file('with_native_tls = true', 'scheme = tls')

    def _text(self, *options: str) -> str:
        done = self._run(
            self.path, options=('--destination', 'host2', *options)
        )
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        return done.stdout

    def test_json(self) -> None:
        """Plain lists and objects."""
        shown = json.loads(self._text('-f', 'json'))
        self.assertEqual(FLAGS, shown['flags'])
        self.assertEqual(0x1001B, shown['bitmask'])
        self.assertEqual(
            {'bandwidth': 0, 'migrate_uri': 'tcp://host2'}, shown['params']
        )
        self.assertEqual(
            [
                'set parameter tls.destination=host2',
                'add flag PARALLEL',
                'set parameter parallel.connections=2',
            ],
            [change['change'] for change in shown['adjustments']],
        )
        for change in shown['adjustments']:
            self.assertEqual({'change', 'reason'}, set(change))
        self.assertEqual(
            {*FLAGS, 'bandwidth', 'migrate_uri'},
            {reason['change'] for reason in shown['reasons']},
        )
        self.assertEqual([], shown['refusals'])

    def test_yaml(self) -> None:
        """The same as JSON."""
        self.assertEqual(
            json.loads(self._text('-f', 'json')),
            yaml.safe_load(self._text('-f', 'yaml')),
        )

    def test_value(self) -> None:
        """One column by itself, for a script."""
        self.assertEqual('65563\n', self._text('-f', 'value', '-c', 'bitmask'))

    def test_table(self) -> None:
        """For people: a flag a line, changes with their reasons."""
        text = self._text()
        values = [
            line.split('|')[2].strip()
            for line in text.splitlines()
            if line.startswith('|')
        ]
        first = values.index('LIVE')
        self.assertEqual(FLAGS, values[first : first + len(FLAGS)])
        self.assertIn('| bitmask     | 65563 ', text)
        self.assertIn(
            '| adjustments | set parameter tls.destination=host2: the name ',
            text,
        )

    def test_columns(self) -> None:
        """Only what is asked for is shown."""
        self.assertEqual(
            {'flags', 'bitmask'},
            set(
                json.loads(
                    self._text('-f', 'json', '-c', 'flags', '-c', 'bitmask')
                )
            ),
        )


class StatusTest(FlagsShowTestCase):
    """0 success, 1 warning, 2 failure; each with the plan."""

    def _status(self, *config: str, options: tuple[str, ...] = ()) -> int:
        done = self._run(
            self.libvirt_file(*config), options=('-f', 'json', *options)
        )
        self.assertIn('bitmask', json.loads(done.stdout))
        return done.returncode

    def test_success(self) -> None:
        """Nothing to say."""
        self.assertEqual(0, self._status())
        self.assertEqual(
            0, self._status('with_native_tls = true', 'scheme = ssh')
        )

    def test_warning(self) -> None:
        """It works, and something should be changed."""
        self.assertEqual(1, self._status('with_native_tls = true'))

    def test_failure(self) -> None:
        """Such a migration would not be started."""
        self.assertEqual(
            2,
            self._status(
                'permit_post_copy = true',
                'parallel_connections = 2',
                options=('--qemu-version', '10.0.9'),
            ),
        )
        for count in ('256', '1000000'):
            self.assertEqual(
                2, self._status(f'parallel_connections = {count}')
            )


class FilesTest(FlagsShowTestCase):
    """Which files are read, in which order."""

    def test_order(self) -> None:
        """The last file counts."""
        first = self.libvirt_file('bandwidth = 1', name='first.conf')
        second = self.libvirt_file('bandwidth = 2', name='second.conf')
        for paths, value in (((first, second), 2), ((second, first), 1)):
            done = self._run(*paths, options=('-f', 'json'))
            self.assertEqual(
                value, json.loads(done.stdout)['params']['bandwidth']
            )
            self.assertEqual('', done.stderr)

    def test_the_hosts_own_file(self) -> None:
        """Without --config-file the usual one is read, which is said."""
        path = self.libvirt_file('bandwidth = 3', name='.nova/nova.conf')
        done = self._run(options=('-f', 'json'))
        self.assertEqual(0, done.returncode)
        self.assertEqual(3, json.loads(done.stdout)['params']['bandwidth'])
        self.assertIn(f'nova-native-tls: reading {path}\n', done.stderr)

    def test_a_file_that_is_named_is_the_only_one(self) -> None:
        """The usual one is not read beside it."""
        self.libvirt_file('bandwidth = 3', name='.nova/nova.conf')
        done = self._run(self.libvirt_file(), options=('-f', 'json'))
        self.assertEqual(0, json.loads(done.stdout)['params']['bandwidth'])
        self.assertEqual('', done.stderr)

    def test_unusual_contents(self) -> None:
        """What is none of our business does not disturb."""
        path = self.file(
            '\ufeff# h\u00f6st\n\n[DEFAULT]\nmy_ip = \n'
            '[libvirt]\r\nlive_migration_bandwidth=7\r\n'
            '[other]\nlive_migration_bandwidth = x\n'
        )
        done = self._run(path, options=('-f', 'json'))
        # A byte order mark is no configuration; all else is.
        self.assert_one_line(done, path)
        path = self.file(
            '# h\u00f6st\n\n[DEFAULT]\nmy_ip = \n'
            '[libvirt]\r\nlive_migration_bandwidth=7\r\n'
            '[other]\nlive_migration_bandwidth = x\n'
        )
        done = self._run(path, options=('-f', 'json'))
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        self.assertEqual(7, json.loads(done.stdout)['params']['bandwidth'])

    def test_a_pipe(self) -> None:
        """What can be read once is read: --config-file <(...).

        An empty configuration in its place would be a silent one.
        """
        path = str(self.directory / 'pipe')
        os.mkfifo(path)

        def write() -> None:
            with open(path, 'w') as pipe:
                pipe.write('[libvirt]\nlive_migration_bandwidth = 7\n')
            # Serves a second reader, so that this test cannot hang.
            with open(path, 'w') as pipe:
                pass

        threading.Thread(target=write, daemon=True).start()
        shown = self.run_json('flags', 'show', '--config-file', path)
        self.assertEqual(7, shown['params']['bandwidth'])

    def test_a_path_with_an_apostrophe(self) -> None:
        """No object of oslo.config is shown (repr changes its quotes)."""
        path = self.libvirt_file('bandwidth = x', name="it's.conf")
        done = self.run_command('flags', 'show', '--config-file', path)
        self.assert_one_line(done, path)
        self.assertNotIn('LocationInfo', done.stderr)


class BadFileTest(FlagsShowTestCase):
    """One line that names the file or the option."""

    def test_missing(self) -> None:
        """Also beside one that is there."""
        path = str(self.directory / 'missing.conf')
        self.assert_one_line(self._run(path), path)
        self.assert_one_line(self._run(self.libvirt_file(), path), path)

    def test_malformed(self) -> None:
        """The line is named too."""
        for content, line in (
            ('[libvirt', 1),
            ('[libvirt]\n# good\nnonsense\n', 3),
            ('[libvirt]\n = 1\n', 2),
        ):
            path = self.file(content)
            self.assert_one_line(self._run(path), f'{path}:{line}')

    def test_binary(self) -> None:
        """What is no text is no configuration."""
        path = self.directory / 'nova.conf'
        path.write_bytes(bytes(range(256)) * 10)
        self.assert_one_line(
            self._run(self.libvirt_file(name='other.conf'), str(path)),
            str(path),
        )

    def test_directory(self) -> None:
        """A directory is no file."""
        self.assert_one_line(
            self._run(str(self.directory)), str(self.directory)
        )

    def test_both_exclusive_options(self) -> None:
        """Both are named, and no other line says that one is deprecated."""
        self.assert_one_line(
            self._run(
                self.libvirt_file('with_native_tls = true', 'tunnelled = true')
            ),
            'live_migration_with_native_tls',
            'live_migration_tunnelled',
        )

    def test_references(self) -> None:
        """A value that refers to nothing, or to itself, is a bad one."""
        self.assert_one_line(
            self._run(self.libvirt_file('scheme = $no_such_option')),
            'no_such_option',
        )
        self.assert_one_line(
            self._run(self.libvirt_file('scheme = $live_migration_scheme')),
            'Cannot read the configuration',
        )

    def test_wrong_type(self) -> None:
        """The option and the value are named."""
        for option, value in (
            ('with_native_tls', 'perhaps'),
            ('parallel_connections', 'many'),
            ('parallel_connections', '1.5'),
            ('bandwidth', '10 MiB/s'),
            ('permit_post_copy', '2'),
        ):
            path = self.libvirt_file(f'{option} = {value}')
            done = self._run(path)
            self.assert_one_line(done, f'live_migration_{option}', value, path)
            self.assertNotIn('LocationInfo', done.stderr)

    def test_hosts_that_cannot_be(self) -> None:
        """What names no host makes no URI, and is in no certificate."""
        path = self.libvirt_file()
        for option in ('--destination', '--tls-destination'):
            for host in ('', 'a b', 'host2:49152', 'tcp://host2'):
                self.assert_one_line(
                    self._run(path, options=(option, host)),
                    f'{host!r} names no host',
                )

    def test_wrong_version(self) -> None:
        """It is named, with an example."""
        path = self.libvirt_file()
        for option in ('--libvirt-version', '--qemu-version'):
            self.assert_one_line(
                self._run(path, options=(option, '9.0.0-4')),
                "'9.0.0-4'",
                'for example 10.0.0',
            )
