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

"""The table of flags and parameters by itself."""

from __future__ import annotations

import types

import testtools

from nova_native_tls import exception
from nova_native_tls.migration import libvirt_abi
from nova_native_tls.migration import versions


class TableTest(testtools.TestCase):
    """What must hold of any such table."""

    def test_each_flag_is_one_bit_of_its_own(self) -> None:
        """The flags fill the bits from 0 upwards without a gap."""
        bits = sorted(flag.bit for flag in libvirt_abi.FLAGS.values())
        self.assertEqual([1 << n for n in range(len(bits))], bits)

    def test_flags_that_nova_uses(self) -> None:
        """The numbers that nova/virt/libvirt/driver.py passes."""
        expected = {
            'LIVE': 0x1,
            'PEER2PEER': 0x2,
            'TUNNELLED': 0x4,
            'PERSIST_DEST': 0x8,
            'UNDEFINE_SOURCE': 0x10,
            'NON_SHARED_INC': 0x80,
            'AUTO_CONVERGE': 0x2000,
            'POSTCOPY': 0x8000,
            'TLS': 0x10000,
            'PARALLEL': 0x20000,
        }
        self.assertEqual(
            expected, {name: libvirt_abi.FLAGS[name].bit for name in expected}
        )

    def test_releases_that_decide_about_encryption(self) -> None:
        """Since when libvirt has what encrypted migration is made of.

        libvirt 9.0, include/libvirt/libvirt-domain.h.
        """
        expected = {
            'LIVE': versions.Version(0, 3, 2),
            'PEER2PEER': versions.Version(0, 7, 2),
            'TLS': versions.Version(3, 2),
            'PARALLEL': versions.Version(5, 2),
            'ZEROCOPY': versions.Version(8, 5),
            'POSTCOPY_RESUME': versions.Version(8, 5),
        }
        self.assertEqual(
            expected,
            {name: libvirt_abi.FLAGS[name].since for name in expected},
        )
        self.assertEqual(
            versions.Version(6, 0),
            libvirt_abi.PARAMETERS['tls.destination'].since,
        )

    def test_nobody_can_change_the_tables(self) -> None:
        """One caller's change would be every caller's."""
        for table in (libvirt_abi.FLAGS, libvirt_abi.PARAMETERS):
            self.assertFalse(hasattr(table, '__setitem__'))
            self.assertFalse(hasattr(table, 'update'))


class BitmaskTest(testtools.TestCase):
    """Names to the number that libvirt is passed."""

    def test_no_flag(self) -> None:
        """Nothing asked for is 0."""
        self.assertEqual(0, libvirt_abi.bitmask(()))

    def test_several_flags(self) -> None:
        """The bits are put together, each once."""
        self.assertEqual(
            0x10003, libvirt_abi.bitmask(['TLS', 'LIVE', 'PEER2PEER', 'TLS'])
        )

    def test_an_unknown_flag_is_an_error(self) -> None:
        """A flag that is not known is never passed over."""
        err = self.assertRaises(
            exception.UnknownFlag, libvirt_abi.bitmask, ['LIVE', 'TSL']
        )
        self.assertEqual('TSL', err.flag)


class LookUpTest(testtools.TestCase):
    """One entry of a table."""

    def test_known(self) -> None:
        """What the table has is given."""
        for name, flag in libvirt_abi.FLAGS.items():
            self.assertIs(flag, libvirt_abi.flag(name))
        for name, parameter in libvirt_abi.PARAMETERS.items():
            self.assertIs(parameter, libvirt_abi.parameter(name))

    def test_unknown(self) -> None:
        """What it does not have is an error that names it."""
        flag = self.assertRaises(
            exception.UnknownFlag, libvirt_abi.flag, 'TSL'
        )
        self.assertEqual('TSL', flag.flag)
        parameter = self.assertRaises(
            exception.UnknownParameter, libvirt_abi.parameter, 'tls.dest'
        )
        self.assertEqual('tls.dest', parameter.name)


class UnknownParametersTest(testtools.TestCase):
    """What a binding cannot pass on."""

    def test_binding(self) -> None:
        """It has a constant for what it knows."""
        binding = types.ModuleType('libvirt')
        for name, parameter in (
            ('VIR_MIGRATE_PARAM_COMPRESSION', 'compression'),
            ('VIR_MIGRATE_PARAM_TLS_DESTINATION', 'tls.destination'),
            ('VIR_MIGRATE_TLS', 'bandwidth'),
        ):
            setattr(binding, name, parameter)

        self.assertEqual(
            frozenset(libvirt_abi.PARAMETERS)
            - {'compression', 'tls.destination'},
            libvirt_abi.unknown_parameters(binding),
        )

    def test_no_binding(self) -> None:
        """Nothing can be passed."""
        self.assertEqual(
            frozenset(libvirt_abi.PARAMETERS),
            libvirt_abi.unknown_parameters(None),
        )


class NamesTest(testtools.TestCase):
    """The number that Nova would pass, back to names."""

    def test_nothing(self) -> None:
        """0 asks for nothing."""
        self.assertEqual(frozenset(), libvirt_abi.names(0))

    def test_there_and_back(self) -> None:
        """Each flag, and all together, come back as they were."""
        for name in libvirt_abi.FLAGS:
            self.assertEqual(
                {name}, libvirt_abi.names(libvirt_abi.bitmask([name]))
            )
        everything = frozenset(libvirt_abi.FLAGS)
        self.assertEqual(
            everything, libvirt_abi.names(libvirt_abi.bitmask(everything))
        )


class InBitOrderTest(testtools.TestCase):
    """The order in which people read flags."""

    def test_order(self) -> None:
        """libvirt's numbers decide, not the alphabet."""
        self.assertEqual(
            ['LIVE', 'PEER2PEER', 'NON_SHARED_INC', 'TLS', 'PARALLEL'],
            libvirt_abi.in_bit_order(
                {'PARALLEL', 'TLS', 'LIVE', 'NON_SHARED_INC', 'PEER2PEER'}
            ),
        )
