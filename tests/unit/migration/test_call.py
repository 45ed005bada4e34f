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

"""What libvirt is asked, by itself."""

from __future__ import annotations

import testtools

from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call


def _call(*flags: str) -> migration_call.MigrateCall:
    return migration_call.MigrateCall(flags=frozenset(flags), params={})


class MigrateCallTest(testtools.TestCase):
    """Flags and parameters of one call."""

    def test_bitmask(self) -> None:
        """The flags as the number that Nova logs."""
        self.assertEqual(0x10003, _call('LIVE', 'PEER2PEER', 'TLS').bitmask)

    def test_bitmask_of_an_unknown_flag(self) -> None:
        """There is no number for a flag that is not known."""
        call = _call('LIVE', 'ENCRYPTED')
        self.assertRaises(exception.UnknownFlag, getattr, call, 'bitmask')

    def test_mode(self) -> None:
        """Only TLS is called tls, and only a tunnel tunnelled."""
        self.assertEqual('tls', _call('LIVE', 'TLS').mode)
        self.assertEqual('tunnelled', _call('LIVE', 'TUNNELLED').mode)
        self.assertEqual('plaintext', _call('LIVE').mode)
        self.assertEqual('plaintext', _call().mode)
