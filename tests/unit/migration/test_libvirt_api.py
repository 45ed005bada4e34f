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

"""The door to libvirt: flags, errors, questions to a host."""

from __future__ import annotations

from typing import Any

import fixtures
import testtools

from nova_native_tls import exception
from nova_native_tls.migration import libvirt_abi
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import versions
from tests.unit.migration import stand_in_binding


class ToBitmaskTest(stand_in_binding.BindingTestCase):
    """Names to the binding's own constants."""

    def test_every_flag(self) -> None:
        """With a binding that has them all, the numbers are the table's."""
        for name in libvirt_abi.FLAGS:
            self.assertEqual(
                libvirt_abi.bitmask([name]),
                libvirt_api.to_bitmask(
                    frozenset({name}), stand_in_binding.module()
                ),
            )

    def test_several_flags(self) -> None:
        """The bits are put together."""
        self.assertEqual(
            0x10003,
            libvirt_api.to_bitmask(frozenset({'TLS', 'LIVE', 'PEER2PEER'})),
        )
        self.assertEqual(0, libvirt_api.to_bitmask(frozenset()))

    def test_a_missing_constant_is_an_error(self) -> None:
        """Never is a flag left out because the binding lacks it."""
        for name in libvirt_abi.FLAGS:
            err = self.assertRaises(
                exception.UnsupportedFlag,
                libvirt_api.to_bitmask,
                frozenset({'LIVE', name}),
                stand_in_binding.module(name),
            )
            self.assertEqual(name, err.flag)
            self.assertIn('libvirt-python 9.0.0', str(err))
            self.assertIn('nothing was migrated', str(err))

    def test_a_flag_that_is_not_asked_for_may_be_missing(self) -> None:
        """An old binding does for what it has."""
        self.assertEqual(
            1,
            libvirt_api.to_bitmask(
                frozenset({'LIVE'}), stand_in_binding.module('ZEROCOPY', 'TLS')
            ),
        )


class WithoutBindingTest(testtools.TestCase):
    """A host on which there is no Python binding of libvirt."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova_native_tls.migration.libvirt_api.libvirt', None
            )
        )

    def test_connecting(self) -> None:
        """The error says what to install."""
        manager = libvirt_api.Connection.open('qemu:///system')
        err = self.assertRaises(exception.LibvirtMissing, manager.__enter__)
        self.assertIn('install python3-libvirt', str(err))

    def test_translating_flags(self) -> None:
        """Likewise."""
        self.assertRaises(
            exception.LibvirtMissing,
            libvirt_api.to_bitmask,
            frozenset({'LIVE'}),
        )


class TranslatedTest(stand_in_binding.BindingTestCase):
    """libvirt's errors as ours."""

    def _failed(self, message: str | None) -> exception.LibvirtFailed:
        self.theirs = stand_in_binding.Error(
            stand_in_binding.CONSTANTS['VIR_ERR_INTERNAL_ERROR'], message
        )
        domain, _theirs = self.make_domain(XMLDesc=self.theirs)
        err: exception.LibvirtFailed = self.assertRaises(
            exception.LibvirtFailed, domain.disk_targets
        )
        return err

    def test_everything_is_kept(self) -> None:
        """The sentence, the number and the error itself stay available."""
        err = self._failed('end of file')
        self.assertEqual('end of file', err.problem)
        self.assertEqual(
            stand_in_binding.CONSTANTS['VIR_ERR_INTERNAL_ERROR'], err.code
        )
        self.assertIs(self.theirs, err.__cause__)

    def test_one_line(self) -> None:
        """What libvirt quotes of QEMU's log does not break the line."""
        self.assertEqual(
            'Reading the definition of vm: a b c',
            str(self._failed('a\nb\r\n  c\n')),
        )

    def test_an_error_without_a_sentence(self) -> None:
        """There is always something to read."""
        self.assertEqual('str of None', self._failed(None).problem)


class ConnectionTest(stand_in_binding.BindingTestCase):
    """Questions to one host."""

    def _connection(
        self, **answers: Any
    ) -> tuple[libvirt_api.Connection, stand_in_binding.RecordingDomain]:
        theirs = stand_in_binding.RecordingDomain(**answers)
        return libvirt_api.Connection(theirs, 'qemu:///system'), theirs

    def test_host_uuid(self) -> None:
        """The identity comes from the capabilities, if it is there."""
        for capabilities, uuid in (
            (
                '<capabilities><host><uuid>u-1</uuid></host></capabilities>',
                'u-1',
            ),
            ('<capabilities><host/></capabilities>', None),
        ):
            connection, _theirs = self._connection(
                getCapabilities=capabilities
            )
            self.assertEqual(uuid, connection.host_uuid())

    def test_host_versions(self) -> None:
        """The daemon's version, not the binding's, and QEMU's."""
        connection, _theirs = self._connection(
            getLibVersion=11_003_000, getVersion=10_000_013
        )
        self.assertEqual(
            versions.HostVersions(
                libvirt=versions.Version(11, 3, 0),
                qemu=versions.Version(10, 0, 13),
            ),
            connection.host_versions(),
        )

    def test_questions_that_fail(self) -> None:
        """Each names the host."""
        connection, _theirs = self._connection(
            getHostname=stand_in_binding.Error(1, 'gone'),
            getCapabilities=stand_in_binding.Error(1, 'gone'),
            getLibVersion=stand_in_binding.Error(1, 'gone'),
            getVersion=stand_in_binding.Error(1, 'gone'),
        )
        for question in (
            connection.host_name,
            connection.host_uuid,
            connection.host_versions,
        ):
            err = self.assertRaises(exception.LibvirtFailed, question)
            self.assertIn('qemu:///system', str(err))
            self.assertIn('gone', str(err))

    def test_guest_by_name(self) -> None:
        """A name is looked for as a name first."""
        connection, theirs = self._connection(
            lookupByName=stand_in_binding.RecordingDomain()
        )
        self.assertEqual('vm', connection.domain('vm').name)
        self.assertEqual([('lookupByName', ('vm',), {})], theirs.asked)

    def test_guest_by_uuid(self) -> None:
        """What is nobody's name may be a UUID."""
        uuid = '8a6e2b9c-0c7a-4a55-9a3b-6a7f1d7d0c11'
        connection, theirs = self._connection(
            lookupByName=stand_in_binding.Error(
                stand_in_binding.CONSTANTS['VIR_ERR_NO_DOMAIN']
            ),
            lookupByUUIDString=stand_in_binding.RecordingDomain(),
        )
        self.assertEqual(uuid, connection.domain(uuid).uuid)
        self.assertEqual(
            ['lookupByName', 'lookupByUUIDString'],
            [name for name, _args, _kwargs in theirs.asked],
        )

    def test_no_such_guest(self) -> None:
        """Neither a name nor a UUID that is known, nor a UUID at all."""
        for second in ('VIR_ERR_NO_DOMAIN', 'VIR_ERR_INVALID_ARG'):
            connection, _theirs = self._connection(
                lookupByName=stand_in_binding.Error(
                    stand_in_binding.CONSTANTS['VIR_ERR_NO_DOMAIN']
                ),
                lookupByUUIDString=stand_in_binding.Error(
                    stand_in_binding.CONSTANTS[second]
                ),
            )
            err = self.assertRaises(
                exception.DomainNotFound, connection.domain, 'vm'
            )
            self.assertEqual(
                "There is no guest 'vm' at qemu:///system", str(err)
            )

    def test_a_host_that_cannot_look(self) -> None:
        """Not to be able to look is not to have found nothing."""
        connection, _theirs = self._connection(
            lookupByName=stand_in_binding.Error(
                stand_in_binding.CONSTANTS['VIR_ERR_INTERNAL_ERROR'], 'gone'
            )
        )
        err = self.assertRaises(
            exception.LibvirtFailed, connection.domain, 'vm'
        )
        self.assertIn('gone', str(err))
