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

"""Records to write and read."""

from __future__ import annotations

import datetime
from typing import Any

from nova_native_tls.evidence import record
from nova_native_tls import policy

BEGAN = datetime.datetime(2026, 11, 21, 22, 1, 2, 345678, tzinfo=datetime.UTC)
UUID = '2f6f3a3c-0a4e-4b44-9d80-3a3a9f1f3c11'


def certificate(name: str, serial: str = '0A') -> record.Certificate:
    """A certificate of somebody."""
    return record.Certificate(
        subject=f'CN={name}',
        serial=serial,
        sha256=(name.encode().hex() * 64)[:64],
        not_after=datetime.datetime(2027, 2, 1, tzinfo=datetime.UTC),
    )


def identity(name: str) -> record.Identity:
    """What a host shows."""
    return record.Identity(
        certificate=certificate(name), ca=certificate('ca', '01')
    )


def full(**changes: Any) -> record.Record:
    """A record in which everything is known."""
    values: dict[str, Any] = {
        'began': BEGAN,
        'uuid': UUID,
        'name': 'web 1 \u2013 \u20ac',
        'guest': 'instance-0000002a',
        'source': 'host1',
        'destination': 'host2',
        'encryption': policy.Encryption.REQUIRED,
        'rule': 'flavor m1.small',
        'notes': ('image says disabled, which does not count',),
        'mode': 'tls',
        'flags': ('LIVE', 'TLS'),
        'params': {
            'bandwidth': 0,
            'migrate_disks': ('vda', 'vdb'),
            'tls.destination': 'host2.example.org',
        },
        'changes': ('set parameter tls.destination: the name is verified',),
        'verified_name': 'host2.example.org',
        'source_identity': identity('host1'),
        'destination_identity': identity('host2'),
        'priority': 'NORMAL',
        'channels': 2,
        'nbd': True,
        'memory_bytes': 12345,
        'disk_bytes': 678,
        'duration_s': 1.25,
        'downtime_ms': 12,
        'result': record.Result.COMPLETED,
    }
    return record.Record(**{**values, **changes})


def small(number: int) -> record.Record:
    """A record of which hardly anything is known."""
    return record.Record(
        began=BEGAN + datetime.timedelta(minutes=number),
        uuid=UUID,
        name=f'vm{number}',
        guest='instance-00000001',
        source='host1',
        destination='host2',
        result=record.Result.FAILED,
        cause='no route to host',
    )
