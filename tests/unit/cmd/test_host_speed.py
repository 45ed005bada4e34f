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

"""``host speed`` as a command, where nothing is measured."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any
from unittest import mock

import fixtures
import testtools

from nova_native_tls.checks import this_host
from nova_native_tls.cmd import host_speed
from nova_native_tls.host import libvirt_view
from nova_native_tls.speed import costs
from nova_native_tls.speed import own_speed
from tests.unit.cmd import in_process
from tests.unit.host import observations

SPEED = costs.HostSpeed(
    costs=costs.StreamCosts(
        page_records=costs.Cost(send_s_per_gib=1.0, receive_s_per_gib=2.0),
        full_records=costs.Cost(send_s_per_gib=0.5, receive_s_per_gib=0.8),
        packing=costs.Cost(send_s_per_gib=0.3, receive_s_per_gib=0.2),
    ),
    cores=4,
    free_cores=3.0,
    link_gib_s=1.164,
    zstd=True,
    fills_records=True,
)


class HostSpeedTest(testtools.TestCase):
    """What is shown."""

    def setUp(self) -> None:
        super().setUp()
        self.command_line = self.useFixture(in_process.CommandLine())
        self.seen = observations.good()
        self.useFixture(
            fixtures.MockPatchObject(this_host, 'look', lambda _uri: self.seen)
        )
        self.measure = mock.Mock(return_value=SPEED)
        self.useFixture(
            fixtures.MockPatchObject(own_speed, 'measure', self.measure)
        )
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.conf = root / 'nova.conf'
        self.conf.write_text('')

    def run_command(self, *argv: str) -> in_process.Result:
        """Run it on this nova.conf."""
        return self.command_line.run(
            'host', 'speed', '--config-file', str(self.conf), *argv
        )

    def test_json(self) -> None:
        """For programs, as numbers."""
        done = self.run_command('-f', 'json')
        self.assertEqual(0, done.status, done.err)
        self.assertEqual(
            {
                'tls_page_records': {'send_gib_s': 1.0, 'receive_gib_s': 0.5},
                'tls_full_records': {'send_gib_s': 2.0, 'receive_gib_s': 1.25},
                'tls_packed': {'send_gib_s': 1.25, 'receive_gib_s': 1.0},
                'priority': 'NORMAL',
                'cores': 4,
                'free_cores': 3.0,
                'link_gib_s': 1.164,
                'zstd': True,
                'fills_records': True,
                'limit': host_speed.limit(SPEED),
            },
            done.json(),
        )

    def test_table(self) -> None:
        """For people."""
        done = self.run_command()
        self.assertIn('sends 1.00, receives 0.50', done.out)
        self.assertIn(host_speed.limit(SPEED), done.out)

    def test_not_measured(self) -> None:
        """A warning, and a dash for what is not known."""
        self.measure.return_value = dataclasses.replace(
            SPEED, costs=None, link_gib_s=None
        )
        done = self.run_command('-f', 'json')
        self.assertEqual(1, done.status)
        self.assertIn('warning: TLS could not be measured', done.err)
        self.assertIsNone(done.json()['tls_packed'])
        self.assertIsNone(done.json()['link_gib_s'])
        self.assertIn('not known', done.json()['limit'])
        table = self.run_command()
        self.assertRegex(table.out, r'tls_packed +\| - ')

    def asked(self) -> mock._Call:
        """What was asked last."""
        return self.measure.call_args

    def test_address(self) -> None:
        """By argument, by nova.conf, or the name that libvirt has."""
        self.run_command()
        self.assertEqual((observations.NAME,), self.asked().args)
        self.conf.write_text(
            '[libvirt]\nlive_migration_inbound_addr = 203.0.113.5\n'
        )
        self.run_command()
        self.assertEqual(('203.0.113.5',), self.asked().args)
        self.run_command('--address', '2001:db8::5')
        self.assertEqual(('2001:db8::5',), self.asked().args)

    def test_wrong_address(self) -> None:
        """nova-compute would not take it either."""
        self.conf.write_text(
            '[libvirt]\nlive_migration_inbound_addr = not a name\n'
        )
        done = self.run_command()
        self.assertEqual((2, ''), (done.status, done.out))
        self.assertIn('live_migration_inbound_addr', done.err)

    def test_libvirt(self) -> None:
        """What it says of the emulator is used, if it says anything."""
        self.run_command()
        found = self.seen.libvirt
        assert isinstance(found, libvirt_view.LibvirtView)
        self.assertEqual(
            found.capabilities, self.asked().kwargs['capabilities']
        )
        self.seen = observations.good(libvirt=observations.UNSEEN)
        self.run_command()
        self.assertIsNone(self.asked().kwargs['capabilities'])


class LimitTest(testtools.TestCase):
    """One sentence: what holds a migration back."""

    def assert_limit(self, expected: str, **changes: Any) -> None:
        """That is it on a host with these changes."""
        speed = dataclasses.replace(SPEED, **changes)
        self.assertEqual(expected, host_speed.limit(speed))

    def test_network(self) -> None:
        """It is full before the processors are."""
        self.assert_limit('the network: 3 connections are enough for it')
        self.assert_limit(
            'the network: one connection is enough for it', link_gib_s=0.116
        )

    def test_processors(self) -> None:
        """They are used up first; if none is free, one counts."""
        self.assert_limit(
            'the free processors, with about 1.50 GiB/s', link_gib_s=11.6
        )
        self.assert_limit(
            'the processors: none is free, one does about 0.50 GiB/s',
            free_cores=0.9,
        )

    def test_unknown_network(self) -> None:
        """Then the sentence says so."""
        self.assert_limit(
            'the free processors, with about 1.50 GiB/s; the speed of the '
            'network is not known',
            link_gib_s=None,
        )
