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

"""Tests of what asks QEMU, where QEMU itself gives no answer."""

from __future__ import annotations

import pathlib
import socket

import fixtures
import testtools

from tests.functional import qemu_tls


class DestinationTest(testtools.TestCase):
    """A client is not left alone with a server that is no more."""

    def test_refused_and_ended(self) -> None:
        """Who dials a destination that has refused to start is hung up on."""
        empty = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        server = self.useFixture(
            qemu_tls.Destination(
                *qemu_tls.credentials(empty, 'server'), *('--tls-creds', 't')
            )
        )
        for _dial in range(3):
            with socket.create_connection(
                ('127.0.0.1', server.port), qemu_tls.HANGS_AFTER_S
            ) as connection:
                self.assertEqual(b'', connection.recv(1))
        self.assertIn('No such file or directory', server.log())
