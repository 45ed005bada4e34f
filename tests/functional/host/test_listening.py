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

"""Listeners, against sockets that listen."""

from __future__ import annotations

import ipaddress
import socket

import testtools

from nova_native_tls.host import listening


class ListeningTest(testtools.TestCase):
    """A socket of either family."""

    def _listen(self, family: int, address: str) -> listening.Listener:
        server = socket.create_server((address, 0), family=family)
        self.addCleanup(server.close)
        port = server.getsockname()[1]
        return listening.Listener(ipaddress.ip_address(address), port)

    def test_both_ways_find_both_families(self) -> None:
        """The kernel's answers and its tables have them."""
        wanted = {
            self._listen(socket.AF_INET, '127.0.0.1'),
            self._listen(socket.AF_INET6, '::1'),
        }
        self.assertEqual(wanted, wanted & listening.read())
        self.assertEqual(wanted, wanted & listening.read_tables())

    def test_connections_are_not_listeners(self) -> None:
        """A port that is connected to, or from, is not listened on."""
        server = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(server.close)
        client = socket.create_connection(server.getsockname())
        self.addCleanup(client.close)
        port = client.getsockname()[1]
        for found in (listening.read(), listening.read_tables()):
            self.assertNotIn(port, {each.port for each in found})
