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

"""The door against a real libvirt: its built-in test driver.

``test:///default`` lives in this process, has one running guest named
"test", and needs neither a daemon nor root.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading

import libvirt
import testtools

from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import versions

URI = 'test:///default'
UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f'

#: A test that waits so long fails.
HANGS_AFTER_S = 60

WITH_DISKS = """
<domain type='test'>
  <name>disks</name>
  <memory unit='MiB'>8</memory>
  <os><type>hvm</type></os>
  <devices>
    <disk type='file'><source file='/a'/><target dev='vda'/></disk>
    <disk type='file'><source file='/b'/><target dev='sdb'/></disk>
  </devices>
</domain>
"""

NOISE = """
from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api
with libvirt_api.Connection.open('test:///default') as connection:
    try:
        connection.domain('none')
    except exception.DomainNotFound as err:
        print(err)
try:
    with libvirt_api.Connection.open('qemu+tcp://127.0.0.1:1/system'):
        pass
except exception.ConnectionFailed as err:
    print(err)
"""


class ConnectionTest(testtools.TestCase):
    """One host."""

    def setUp(self) -> None:
        super().setUp()
        manager = libvirt_api.Connection.open(URI)
        self.connection = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)

    def test_it_knows_where_it_is(self) -> None:
        """The URI is the one that was asked for."""
        self.assertEqual(URI, self.connection.uri)

    def test_host_name(self) -> None:
        """The driver's name is this host's."""
        self.assertEqual(
            self.connection.handle.getHostname(), self.connection.host_name()
        )
        self.assertNotEqual('', self.connection.host_name())

    def test_host_uuid(self) -> None:
        """This driver has none, which is None and no error."""
        self.assertIsNone(self.connection.host_uuid())

    def test_host_versions(self) -> None:
        """libvirt's own version, and the driver's for a hypervisor."""
        self.assertEqual(
            versions.HostVersions(
                libvirt=versions.Version.from_libvirt_number(
                    libvirt.getVersion()
                ),
                qemu=versions.Version(0, 0, 2),
            ),
            self.connection.host_versions(),
        )

    def test_closed_at_the_end(self) -> None:
        """Nothing can be asked afterwards."""
        with libvirt_api.Connection.open(URI) as connection:
            pass
        self.assertRaises(exception.LibvirtFailed, connection.host_name)

    def test_closed_after_an_error(self) -> None:
        """Likewise, and the error comes through."""

        def fail() -> None:
            with libvirt_api.Connection.open(URI) as self.connection:
                raise KeyError('why')

        self.assertRaises(KeyError, fail)
        self.assertRaises(exception.LibvirtFailed, self.connection.host_name)


class DomainTest(testtools.TestCase):
    """The guest named test."""

    def setUp(self) -> None:
        super().setUp()
        manager = libvirt_api.Connection.open(URI)
        self.connection = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)

    def test_by_name_and_by_uuid(self) -> None:
        """Both find the same guest."""
        for name in ('test', UUID):
            domain = self.connection.domain(name)
            self.assertEqual(('test', UUID), (domain.name, domain.uuid))

    def test_unknown(self) -> None:
        """Whatever it looks like, it is named and is not there."""
        for name in (
            'none',
            '',
            '00000000-0000-4000-8000-000000000000',
            'x' * 10_000,
            'n\xf6ne',
            '../etc',
            '%s',
        ):
            err = self.assertRaises(
                exception.DomainNotFound, self.connection.domain, name
            )
            self.assertIn(repr(name), str(err))
            self.assertIn(URI, str(err))

    def test_states(self) -> None:
        """Each state as libvirt reports it."""
        domain = self.connection.domain('test')
        theirs = self.connection.handle.lookupByName('test')
        self.assertIs(libvirt_api.GuestState.RUNNING, domain.state())
        theirs.suspend()
        self.assertIs(libvirt_api.GuestState.PAUSED, domain.state())
        theirs.resume()
        self.assertIs(libvirt_api.GuestState.RUNNING, domain.state())
        theirs.destroy()
        self.assertIs(libvirt_api.GuestState.SHUT_OFF, domain.state())

    def test_a_guest_that_is_gone(self) -> None:
        """Once it is no longer defined it is absent."""
        domain = self.connection.domain('test')
        theirs = self.connection.handle.lookupByName('test')
        theirs.destroy()
        theirs.undefine()
        self.assertIs(libvirt_api.GuestState.ABSENT, domain.state())

    def test_disks(self) -> None:
        """The definition is read as libvirt gives it back."""
        self.connection.handle.createXML(WITH_DISKS, 0)
        self.assertEqual(
            ('vda', 'sdb'), self.connection.domain('disks').disk_targets()
        )

    def test_what_the_driver_cannot_do(self) -> None:
        """libvirt's own sentence, as our error."""
        domain = self.connection.domain('test')
        for ask in (domain.running_job, domain.start_post_copy):
            err = self.assertRaises(exception.LibvirtFailed, ask)
            self.assertIn('not supported', str(err))
            self.assertEqual(libvirt.VIR_ERR_NO_SUPPORT, err.code)
            self.assertIsInstance(err.__cause__, libvirt.libvirtError)


class OpenTest(testtools.TestCase):
    """Hosts that cannot be connected to."""

    def _failed(
        self,
        uri: str,
        timeout_s: float = 60,
        cancel: threading.Event | None = None,
    ) -> str:
        manager = libvirt_api.Connection.open(
            uri, timeout_s=timeout_s, cancel=cancel
        )
        err = self.assertRaises(exception.ConnectionFailed, manager.__enter__)
        self.assertEqual(uri, err.uri)
        self.assertIn(uri, str(err))
        return str(err)

    def test_refused(self) -> None:
        """Nobody listens there."""
        self.assertIn(
            'Connection refused', self._failed('qemu+tcp://127.0.0.1:1/system')
        )

    def test_no_answer(self) -> None:
        """Somebody listens and never says a word."""
        with socket.create_server(('127.0.0.1', 0)) as server:
            port = server.getsockname()[1]
            self.assertIn(
                'no answer within 1 seconds',
                self._failed(f'qemu+tcp://127.0.0.1:{port}/system', 1),
            )

    def test_cancelled(self) -> None:
        """Likewise, and nobody wants to wait for it."""
        cancel = threading.Event()
        cancel.set()
        with socket.create_server(('127.0.0.1', 0)) as server:
            port = server.getsockname()[1]
            self.assertIn(
                'cancelled',
                self._failed(
                    f'qemu+tcp://127.0.0.1:{port}/system',
                    timeout_s=HANGS_AFTER_S,
                    cancel=cancel,
                ),
            )

    def test_an_answer_that_is_not_libvirts(self) -> None:
        """Somebody listens and hangs up."""
        with socket.create_server(('127.0.0.1', 0)) as server:
            port = server.getsockname()[1]
            server.shutdown(socket.SHUT_RDWR)
            self._failed(f'qemu+tcp://127.0.0.1:{port}/system')

    def test_an_unknown_driver(self) -> None:
        """libvirt has no such driver."""
        self._failed('nonsense:///')

    def test_nothing_on_standard_error(self) -> None:
        """libvirt's own habit of printing errors is turned off."""
        done = subprocess.run(
            [sys.executable, '-c', NOISE],
            capture_output=True,
            check=True,
            text=True,
            timeout=120,
        )
        self.assertEqual('', done.stderr)
        first, second = done.stdout.splitlines()
        self.assertEqual("There is no guest 'none' at test:///default", first)
        self.assertIn('Connection refused', second)
