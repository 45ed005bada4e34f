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

"""Guests really move, and the wire shows what they were carried in."""

from __future__ import annotations

import signal

from tests.lab import base
from tests.lab.harness.wire import clear_text
from tests.lab.harness.wire import proof as wire

RAM = 49152
DISK = 49153

#: Four that carry memory, as QEMU 7.2 waits busily, and the one that QEMU also
#: reads from.
SAFE = 5


class MigrateTest(base.LabTestCase):
    """Every way of moving a guest with TLS, and the controls without."""

    def test_memory(self) -> None:
        """A guest moves over TLS connections that cannot lose it."""
        guest = self.start_guest()
        seen = self.migrate(guest)
        self.assertEqual(0, seen.outcome.exit_status, seen.outcome.stderr)
        self.assert_encrypted(seen.proof, ports={RAM: SAFE})
        self.assertEqual('tls', seen.outcome.record['mode'])
        self.assertEqual(
            self.destination.fqdn, seen.outcome.record['verified_name']
        )
        self.assertIsNotNone(seen.outcome.record['downtime_ms'])
        self.assert_arrived(guest)

    def test_ordinary_memory(self) -> None:
        """What programs and files look like in memory arrives as it was."""
        guest = self.start_guest(fill='image')
        seen = self.migrate(guest)
        self.assertEqual(0, seen.outcome.exit_status, seen.outcome.stderr)
        self.assert_encrypted(seen.proof, ports={RAM: SAFE})
        self.assert_arrived(guest)

    def test_memory_and_disk(self) -> None:
        """A local disk is copied over a TLS connection of its own.

        The name is passed for it, too: the libvirt here has the bug of 8.2
        to 10.2, which leaves it out where memory has parallel connections.
        """
        guest = self.start_guest(disk_mib=32)
        seen = self.migrate(guest, '--copy-storage', 'vda')
        self.assertEqual(0, seen.outcome.exit_status, seen.outcome.stderr)
        self.assert_encrypted(seen.proof, ports={RAM: SAFE, DISK: 1})
        self.assert_arrived(guest)
        guest.verify_disk(self.destination)

    def test_single_connection(self) -> None:
        """As Nova asks it; what could become of it is said."""
        guest = self.start_guest(disk_mib=32)
        options = self.nova_conf(
            live_migration_with_native_tls=True,
            native_tls={'rekey_crash': 'watch'},
        )
        seen = self.migrate(guest, *options, '--copy-storage', 'vda')
        self.assertEqual(1, seen.outcome.exit_status, seen.outcome.stderr)
        self.assertIn('cancelled after 30 GiB', seen.outcome.stderr)
        self.assert_encrypted(seen.proof, ports={RAM: 1, DISK: 1})
        self.assert_arrived(guest)
        guest.verify_disk(self.destination)

    def test_paused(self) -> None:
        """A paused guest arrives paused, and goes on where it stood.

        Without post-copy nothing keeps it from parallel connections.
        """
        guest = self.start_guest(paused=True)
        seen = self.migrate(guest, '--postcopy')
        self.assertEqual(0, seen.outcome.exit_status, seen.outcome.stderr)
        self.assert_encrypted(seen.proof, ports={RAM: SAFE})
        self.assertNotIn('POSTCOPY', seen.outcome.record['flags'])
        self.assertEqual('paused', guest.state(self.destination))
        self.destination.virsh('resume', guest.name)
        self.assert_arrived(guest)

    def test_parallel(self) -> None:
        """As many connections as are asked for, and the first of all."""
        guest = self.start_guest()
        seen = self.migrate(guest, '--parallel', '4')
        self.assertEqual(0, seen.outcome.exit_status, seen.outcome.stderr)
        self.assert_encrypted(seen.proof, ports={RAM: 5})
        self.assert_arrived(guest)

    def test_post_copy(self) -> None:
        """The guest runs at the destination while its memory arrives.

        It writes faster than it is sent, so only post-copy can end this.
        The QEMU here has no post-copy over parallel connections.
        """
        for host in self.lab.hosts:
            # userfaultfd is root's alone, and its switch is not the lab's
            # to turn: it belongs to the whole machine.
            host.configure_qemu(
                user='root', group='root', clear_emulator_capabilities=0
            )
            self.addCleanup(host.configure_qemu)
        guest = self.start_guest(working_set_mib=64, dirty_mib_s=200)
        options = self.nova_conf(
            live_migration_with_native_tls=True, live_migration_bandwidth=60
        )
        watch = ['virsh', 'event', '--event', 'lifecycle', '--loop']
        with self.destination.popen([*watch, '--timestamp']) as events:
            seen = self.migrate(guest, *options, '--postcopy')
            events.signal(signal.SIGINT)
            told, _stderr = events.communicate(timeout_s=30)
        self.assertEqual(1, seen.outcome.exit_status, seen.outcome.stderr)
        self.assertIn('cancelled after 30 GiB', seen.outcome.stderr)
        self.assertIn('POSTCOPY', seen.outcome.record['flags'])
        self.assert_encrypted(seen.proof, ports={RAM: 1})
        self.assertIn('Resumed Post-copy', told)
        self.assert_arrived(guest)

    def test_ipv6(self) -> None:
        """IPv6 literals carry the control connection and the guest."""
        guest = self.start_guest()
        argv = ['--migrate-uri', f'tcp://[{self.destination.migration_ipv6}]']
        seen = self.migrate(guest, *argv)
        self.assertEqual(0, seen.outcome.exit_status, seen.outcome.stderr)
        self.assert_encrypted(seen.proof, ports={RAM: SAFE})
        self.assert_arrived(guest)

    def test_led_by_the_controller(self) -> None:
        """The hosts' daemons need not reach each other."""
        guest = self.start_guest()
        seen = self.migrate(guest, '--direct')
        self.assertEqual(0, seen.outcome.exit_status, seen.outcome.stderr)
        self.assertNotIn('PEER2PEER', seen.outcome.record['flags'])
        self.assert_encrypted(seen.proof, ports={RAM: SAFE})
        self.assert_arrived(guest)

    def test_plaintext_control(self) -> None:
        """Without TLS the secrets are found, so the search can find them."""
        guest = self.start_guest(disk_mib=32)
        seen = self.migrate(guest, '--plaintext', '--copy-storage', 'vda')
        self.assertEqual(0, seen.outcome.exit_status, seen.outcome.stderr)
        self.assertFalse(seen.proof.encrypted)
        self.assertEqual('plaintext', seen.outcome.record['mode'])
        for kind in (
            clear_text.GUEST_SECRET,
            clear_text.DISK_SECRET,
            clear_text.QEMU_STREAM,
            clear_text.NBD_REQUEST,
        ):
            self.assertGreater(seen.proof.clear_hits.get(kind, 0), 0, kind)
        self.assert_arrived(guest)

    def test_tunnelled(self) -> None:
        """A tunnel uses the daemons' connection only, clear text over tcp."""
        guest = self.start_guest()
        options = self.nova_conf(live_migration_tunnelled=True)
        seen = self.migrate(guest, *options, scheme='tcp')
        self.assertEqual(0, seen.outcome.exit_status, seen.outcome.stderr)
        self.assertEqual('tunnelled', seen.outcome.record['mode'])
        self.assertEqual(0, seen.proof.data_bytes)
        control = [p for p in seen.proof.ports if p.role == wire.CONTROL]
        sent = sum(port.payload_bytes for port in control)
        self.assertGreater(sent, seen.outcome.record['memory_bytes'])
        self.assertGreater(seen.proof.clear_hits[clear_text.GUEST_SECRET], 0)
        self.assert_arrived(guest)


class NameTest(base.LabTestCase):
    """The address that is dialled is in no certificate."""

    def test_without_a_name_qemu_refuses(self) -> None:
        """Stock libvirt looks for the address, and QEMU's sentence says so."""
        guest = self.start_guest()
        address = self.destination.migration_ipv4
        done = self.source.virsh(
            *('migrate', '--live', '--p2p', '--tls', guest.name),
            *(self.destination.uri('tcp'), f'tcp://{address}'),
            check=False,
        )
        self.assertNotEqual(0, done.returncode)
        # libvirt's own line may tell the destination's consequence instead.
        self.assertIn(
            f'Certificate does not match the hostname {address}',
            self.source.qemu_log(guest.name),
        )
        self.assert_stayed(guest)

    def test_with_the_wrong_name_the_guest_stays(self) -> None:
        """Our command passes QEMU's sentence on, in one line."""
        guest = self.start_guest()
        address = self.destination.migration_ipv4
        done = self.command(
            guest,
            *('--migrate-uri', f'tcp://{address}'),
            *('--tls-destination', address),
        )
        self.assertEqual(2, done.exit_status)
        self.assertIn(
            f'Certificate does not match the hostname {address}', done.stderr
        )
        self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)
        self.assert_stayed(guest)

    def test_with_a_name_it_works(self) -> None:
        """The name is verified, whatever the address."""
        guest = self.start_guest()
        uri = f'tcp://{self.destination.migration_ipv4}'
        seen = self.migrate(guest, '--migrate-uri', uri)
        self.assertEqual(0, seen.outcome.exit_status, seen.outcome.stderr)
        self.assert_encrypted(seen.proof, ports={RAM: SAFE})
        self.assert_arrived(guest)
