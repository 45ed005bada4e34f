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

"""The cloud does what the tests on top of it take for granted.

All with Nova's own driver: nothing here is about this project's.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import testtools

from tests.cloud import base
from tests.cloud.harness.api import flavors
from tests.cloud.harness.api import rest as cloud_rest
from tests.cloud.harness.cloud import cloud as cloud_cloud
from tests.cloud.harness.guest import observed_move
from tests.lab.harness.lab import state

KILLED_NAME = 'killed-cloud'

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


class StockTestCase(base.CloudTestCase):
    """A test on a cloud with Nova's own driver."""

    driver = base.STOCK


class LiveMigrationTest(StockTestCase):
    """Stock Nova moves a server with a local disk."""

    def test_native_tls(self) -> None:
        """Memory and disk go over TLS 1.3."""
        machine = self.boot()
        seen = observed_move.move(machine, self.destination)
        self.assert_moved_encrypted(seen, ports=base.SINGLE)
        self.assert_arrived(machine)


class RestTest(StockTestCase):
    """What Nova's API says comes through."""

    def test_console(self) -> None:
        """Nova's console log is what the guest said."""
        machine = self.boot()
        machine.guest.verify_alive(self.source)
        self.assertIn('beat=1 ', self.cloud.servers.console_output(machine.id))

    def test_refusal(self) -> None:
        """An error has Nova's status and Nova's own sentence."""
        error = self.assertRaises(
            cloud_rest.RestError,
            flavors.create_flavor,
            self.cloud.rest,
            'refused',
            memory_mib=64,
            extra_specs={'hw:cpu_policy': 'nonsense'},
        )
        self.assertEqual(400, error.status)
        self.assertIn('nonsense', str(error))

    def test_aggregate(self) -> None:
        """An aggregate has its hosts and its metadata."""
        rest = self.cloud.rest
        made = flavors.create_aggregate(
            rest, 'ours', hosts=['host1'], metadata={'a': 'b'}
        )
        self.addCleanup(flavors.delete_aggregate, rest, made)
        found = rest.get('compute', f'/os-aggregates/{made}')['aggregate']
        self.assertEqual(['host1'], found['hosts'])
        self.assertEqual({'a': 'b'}, found['metadata'])


class KilledUpTest(testtools.TestCase):
    """A bring-up that is killed can be taken down like any cloud."""

    def test_nothing_stays(self) -> None:
        """No process, no state and no interface of it remain."""
        interfaces = set(os.listdir('/sys/class/net'))
        path = state.of_lab(KILLED_NAME).path
        self.addCleanup(cloud_cloud.Cloud.down, KILLED_NAME)
        script = (
            'from tests.cloud.harness.cloud import cloud; '
            f'cloud.Cloud.up({KILLED_NAME!r})'
        )
        with subprocess.Popen(
            [sys.executable, '-u', '-c', script],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        ) as running:
            assert running.stdout is not None
            for line in running.stdout:
                if 'Creating the tables' in line:
                    break
            running.kill()
        self.assertNotEqual([], _processes_with(str(path)))
        cloud_cloud.Cloud.down(KILLED_NAME)
        self.assertEqual([], _processes_with(str(path)))
        self.assertFalse(path.exists())
        self.assertEqual(interfaces, set(os.listdir('/sys/class/net')))


def _processes_with(argument: str) -> list[str]:
    """Return the command lines that name this."""
    found = []
    for path in pathlib.Path('/proc').glob('[0-9]*/cmdline'):
        try:
            line = path.read_bytes().decode(errors='replace')
        except OSError:
            continue
        if argument in line:
            found.append(line.replace('\0', ' '))
    return found
