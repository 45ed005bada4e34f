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

from collections.abc import Callable

from tests.cloud import base
from tests.cloud.harness import observed_move
from tests.lab.harness import addresses
from tests.lab.harness import host as lab_host
from tests.lab.harness import wire

#: What QEMU says of it (io/channel-tls.c by way of crypto/tlssession.c).
MISMATCH = 'Certificate does not match the hostname'


def ipv4(host: lab_host.Host) -> str:
    """The host's IPv4 address in the migration network."""
    return host.migration_ipv4


def ipv6(host: lab_host.Host) -> str:
    """The host's IPv6 address in the migration network."""
    return host.migration_ipv6


class MigrationNetworkTest(base.CloudTestCase):
    """[libvirt] live_migration_inbound_addr, with and without the plugin."""

    def set_up_computes(self) -> None:
        """Every test has a configuration of its own."""

    def test_plugin_ipv4(self) -> None:
        """The certificate is verified under its name, there and back."""
        self._dial(base.PLUGIN, ipv4)
        self.assert_there_and_back()

    def test_plugin_ipv6(self) -> None:
        """An IPv6 literal is an address as good as any."""
        self._dial(base.PLUGIN, ipv6)
        self.assert_there_and_back()

    def test_stock_ipv4(self) -> None:
        """Nova's own driver has QEMU look for the address, in vain."""
        self._dial(base.STOCK, ipv4)
        self.assert_refused_by_qemu(self.destination.migration_ipv4)

    def test_stock_ipv6(self) -> None:
        """So it does with an IPv6 literal, and where only memory is sent."""
        self.share_instances()
        self._dial(base.STOCK, ipv6)
        self.assert_refused_by_qemu(self.destination.migration_ipv6)

    def _dial(
        self, driver: str, address: Callable[[lab_host.Host], str]
    ) -> None:
        """Have the hosts dial each other by these addresses.

        Nova dials libvirt by the same address, which is not in libvirt's
        certificate either: with its own driver no TLS there, or QEMU would
        not come to say anything.
        """
        self.configure(
            driver=driver,
            native_tls=True,
            live_migration_inbound_addr=address,
            live_migration_scheme='tls' if driver == base.PLUGIN else 'tcp',
        )

    def assert_there_and_back(self) -> None:
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

    def assert_refused_by_qemu(self, address: str) -> None:
        """QEMU's sentence names the address, and the guest stays.

        Of the disk's connection libvirt passes it on to Nova; of the
        memory's it may tell the consequence instead, so the sentence is
        looked for where QEMU says it, too.
        """
        machine = self.boot()
        compute = self.cloud.compute(self.source.name)
        before = len(compute.log())
        outcome = machine.live_migrate(self.destination.name)
        self.assertIn(outcome.status, ('error', 'failed'), str(outcome))
        said = (
            compute.log()[before:],
            self.source.qemu_log(machine.guest.spec.name),
        )
        self.assertIn(f'{MISMATCH} {address}', '\n'.join(said))
        self.assertEqual((self.source.name,), machine.running_on)
        machine.guest.verify_memory(self.source)


def _received(host: lab_host.Host) -> int:
    """Count the bytes that a host has received on the migration network."""
    name = f'{addresses.MIGRATION.interface}:'
    for line in host.run(['cat', '/proc/net/dev']).stdout.splitlines():
        columns = line.split()
        if columns[0] == name:
            return int(columns[1])
    raise AssertionError(f'{host.name} has no {name}')
