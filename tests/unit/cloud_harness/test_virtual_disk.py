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

"""QEMU is asked to write, and its refusals are seen."""

from __future__ import annotations

import pathlib
import subprocess

import fixtures
import testtools

from tests.cloud.harness.guest import virtual_disk
from tests.lab.harness.guest import disk as guest_disk
from tests.lab.harness.guest import spec as guest_spec

SPEC = guest_spec.GuestSpec(name='instance-1', disk_mib=3)


class MonitorHost:
    """A host whose QEMU answers all with the same words."""

    def __init__(self, directory: pathlib.Path, words: str) -> None:
        self.name = 'host1'
        self._directory = directory
        self._words = words
        self.asked: list[str] = []

    def path(self, inside: str) -> pathlib.Path:
        """Return where a file of this host is."""
        found = self._directory / inside.lstrip('/')
        found.parent.mkdir(parents=True, exist_ok=True)
        return found

    def virsh(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Record a command of the monitor."""
        self.asked.append(args[-1])
        return subprocess.CompletedProcess(args, 0, stdout=self._words)


class WriteTest(testtools.TestCase):
    """A disk of three MiB."""

    def host(self, words: str) -> MonitorHost:
        """Return a host with its own directory."""
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        return MonitorHost(self.directory, words)

    def test_every_mib(self) -> None:
        """Every MiB is written, then flushed, and no file stays."""
        host = self.host('wrote 65536/65536 bytes at offset 0')
        virtual_disk.write(host, SPEC)  # type: ignore[arg-type]
        self.assertEqual(4, len(host.asked))
        for mib, asked in enumerate(host.asked[:3]):
            self.assertIn(f'{mib}M {guest_disk.WRITTEN_BYTES}', asked)
        self.assertIn('flush', host.asked[3])
        left = [each for each in self.directory.rglob('*') if each.is_file()]
        self.assertEqual([], left)

    def test_refused(self) -> None:
        """What QEMU says is passed on."""
        host = self.host('Error: No such device')
        error = self.assertRaises(
            guest_disk.GuestDiskError, virtual_disk.write, host, SPEC
        )
        self.assertIn('No such device', str(error))
