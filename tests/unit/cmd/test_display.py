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

"""Results for people and for programs."""

from __future__ import annotations

import testtools

from nova_native_tls.cmd import display
from nova_native_tls.migration import adjustments
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import flags


class ColumnsTest(testtools.TestCase):
    """One cell each way."""

    def test_lines(self) -> None:
        """A line for each item; a list for programs."""
        cell = display.Lines(['LIVE', 'TLS'])
        self.assertEqual('LIVE\nTLS', cell.human_readable())
        self.assertEqual(['LIVE', 'TLS'], cell.machine_readable())

    def test_pairs(self) -> None:
        """A line for each name; an object for programs."""
        cell = display.Pairs({'bandwidth': 0, 'tls.destination': 'host2'})
        self.assertEqual(
            'bandwidth = 0\ntls.destination = host2', cell.human_readable()
        )
        self.assertEqual(
            {'bandwidth': 0, 'tls.destination': 'host2'},
            cell.machine_readable(),
        )

    def test_nothing(self) -> None:
        """An empty cell is seen to be empty, and stays empty for programs."""
        self.assertEqual('-', display.Lines([]).human_readable())
        self.assertEqual([], display.Lines([]).machine_readable())
        self.assertEqual('-', display.Pairs({}).human_readable())
        self.assertEqual({}, display.Pairs({}).machine_readable())


class ContentsTest(testtools.TestCase):
    """What goes into the cells."""

    def test_call(self) -> None:
        """Flags in libvirt's order, the number, plain parameters."""
        cells = display.call_columns(
            migration_call.MigrateCall(
                flags=frozenset({'TLS', 'PEER2PEER', 'LIVE'}),
                params={'bandwidth': 0, 'migrate_disks': ('vda', 'vdb')},
            )
        )
        self.assertEqual(['flags', 'bitmask', 'params'], list(cells))
        self.assertEqual(
            display.Lines(['LIVE', 'PEER2PEER', 'TLS']), cells['flags']
        )
        self.assertEqual(0x10003, cells['bitmask'])
        self.assertEqual(
            display.Pairs({'bandwidth': 0, 'migrate_disks': ['vda', 'vdb']}),
            cells['params'],
        )

    def test_reasons(self) -> None:
        """Each part of the call beside its reason."""
        cell = display.reasons([flags.Reason(subject='LIVE', reason='why')])
        self.assertEqual('LIVE: why', cell.human_readable())
        self.assertEqual(
            [{'change': 'LIVE', 'reason': 'why'}], cell.machine_readable()
        )

    def test_changes(self) -> None:
        """What is done, to what, to which value, and why."""
        cell = display.changes(
            [
                adjustments.Adjustment(
                    action=adjustments.Action.DROP_FLAG,
                    subject='PEER2PEER',
                    reason='led from here',
                ),
                adjustments.Adjustment(
                    action=adjustments.Action.SET_PARAMETER,
                    subject='bandwidth',
                    value=0,
                    reason='no limit',
                ),
            ]
        )
        self.assertEqual(
            'drop flag PEER2PEER: led from here\n'
            'set parameter bandwidth=0: no limit',
            cell.human_readable(),
        )
        self.assertEqual(
            [
                {'change': 'drop flag PEER2PEER', 'reason': 'led from here'},
                {'change': 'set parameter bandwidth=0', 'reason': 'no limit'},
            ],
            cell.machine_readable(),
        )
