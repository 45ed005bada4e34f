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

"""nova-native-tls flags show, in this process."""

from __future__ import annotations

import testtools

from tests.unit.cmd import in_process

ALWAYS = ['LIVE', 'PEER2PEER', 'PERSIST_DEST', 'UNDEFINE_SOURCE']


class FlagsShowTest(testtools.TestCase):
    """Files and arguments to a plan."""

    def setUp(self) -> None:
        super().setUp()
        self.line = self.useFixture(in_process.CommandLine())
        self.tls = self.line.config_file(with_native_tls=True, scheme='tls')

    def _run(self, config_file: str, *options: str) -> in_process.Result:
        return self.line.run(
            *('flags', 'show', '-f', 'json', '--config-file', config_file),
            *options,
        )

    def test_columns(self) -> None:
        """Nova's call, why, what is changed, what forbids it."""
        done = self._run(self.tls)
        self.assertEqual((0, ''), (done.status, done.err))
        self.assertEqual(
            [
                'flags',
                'bitmask',
                'params',
                'reasons',
                'adjustments',
                'refusals',
                'warnings',
            ],
            list(done.json()),
        )

    def test_tls(self) -> None:
        """The flag and its number are Nova's."""
        shown = self._run(self.tls).json()
        self.assertEqual([*ALWAYS, 'TLS'], shown['flags'])
        self.assertEqual(0x1001B, shown['bitmask'])
        self.assertEqual({'bandwidth': 0}, shown['params'])
        self.assertEqual(
            ['add flag PARALLEL', 'set parameter parallel.connections=2'],
            [change['change'] for change in shown['adjustments']],
        )
        self.assertEqual([], shown['refusals'])
        self.assertEqual([], shown['warnings'])

    def test_block(self) -> None:
        """A guest whose disks are copied."""
        shown = self._run(self.tls, '--block').json()
        self.assertEqual([*ALWAYS, 'NON_SHARED_INC', 'TLS'], shown['flags'])
        self.assertEqual(0x1009B, shown['bitmask'])

    def test_paused(self) -> None:
        """A paused guest drops post-copy."""
        path = self.line.config_file(permit_post_copy=True)
        self.assertIn('POSTCOPY', self._run(path).json()['flags'])
        self.assertNotIn(
            'POSTCOPY', self._run(path, '--paused').json()['flags']
        )

    def test_destination(self) -> None:
        """It is dialled, and its name is verified."""
        shown = self._run(self.tls, '--destination', 'host2').json()
        self.assertEqual(
            {'bandwidth': 0, 'migrate_uri': 'tcp://host2'}, shown['params']
        )
        change = shown['adjustments'][0]
        self.assertEqual(
            'set parameter tls.destination=host2', change['change']
        )
        self.assertNotEqual('', change['reason'])

    def test_another_name(self) -> None:
        """The name that is asked for counts more than the address."""
        shown = self._run(
            self.tls,
            *('--destination', '2001:db8:2::12'),
            *('--tls-destination', 'host2.example.org'),
        ).json()
        self.assertEqual(
            'tcp://[2001:db8:2::12]', shown['params']['migrate_uri']
        )
        change = shown['adjustments'][0]
        self.assertEqual(
            'set parameter tls.destination=host2.example.org', change['change']
        )

    def test_a_warning(self) -> None:
        """The plan is shown, and the status asks to read it."""
        done = self._run(self.line.config_file(with_native_tls=True))
        self.assertEqual(1, done.status)
        (warning,) = done.json()['warnings']
        self.assertIn('live_migration_scheme', warning)

    def test_a_refusal(self) -> None:
        """The plan is shown with why it would not be carried out."""
        done = self._run(
            self.line.config_file(tunnelled=True, parallel_connections=2)
        )
        self.assertEqual(2, done.status)
        (refusal,) = done.json()['refusals']
        self.assertIn('a tunnel is a single connection', refusal)

    def test_a_refusal_counts_more_than_a_warning(self) -> None:
        """With both, the status is that of a failure."""
        done = self._run(
            self.line.config_file(
                with_native_tls=True, parallel_connections=300
            )
        )
        self.assertNotEqual([], done.json()['warnings'])
        self.assertEqual(2, done.status)

    def test_versions(self) -> None:
        """Each component's version is held against rules and known issues."""
        path = self.line.config_file(
            permit_post_copy=True, parallel_connections=2
        )
        for version, status, count in (('10.0.9', 2, 1), ('10.1', 0, 0)):
            done = self._run(path, '--qemu-version', version)
            self.assertEqual(status, done.status)
            self.assertEqual(count, len(done.json()['refusals']))
        path = self.line.config_file(parallel_connections=2)
        done = self._run(
            path, '--qemu-version', '10.1', '--libvirt-version', '5.1'
        )
        self.assertEqual(2, done.status)
        self.assertIn('PARALLEL needs libvirt 5.2.0', done.out)

    def test_not_a_version(self) -> None:
        """It is named."""
        for option in ('--qemu-version', '--libvirt-version'):
            for text in ('', 'ten', '9', '1:9.0.0-4'):
                done = self._run(self.tls, option, text)
                self.assertEqual((2, ''), (done.status, done.out))
                self.assertIn(repr(text), done.err)

    def test_the_files_of_the_host(self) -> None:
        """Files that were named are read without saying so."""
        self.assertNotIn('reading', self._run(self.tls).err)
