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

"""Ports, and who listens on them."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.checks import control_connection
from nova_native_tls.checks import migration_ports
from nova_native_tls.checks import result
from nova_native_tls.host import control_conf
from nova_native_tls.host import migration_conf
from tests.unit.host import listeners
from tests.unit.host import observations

Status = result.Status


class MigrationPortsTest(testtools.TestCase):
    """The range of qemu.conf."""

    def _found(self, *taken: int) -> result.Finding:
        (found,) = observations.judge(
            migration_ports.MigrationPortsCheck(),
            conf=migration_conf.MigrationConf(port_min=100, port_max=103),
            listeners=frozenset(
                listeners.listener(address, port)
                for port in taken
                for address in ('127.0.0.1', '::')
            ),
        )
        return found

    def test_free(self) -> None:
        """Two are enough; ports elsewhere do not matter."""
        found = self._found(99, 101, 103, 104)
        self.assertEqual('ports.free', found.code)
        self.assertIn('2 of the ports 100 to 103', found.detail)

    def test_one_left(self) -> None:
        """Enough for a guest without disks of its own."""
        self.assertEqual(Status.WARNING, self._found(100, 101, 102).status)

    def test_all_taken(self) -> None:
        """Nothing can arrive."""
        self.assertEqual(Status.FAILURE, self._found(*range(100, 104)).status)


class ControlConnectionTest(testtools.TestCase):
    """libvirt's own connections."""

    def _found(
        self, *found: tuple[str, int], settings: Any = None, **control: str
    ) -> result.Finding:
        seen = observations.good(
            listeners=frozenset(listeners.listener(*each) for each in found),
            control=control_conf.ControlConf(
                **{'file': 'libvirtd.conf'} | control
            ),
        )
        (finding,) = control_connection.ControlConnectionCheck().run(
            observations.context(seen, settings=settings)
        )
        return finding

    def test_schemes(self) -> None:
        """Each has its port; without one it is tcp."""
        for settings, port in (
            ({'scheme': 'tls'}, 16514),
            ({'scheme': 'tcp'}, 16509),
            ({'scheme': None}, 16509),
            ({'scheme': 'ssh'}, 22),
            ({'uri': 'qemu+tls://%s/system', 'scheme': 'tcp'}, 16514),
            ({'uri': 'qemu://%s/system'}, 16514),
            ({'uri': 'qemu+tcp://%s:1234/system'}, 1234),
        ):
            found = self._found(('::', port), settings=settings)
            self.assertEqual('control.listening', found.code, settings)
            found = self._found(('::', port + 1), settings=settings)
            self.assertNotEqual(Status.SUCCESS, found.status, settings)

    def test_configured_port(self) -> None:
        """Also by the name of a service."""
        for written, port in (('17000', 17000), ('https', 443)):
            found = self._found(('::', port), tls_port=written)
            self.assertEqual('control.listening', found.code)

    def test_not_listening(self) -> None:
        """Both ways to make it listen are named."""
        found = self._found()
        self.assertEqual(
            ('control.not-listening', Status.FAILURE),
            (found.code, found.status),
        )
        self.assertIn('libvirtd-tls.socket', found.remedy)
        self.assertIn('listen_tls = 1', found.remedy)
        found = self._found(file='virtproxyd.conf')
        self.assertIn('virtproxyd-tls.socket', found.remedy)

    def test_loopback(self) -> None:
        """Nobody else can connect to that."""
        found = self._found(('127.0.0.1', 16514), ('::1', 16514))
        self.assertEqual(Status.FAILURE, found.status)
        self.assertIn('only this host', found.detail)

    def test_ssh(self) -> None:
        """Its port may be another: only a warning."""
        found = self._found(settings={'scheme': 'ssh'})
        self.assertEqual(
            ('control.ssh-not-seen', Status.WARNING),
            (found.code, found.status),
        )

    def test_invalid_uri(self) -> None:
        """An option that is no URI."""
        found = self._found(settings={'uri': 'xen://%s/'})
        self.assertEqual(
            ('control.uri-invalid', Status.FAILURE), (found.code, found.status)
        )
