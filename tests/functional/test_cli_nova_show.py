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

"""``nova-native-tls nova show`` as a process, beside a real Nova."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sysconfig

import yaml

from tests.functional import command_line

DRIVER = 'native_tls.NativeTLSDriver'
URI = 'test:///default'


class NovaShowTest(command_line.CommandLineTestCase):
    """Nova is installed beside this project; libvirt is its test driver."""

    def setUp(self) -> None:
        super().setUp()
        self.conf = self.file(
            f'[DEFAULT]\ncompute_driver = {DRIVER}\n'
            '[libvirt]\nlive_migration_with_native_tls = true\n'
        )
        # Another one that this machine may have is not asked.
        self.nova_compute = f'{sysconfig.get_path("scripts")}/nova-compute'

    def _run(
        self, *options: str, uri: str = URI
    ) -> subprocess.CompletedProcess[str]:
        return self.run_command(
            *('nova', 'show', '--connect', uri),
            *('--nova-compute', self.nova_compute),
            *options,
        )

    def test_forms(self) -> None:
        """JSON and YAML say the same, a table says it to people."""
        files = ('--config-file', self.conf)
        done = self._run(*files, '-f', 'json')
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        shown = json.loads(done.stdout)
        self.assertEqual('nova-compute', shown['way'])
        self.assertEqual(
            {'value': True, 'file': self.conf},
            shown['live_migration_with_native_tls'],
        )
        self.assertNotIn(
            None, (shown['libvirt_version'], shown['nova_version'])
        )
        self.assertEqual(
            shown, yaml.safe_load(self._run(*files, '-f', 'yaml').stdout)
        )
        table = self._run(*files).stdout
        self.assertRegex(table, rf'\| value: {DRIVER} +\|\n')
        self.assertRegex(table, r'\| to_do +\| - +\|\n')
        done = self._run(*files, '-f', 'value', '-c', 'way')
        self.assertEqual('nova-compute\n', done.stdout)

    def test_the_hosts_own_files(self) -> None:
        """Those of nova-compute, the program's own after Nova's."""
        paths = [
            self.file(f'[DEFAULT]\ncompute_driver = {name}\n', f'.nova/{name}')
            for name in ('nova.conf', 'nova-compute.conf')
        ]
        done = self._run('-f', 'json')
        shown = json.loads(done.stdout)
        self.assertEqual(paths, shown['config_files'][:2])
        self.assertEqual(
            {'value': 'nova-compute.conf', 'file': paths[1]},
            shown['compute_driver'],
        )
        self.assertEqual((1, ''), (done.returncode, done.stderr))

    def test_a_file_that_was_named(self) -> None:
        """It has to be there."""
        path = str(self.directory / 'missing.conf')
        self.assert_one_line(self._run('--config-file', path), path)

    def test_a_daemon_that_refuses(self) -> None:
        """Stated in the result."""
        self._assert_stated('qemu+tcp://127.0.0.1:1/system', 'refused')

    def test_a_daemon_that_does_not_answer(self) -> None:
        """Stated as well, after a while."""
        path = str(self.directory / 'socket')
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            self._assert_stated(
                f'qemu+unix:///system?socket={path}&mode=direct',
                'no answer within',
            )

    def _assert_stated(self, uri: str, text: str) -> None:
        done = self._run('--config-file', self.conf, '-f', 'json', uri=uri)
        self.assertEqual((1, ''), (done.returncode, done.stderr))
        shown = json.loads(done.stdout)
        self.assertIsNone(shown['libvirt_version'])
        (sentence,) = shown['to_do']
        self.assertIn(uri, sentence)
        self.assertIn(text, sentence)

    def test_a_nova_compute_that_is_none(self) -> None:
        """What was named is told, whatever it is; ours is still asked."""
        for path in (os.devnull, str(self.directory), '/nonexistent'):
            done = self._run(
                *('--config-file', self.conf, '--nova-compute', path),
                *('-f', 'json'),
            )
            self.assertEqual((0, ''), (done.returncode, done.stderr))
            shown = json.loads(done.stdout)
            self.assertEqual('nova-compute-native-tls', shown['way'])
            self.assertIn(path, shown['nova_compute']['problem'])
            self.assertFalse(shown['nova_compute']['works'])
