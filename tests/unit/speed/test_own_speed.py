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

"""How fast this host is, put together."""

from __future__ import annotations

import socket
from typing import Any
from unittest import mock
import xml.etree.ElementTree as ElementTree

import fixtures
import testtools

from nova_native_tls.pki.gnutls import library
from nova_native_tls.speed import cores
from nova_native_tls.speed import costs
from nova_native_tls.speed import link
from nova_native_tls.speed import own_speed
from nova_native_tls.speed import packing_rate
from nova_native_tls.speed import qemu_build
from nova_native_tls.speed import record_rate

COST = costs.Cost(send_s_per_gib=1.0, receive_s_per_gib=2.0)
COSTS = costs.StreamCosts(page_records=COST, full_records=COST, packing=COST)


class OwnSpeedTestCase(testtools.TestCase):
    """A host on which everything can be measured, and nothing is."""

    def setUp(self) -> None:
        super().setUp()
        for name in ('_measured', '_addresses'):
            self.useFixture(fixtures.MockPatchObject(own_speed, name, {}))
        watch = mock.Mock(spec_set=cores.Watch)
        watch.free.return_value = 1.5
        self.watch = self.replace(own_speed, '_watch', watch)
        self.tls = self.replace(
            record_rate, 'measure', mock.Mock(return_value=COST)
        )
        self.replace(packing_rate, 'measure', lambda: COST)
        self.version = '3.8.9'
        self.replace(library, 'version', lambda: self.version)
        self.replace(cores, 'usable', lambda: 2.0)
        self.gib_s = self.replace(link, 'gib_s', mock.Mock(return_value=2.9))
        self.resolve = self.replace(
            socket,
            'getaddrinfo',
            mock.Mock(return_value=[(0, 0, 0, '', ('203.0.113.5', 0))]),
        )
        self.replace(qemu_build, 'emulator', lambda *_: '/usr/bin/qemu')
        self.build = self.replace(
            qemu_build,
            'look',
            mock.Mock(
                return_value=qemu_build.Build(zstd=True, fills_records=False)
            ),
        )

    def replace(self, owner: Any, name: str, stub: Any) -> Any:
        """Put something else in its place."""
        self.useFixture(fixtures.MockPatchObject(owner, name, stub))
        return stub


class MeasureTest(OwnSpeedTestCase):
    """What is said of it."""

    def test_all(self) -> None:
        """Everything is known."""
        self.assertEqual(
            costs.HostSpeed(
                costs=COSTS, cores=2, free_cores=1.5, link_gib_s=2.9, zstd=True
            ),
            own_speed.measure('host1-migration'),
        )
        self.gib_s.assert_called_once_with('203.0.113.5')

    def test_a_peer_takes_it(self) -> None:
        """Also from a host that may use half a processor."""
        self.replace(cores, 'usable', lambda: 0.5)
        speed = own_speed.measure()
        self.assertEqual(
            speed, costs.HostSpeed.from_primitive(speed.to_primitive())
        )

    def test_both_kinds_of_records(self) -> None:
        """With the priority that QEMU has."""
        own_speed.measure(priority='SECURE256')
        self.assertEqual(
            [mock.call('SECURE256', 4096), mock.call('SECURE256', 16384)],
            self.tls.call_args_list,
        )

    def test_measured_once(self) -> None:
        """What may change is looked at each time."""
        own_speed.measure()
        self.watch.free.return_value = 0.0
        self.assertEqual(0.0, own_speed.measure().free_cores)
        self.assertEqual(2, self.tls.call_count)

    def test_measured_again(self) -> None:
        """With another library, or another priority."""
        own_speed.measure()
        self.version = '3.8.10'
        own_speed.measure()
        own_speed.measure(priority='SECURE256')
        self.assertEqual(6, self.tls.call_count)

    def test_no_tls(self) -> None:
        """Then its costs are not known, and nobody tries again."""
        self.tls.side_effect = library.Failed(code=-50, problem='no')
        for _number in range(2):
            self.assertIsNone(own_speed.measure(priority='x').costs)
        self.assertEqual(1, self.tls.call_count)

    def test_no_library(self) -> None:
        """A host without GnuTLS has no costs either."""
        missing = library.LibraryMissing(name='x', problem='gone')
        self.replace(library, 'version', mock.Mock(side_effect=missing))
        self.assertIsNone(own_speed.measure().costs)

    def test_unknown_load(self) -> None:
        """Who asks decides what that means."""
        self.watch.free.side_effect = OSError
        self.assertRaises(OSError, own_speed.measure)


class LinkTest(OwnSpeedTestCase):
    """The address of migrations, by whatever it is given."""

    def test_no_address(self) -> None:
        """Then nothing is known."""
        self.assertIsNone(own_speed.measure().link_gib_s)
        self.resolve.assert_not_called()

    def test_unknown_name(self) -> None:
        """A name service that is down is not asked again at once."""
        self.resolve.side_effect = socket.gaierror
        for _number in range(2):
            self.assertIsNone(own_speed.measure('host1').link_gib_s)
        self.assertEqual(1, self.resolve.call_count)

    def test_impossible_name(self) -> None:
        """Not every text can be one."""
        self.resolve.side_effect = UnicodeError
        self.assertIsNone(own_speed.measure('x' * 70).link_gib_s)


class BuildTest(OwnSpeedTestCase):
    """What QEMU's file says; if it cannot be looked at, QEMU can nothing."""

    def test_as_seen(self) -> None:
        """One has nothing to do with the other."""
        self.assert_build(True, False)
        self.build.return_value = qemu_build.Build(
            zstd=False, fills_records=True
        )
        self.assert_build(False, True)

    def assert_build(
        self, zstd: bool, fills_records: bool, **asked: Any
    ) -> None:
        """That is said of it."""
        speed = own_speed.measure(**asked)
        self.assertEqual(
            (zstd, fills_records), (speed.zstd, speed.fills_records)
        )

    def test_unreadable(self) -> None:
        """Whatever the reason."""
        for problem in (OSError, ValueError):
            self.build.side_effect = problem
            self.assert_build(False, False)

    def test_strange_capabilities(self) -> None:
        """libvirt says something that is no XML."""
        self.useFixture(
            fixtures.MockPatchObject(
                qemu_build,
                'emulator',
                lambda text, _root: ElementTree.fromstring(text),
            )
        )
        self.assert_build(False, False, capabilities='<')
