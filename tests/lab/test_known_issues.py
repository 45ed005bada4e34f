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


"""Known issues, shown by the libvirt and QEMU of the lab.

Asked as by any program that does not know of them. Whether they have an issue
is what the releases in the table say.
"""

from __future__ import annotations

import subprocess

from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration.known_issues import rules
from nova_native_tls.migration import versions
from tests.lab import base
from tests.lab.harness.guest import guest as lab_guest


class KnownIssuesTest(base.LabTestCase):
    """What becomes of a guest that meets one."""

    def _migrate(
        self, guest: lab_guest.Guest, *options: str
    ) -> subprocess.CompletedProcess[str]:
        return self.source.virsh(
            *('migrate', '--live', '--p2p', '--tls', '--persistent'),
            *('--undefinesource', *options, guest.name),
            self.destination.uri('tcp'),
            check=False,
        )

    def _met(self, *flags: str) -> set[str]:
        """Give the issues that such a call meets between these hosts."""
        libvirtd = self.source.run(['libvirtd', '--version']).stdout
        host = versions.HostVersions(
            libvirt=versions.Version.parse(libvirtd.split()[-1])
        )
        return {
            met.known.id
            for met in rules.find(
                migration_call.MigrateCall(
                    flags=frozenset({'LIVE', 'TLS', *flags}), params={}
                ),
                migration_call.MigrationRequest(iothreads=False),
                versions.Context(source=host, destination=host),
            )
        }

    def test_disks_without_name(self) -> None:
        """Over parallel connections libvirt has to be told the name."""
        guest = self.start_guest(disk_mib=32)
        options = ('--parallel', '--copy-storage-all')
        done = self._migrate(guest, *options)
        mismatch = 'Certificate does not match the hostname'
        self.assertEqual(
            'disks-without-name' in self._met('PARALLEL', 'NON_SHARED_DISK'),
            mismatch in done.stderr,
            done.stderr,
        )
        if done.returncode:
            self.assert_stayed(guest)
            done = self._migrate(
                guest, *options, '--tls-destination', self.destination.fqdn
            )
        self.assertEqual((0, ''), (done.returncode, done.stderr.strip()))
        self.assert_arrived(guest)
        guest.verify_disk(self.destination)

    def test_zero_copy(self) -> None:
        """QEMU finds out, when the destination runs already."""
        guest = self.start_guest()
        self.assertIn('tls-zerocopy', self._met('PARALLEL', 'ZEROCOPY'))
        done = self._migrate(guest, '--parallel', '--zerocopy')
        self.assertNotEqual(0, done.returncode)
        self.assertIn('non-TLS multifd migration', done.stderr)
        self.assert_stayed(guest)

    def test_tunnelled(self) -> None:
        """Nobody refuses it; libvirt stumbles over a name that is none."""
        guest = self.start_guest()
        self.assertIn('tls-tunnelled', self._met('TUNNELLED', 'PEER2PEER'))
        done = self._migrate(guest, '--tunnelled')
        self.assertNotEqual(0, done.returncode)
        self.assertNotIn('mutually exclusive', done.stderr)
        self.assert_stayed(guest)
