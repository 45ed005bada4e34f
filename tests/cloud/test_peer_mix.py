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

"""Hosts with and without the plugin migrate to each other, with TLS."""

from __future__ import annotations

from tests.cloud import base
from tests.cloud.harness.guest import observed_move


class PeerMixTest(base.CloudTestCase):
    """A rolling upgrade: one host has the plugin, the other Nova's driver."""

    def set_up_computes(self) -> None:
        """Give the plugin to the source."""
        self.configure(
            driver=lambda host: (
                base.PLUGIN if host == self.source else base.STOCK
            ),
            native_tls=True,
        )

    def test_there_and_back(self) -> None:
        """Plugin to stock, and stock to plugin on the way back.

        A stock host does not say its name: without one the libvirt here
        cannot send a disk while memory has parallel connections.
        """
        machine = self.boot()
        for host in (self.destination, self.source):
            seen = observed_move.move(machine, host)
            self.assert_moved_encrypted(seen, ports=base.SINGLE)
            self.assert_runs_on(machine, host)

    def test_shared_disk(self) -> None:
        """Without a disk to send, the plugin has parallel connections."""
        self.share_instances()
        machine = self.boot()
        for host, connections in (
            (self.destination, base.SAFE[base.RAM]),
            (self.source, base.SINGLE[base.RAM]),
        ):
            seen = observed_move.move(machine, host)
            self.assert_moved_encrypted(seen, ports={base.RAM: connections})
            self.assert_runs_on(machine, host)
