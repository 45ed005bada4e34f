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

"""The record of a migration, as columns."""

from __future__ import annotations

import dataclasses
import json

import testtools

from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import record
from nova_native_tls.migration import versions

V = versions.Version

RECORD = record.MigrationRecord(
    name='vm',
    uuid='8a6e2b9c-0c7a-4a55-9a3b-6a7f1d7d0c11',
    source='host1',
    destination='host2',
    call=migration_call.MigrateCall(
        flags=frozenset({'LIVE', 'TLS'}), params={'tls.destination': 'host2'}
    ),
    adjustments=(),
    verified_name='host2',
    memory_bytes=1024,
    disk_bytes=0,
    duration_s=2.03789,
    downtime_ms=12,
    context=versions.Context(
        source=versions.HostVersions(libvirt=V(9, 0), qemu=V(7, 2, 22)),
        destination=versions.HostVersions(libvirt=V(11, 3), qemu=V(10, 0)),
    ),
)


class MigrationRecordTest(testtools.TestCase):
    """What a command shows of it."""

    def test_every_column(self) -> None:
        """Both ends, the mode, the name, sizes and times, in this order."""
        expected = {
            'guest': 'vm',
            'uuid': '8a6e2b9c-0c7a-4a55-9a3b-6a7f1d7d0c11',
            'source': 'host1',
            'destination': 'host2',
            'mode': 'tls',
            'verified_name': 'host2',
            'memory_bytes': 1024,
            'disk_bytes': 0,
            'duration_s': 2.04,
            'downtime_ms': 12,
            'source_libvirt': '9.0.0',
            'source_qemu': '7.2.22',
            'destination_libvirt': '11.3.0',
            'destination_qemu': '10.0.0',
        }
        self.assertEqual(
            list(expected.items()), list(RECORD.as_columns().items())
        )

    def test_plain_types_only(self) -> None:
        """A program gets the same values back from JSON."""
        columns = dict(RECORD.as_columns())
        self.assertEqual(columns, json.loads(json.dumps(columns)))

    def test_what_nobody_could_say_is_none(self) -> None:
        """An unknown number is not 0 and an unknown version no text."""
        unknown = dataclasses.replace(
            RECORD,
            memory_bytes=None,
            disk_bytes=None,
            downtime_ms=None,
            verified_name=None,
            context=versions.Context(),
        ).as_columns()
        for name in (
            'memory_bytes',
            'disk_bytes',
            'downtime_ms',
            'verified_name',
            'source_libvirt',
            'source_qemu',
            'destination_libvirt',
            'destination_qemu',
        ):
            self.assertIsNone(unknown[name], name)
