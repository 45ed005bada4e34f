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
from tests.cloud.harness import observed_move
from tests.lab.harness import host as lab_host


class PeerMixTest(base.CloudTestCase):
    """A rolling upgrade: one host has the plugin, the other Nova's driver."""

    def set_up_computes(self) -> None:
        """Each test says which host has what."""

    def test_plugin_on_the_source(self) -> None:
        """Plugin to stock, and stock to plugin on the way back."""
        self._mix(plugin=self.source, stock=self.destination)
        self._assert_there_and_back()

    def test_plugin_on_the_destination(self) -> None:
        """Stock to plugin, and plugin to stock on the way back."""
        self._mix(plugin=self.destination, stock=self.source)
        self._assert_there_and_back()

    def _mix(self, *, plugin: lab_host.Host, stock: lab_host.Host) -> None:
        self.configure(driver=base.PLUGIN, native_tls=True, hosts=[plugin])
        self.configure(driver=base.STOCK, native_tls=True, hosts=[stock])

    def _assert_there_and_back(self) -> None:
        machine = self.boot()
        for host in (self.destination, self.source):
            seen = observed_move.move(machine, host)
            self.assert_moved_encrypted(seen)
            self.assert_runs_on(machine, host)
