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

"""A migration network of its own, whose addresses are in no certificate."""

from __future__ import annotations

from tests.cloud import base
from tests.cloud.harness.guest import observed_move
from tests.lab.harness.node import addresses
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.wire import proof as wire

#: What QEMU says of it (io/channel-tls.c by way of crypto/tlssession.c).
MISMATCH = 'Certificate does not match the hostname'


class MigrationNetworkTestCase(base.CloudTestCase):
    """[libvirt] live_migration_inbound_addr: one IPv4, the other IPv6.

    An IPv6 literal is an address as good as any.
    """

    #: libvirt's own connection: Nova dials it by the same address.
    scheme = 'tls'

    def set_up_computes(self) -> None:
        """Have the source dial by IPv4, and the destination by IPv6."""
        self.configure(
            driver=self.driver,
            native_tls=True,
            live_migration_inbound_addr=self.address,
            live_migration_scheme=self.scheme,
        )

    def address(self, host: lab_host.Host) -> str:
        """Return the address by which a host is dialled."""
        if host == self.destination:
            return host.migration_ipv4
        return host.migration_ipv6


class PluginTest(MigrationNetworkTestCase):
    """The certificate is verified under its name."""

    def test_there_and_back(self) -> None:
        """A server moves twice, encrypted, and on the migration network."""
        machine = self.boot()
        for host in (self.destination, self.source):
            before = _received(host)
            seen = observed_move.move(machine, host)
            self.assert_moved_encrypted(seen)
            # The capture is of all interfaces: the kernel counts by each.
            carried = sum(
                port.to_server_bytes
                for port in seen.proof.ports
                if port.role == wire.DATA
            )
            self.assertGreater(_received(host) - before, carried)
            self.assert_runs_on(machine, host)


class StockTest(MigrationNetworkTestCase):
    """Nova's own driver has QEMU look for the address, in vain.

    The address is not in libvirt's certificate either: without TLS there, or
    QEMU would not come to say anything.
    """

    driver = base.STOCK
    scheme = 'tcp'

    def test_ipv4(self) -> None:
        """Where the disk is sent, too."""
        self.assert_refused_by_qemu(self.source, self.destination)

    def test_ipv6(self) -> None:
        """Where only memory is sent."""
        self.share_instances()
        self.assert_refused_by_qemu(self.destination, self.source)

    def assert_refused_by_qemu(
        self, source: lab_host.Host, destination: lab_host.Host
    ) -> None:
        """QEMU's sentence names the address, and the guest stays.

        Of the disk's connection libvirt passes it on to Nova; of the
        memory's it may tell the consequence instead, so the sentence is
        looked for where QEMU says it, too.
        """
        machine = self.boot(host=source.name)
        compute = self.cloud.compute(source.name)
        before = len(compute.log())
        outcome = machine.live_migrate(destination.name)
        # What Nova itself makes of any migration that fails.
        self.assertEqual(
            ('error', 'ERROR', None),
            (outcome.status, outcome.server.status, outcome.server.fault),
            str(outcome),
        )
        said = (
            compute.log()[before:],
            source.qemu_log(machine.guest.spec.name),
        )
        self.assertIn(
            f'{MISMATCH} {self.address(destination)}', '\n'.join(said)
        )
        self.assertEqual((source.name,), machine.running_on)
        machine.guest.verify_memory(source)


def _received(host: lab_host.Host) -> int:
    """Count the bytes that a host has received on the migration network."""
    name = f'{addresses.MIGRATION.interface}:'
    for line in host.run(['cat', '/proc/net/dev']).stdout.splitlines():
        columns = line.split()
        if columns[0] == name:
            return int(columns[1])
    raise AssertionError(f'{host.name} has no {name}')
