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

"""A migration led from a third machine: what it looks at before."""

from __future__ import annotations

from typing import Any

from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api
from tests.unit.migration import fakes
from tests.unit.migration import two_hosts

GuestState = libvirt_api.GuestState


class NameToVerifyTest(two_hosts.TwoHostsTestCase):
    """The name that the destination's certificate must bear."""

    def _verified(self, destination_uri: str, **request: Any) -> object:
        self.destination.uri = destination_uri
        self.world.hosts[destination_uri] = self.destination
        record, _warnings = self._migrate(
            destination_uri=destination_uri, **request
        )
        self.assertEqual(
            record.verified_name, self._asked().params['tls.destination']
        )
        return record.verified_name

    def test_the_name_that_was_asked_for(self) -> None:
        """It counts more than the URI, and more than the address dialled."""
        self.assertEqual(
            'name.example.org',
            self._verified(
                'qemu+tls://host2.example.org/system',
                tls_name='name.example.org',
                migrate_uri='tcp://203.0.113.12',
            ),
        )

    def test_the_name_in_the_uri(self) -> None:
        """It counts more than what the destination calls itself."""
        self.assertEqual(
            'alias.example.org',
            self._verified(
                'qemu+ssh://root@alias.example.org:22/system',
                migrate_uri='tcp://203.0.113.12',
            ),
        )

    def test_an_ipv4_address_in_the_uri(self) -> None:
        """The destination's own name, as libvirt would take it."""
        self.assertEqual(
            'host2', self._verified('qemu+tls://203.0.113.12/system')
        )

    def test_an_ipv6_address_in_the_uri(self) -> None:
        """Likewise."""
        self.assertEqual(
            'host2', self._verified('qemu+tls://[2001:db8:2::12]/system')
        )


class BadInputTest(two_hosts.TwoHostsTestCase):
    """Nothing is asked of libvirt when an input is bad."""

    def test_nothing_is_asked(self) -> None:
        """Each of these is found before the first connection."""
        for expected, names, job in (
            (exception.InvalidURI, 'nonsense', {'source_uri': 'nonsense'}),
            (
                exception.InvalidURI,
                'xen:///system',
                {'source_uri': 'xen:///system'},
            ),
            (
                exception.InvalidURI,
                'nonsense',
                {'destination_uri': 'nonsense'},
            ),
            (
                exception.InvalidURI,
                'it names no other host',
                {'destination_uri': 'qemu:///system'},
            ),
            (
                exception.InvalidURI,
                'http://host2',
                {'migrate_uri': 'http://host2'},
            ),
            (
                exception.InvalidURI,
                'tcp://host2:70000',
                {'migrate_uri': 'tcp://host2:70000'},
            ),
            (
                exception.MigrationRefused,
                'migrate_uri is rdma://host2: RDMA cannot carry TLS',
                {'migrate_uri': 'rdma://host2'},
            ),
            (
                exception.MigrationRefused,
                'migrate_uri is unix:///run/socket: a UNIX socket',
                {'migrate_uri': 'unix:///run/socket'},
            ),
            (
                exception.MigrationRefused,
                'parallel.connections is 256: QEMU takes 1 to 255',
                {'settings': {'parallel_connections': 256}},
            ),
            (
                exception.MigrationRefused,
                'tunnel',
                {
                    'settings': {
                        'native_tls': False,
                        'tunnelled': True,
                        'parallel_connections': 2,
                    }
                },
            ),
        ):
            arguments: dict[str, Any] = job
            err = self._refused(expected, **arguments)
            self.assertIn(names, str(err))
            self.assertEqual([], self.world.opened)
            self.assertEqual([], self.domain.calls)

    def test_a_name_that_cannot_be_verified(self) -> None:
        """libvirt or QEMU would verify something else, or nothing."""
        for name in (
            '',
            ' ',
            'a b',
            'host2\n',
            '*.example.org',
            'host2:49152',
            'fe80::1%eth1',
        ):
            err = self._refused(exception.InvalidHost, tls_name=name)
            self.assertIn(repr(name), str(err))
            self.assertEqual([], self.world.opened)


class RefusedTest(two_hosts.TwoHostsTestCase):
    """What shows only once the hosts were asked; the guest is untouched."""

    def test_source_unreachable(self) -> None:
        """The destination is not even dialled."""
        err = self._refused(
            exception.ConnectionFailed, source_uri='qemu+tcp://host9/system'
        )
        self.assertIn('qemu+tcp://host9/system', str(err))
        self.assertEqual(['qemu+tcp://host9/system'], self.world.opened)

    def test_destination_unreachable(self) -> None:
        """The destination is named."""
        err = self._refused(
            exception.ConnectionFailed,
            destination_uri='qemu+tls://host9/system',
        )
        self.assertIn('qemu+tls://host9/system', str(err))

    def test_unknown_guest(self) -> None:
        """The guest and the host are named."""
        err = self._refused(exception.DomainNotFound, domain='other')
        self.assertIn("'other'", str(err))
        self.assertIn(fakes.SOURCE_URI, str(err))
        self.assertEqual([fakes.SOURCE_URI], self.world.opened)

    def test_guest_not_running(self) -> None:
        """Only what has a QEMU process can be moved live."""
        for state in (
            GuestState.SHUT_OFF,
            GuestState.CRASHED,
            GuestState.POST_COPY,
            GuestState.OTHER,
            GuestState.ABSENT,
        ):
            self.source.domains['vm'] = fakes.Domain(state=state)
            err = self._refused(exception.DomainNotRunning)
            self.assertIn('vm', str(err))
            self.assertNotIn(fakes.DESTINATION_URI, self.world.opened)

    def test_unknown_disk(self) -> None:
        """The disk is named, and what the guest has."""
        err = self._refused(
            exception.DiskNotFound, block=True, disks=('vda', 'sdz')
        )
        self.assertIn("'sdz'", str(err))
        self.assertIn('vda, vdb', str(err))

    def test_a_guest_without_disks(self) -> None:
        """It has none, and that is said."""
        self.domain.disks = ()
        err = self._refused(exception.DiskNotFound, block=True, disks=('vda',))
        self.assertIn('it has: none', str(err))

    def test_same_host(self) -> None:
        """One host under two URIs is still one host."""
        self.destination.name = self.source.name
        self.destination.uuid = self.source.uuid
        err = self._refused(exception.SameHost)
        self.assertIn('host1', str(err))

    def test_two_hosts_of_one_name(self) -> None:
        """A name is no identity: another UUID is another host."""
        self.destination.name = self.source.name
        self._migrate()
        self.assertEqual(1, len(self.domain.migrated))

    def test_two_hosts_of_one_name_and_no_identity(self) -> None:
        """Two UUIDs that are not known are not one."""
        for here, there in ((None, None), (None, 'uuid'), ('uuid', None)):
            self.domain = fakes.Domain()
            self.source.domains['vm'] = self.domain
            for host, uuid in ((self.source, here), (self.destination, there)):
                host.name, host.uuid = 'localhost', uuid
            self._migrate()
            self.assertEqual(1, len(self.domain.migrated))

    def test_versions_forbid_it(self) -> None:
        """What both ends run is held against the rules."""
        err = self._refused(
            exception.MigrationRefused,
            settings={'permit_post_copy': True, 'parallel_connections': 2},
        )
        self.assertIn('QEMU 7.2.22 at the source', str(err))
        self.assertIn('QEMU 10.0.13 at the destination', str(err))

    def test_a_host_that_cannot_answer(self) -> None:
        """Without its versions nothing is decided."""
        self.destination.lost = fakes.libvirt_failed('connection is closed')
        self._refused(exception.LibvirtFailed)
