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

"""``nova-native-tls migrate`` as a process: bad input, one line, exit 2.

Nothing here reaches a libvirt: the source is a port of this host on which
nobody listens.
"""

from __future__ import annotations

import subprocess

from tests.functional import command_line

SOURCE = 'qemu+tcp://127.0.0.1:1/system'
DESTINATION = 'qemu+tls://host2.example.org/system'


class MigrateTest(command_line.CommandLineTestCase):
    """Every bad input that shows before a guest is looked for."""

    def _run(
        self,
        *options: str,
        source: str = SOURCE,
        destination: str = DESTINATION,
    ) -> subprocess.CompletedProcess[str]:
        return self.run_command(
            'migrate', '--connect', source, *options, 'vm', destination
        )

    def test_refused_connection(self) -> None:
        """The URI is named, with what libvirt says of it."""
        self.assert_one_line(
            self._run(), f'Cannot connect to {SOURCE}', 'Connection refused'
        )

    def test_no_daemon(self) -> None:
        """A socket that is not there is named in libvirt's sentence."""
        uri = f'qemu+unix:///system?socket={self.directory}/none'
        self.assert_one_line(self._run(source=uri), uri)

    def test_malformed_uris(self) -> None:
        """Each is named, whichever it is."""
        for uri in (
            '',
            'host2',
            'not a uri',
            'xen+tls://host2/system',
            'qemu+tls://host2',
            'qemu+tls://host2:99999/system',
            'qemu+tls://2001:db8::12/system',
            'qemu+tls://[2001:db8::12/system',
            'qemu+tls://host 2/system',
        ):
            self.assert_one_line(
                self._run(destination=uri), repr(uri), 'libvirt URI'
            )
            self.assert_one_line(
                self._run(source=uri), repr(uri), 'libvirt URI'
            )

    def test_a_destination_without_a_host(self) -> None:
        """This host is no destination."""
        self.assert_one_line(
            self._run(destination='qemu:///system'),
            "'qemu:///system'",
            'names no other host',
        )

    def test_malformed_migrate_uris(self) -> None:
        """Each is named."""
        for uri in (
            '',
            'host2',
            'http://host2',
            'tcp://',
            'tcp://host2:0x10',
            'tcp://2001:db8::12',
            'tcp://host2/system',
            'unix:socket',
        ):
            self.assert_one_line(
                self._run('--migrate-uri', uri), repr(uri), 'migrate URI'
            )

    def test_migrate_uris_that_cannot_carry_tls(self) -> None:
        """Each says which way there is."""
        for uri, text in (
            ('rdma://host2', 'RDMA cannot carry TLS'),
            ('rdma:host2:49152', 'RDMA cannot carry TLS'),
            ('unix:///run/socket', 'tls.destination'),
        ):
            self.assert_one_line(
                self._run('--migrate-uri', uri), 'nothing was migrated', text
            )

    def test_a_unix_socket_with_a_name(self) -> None:
        """With a name to verify the input is good; the host is not there."""
        self.assert_one_line(
            self._run(
                *('--migrate-uri', 'unix:///run/socket'),
                *('--tls-destination', 'host2.example.org'),
            ),
            'Connection refused',
        )

    def test_number_of_connections(self) -> None:
        """Anything but 1 to 255 is refused, and named."""
        for count in ('0', '-1', '256', '1000000'):
            self.assert_one_line(
                self._run(f'--parallel={count}'), count, '1 to 255'
            )
        for count in ('1', '255'):
            self.assert_one_line(
                self._run('--parallel', count), 'Connection refused'
            )

    def test_not_a_number_of_connections(self) -> None:
        """What is no number is named in the last line."""
        for text in ('many', '1.5', ''):
            done = self._run('--parallel', text)
            self.assertEqual((2, ''), (done.returncode, done.stdout))
            self.assertIn(repr(text), done.stderr.splitlines()[-1])

    def test_clear_text_that_was_not_asked_for(self) -> None:
        """A file without encryption needs --plaintext beside it."""
        path = self.libvirt_file('with_native_tls = false')
        self.assert_one_line(self._run('--config-file', path), '--plaintext')
        self.assert_one_line(
            self._run('--config-file', path, '--plaintext'),
            'Connection refused',
        )

    def test_bad_files(self) -> None:
        """The same sentences as in flags show."""
        missing = str(self.directory / 'missing.conf')
        self.assert_one_line(self._run('--config-file', missing), missing)
        path = self.file('[libvirt')
        self.assert_one_line(self._run('--config-file', path), f'{path}:1')
        path = self.libvirt_file('parallel_connections = many')
        self.assert_one_line(
            self._run('--config-file', path),
            'live_migration_parallel_connections',
        )

    def test_exclusions(self) -> None:
        """Flags that exclude each other are refused before connecting."""
        path = self.libvirt_file(
            'with_native_tls = true', 'parallel_connections = 256'
        )
        self.assert_one_line(
            self._run('--config-file', path), 'nothing was migrated'
        )
