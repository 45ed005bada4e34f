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

"""The versioned notification ``native_tls.migration``."""

from __future__ import annotations

from typing import Any

from nova.objects import fields

from nova_native_tls.evidence import chain
from nova_native_tls.evidence import record
from nova_native_tls.nova.telling import notification
from nova_native_tls import policy

_PRIORITIES = {
    record.Result.COMPLETED: notification.Priority.INFO,
    record.Result.CANCELLED: notification.Priority.INFO,
}


def _text(**options: Any) -> Any:
    return fields.StringField(nullable=True, **options)


@notification.register
class MigrationPayload(notification.Payload):
    """How a guest moved, in the fields of a record.

    A certificate is a dictionary of ``subject``, ``serial``, ``sha256`` and
    ``not_after``, empty where it is not known. ``evidence`` is the number and
    the hash of the entry in the file, if there is one.
    """

    # Version 1.0: Initial version
    VERSION = '1.0'

    fields = {
        'began': fields.DateTimeField(),
        'instance_uuid': fields.UUIDField(),
        'instance_name': fields.StringField(),
        'guest': fields.StringField(),
        'source': fields.StringField(),
        'destination': fields.StringField(),
        'encryption': _text(),
        'rule': fields.StringField(),
        'notes': fields.ListOfStringsField(),
        'mode': _text(),
        'flags': fields.ListOfStringsField(),
        'params': fields.DictOfStringsField(),
        'changes': fields.ListOfStringsField(),
        'verified_name': _text(),
        'source_certificate': fields.DictOfStringsField(),
        'source_ca': fields.DictOfStringsField(),
        'destination_certificate': fields.DictOfStringsField(),
        'destination_ca': fields.DictOfStringsField(),
        'priority': _text(),
        'channels': fields.IntegerField(nullable=True),
        'nbd': fields.BooleanField(nullable=True),
        'memory_bytes': fields.IntegerField(nullable=True),
        'disk_bytes': fields.IntegerField(nullable=True),
        'duration_s': fields.FloatField(nullable=True),
        'downtime_ms': fields.IntegerField(nullable=True),
        'result': fields.StringField(),
        'cause': fields.StringField(),
        'evidence': _text(),
    }


def send(
    context: Any, one: record.Record, anchor: chain.Anchor | None
) -> None:
    """Send what is known of a migration, if anybody wants it."""
    notification.send(
        'migration',
        payload(one, anchor),
        priority=_priority(one),
        context=context,
    )


def payload(
    one: record.Record, anchor: chain.Anchor | None
) -> MigrationPayload:
    """Make what is sent."""
    values = record.to_fields(one)
    for name in ('source', 'destination'):
        identity = values.pop(f'{name}_identity')
        values[f'{name}_certificate'] = identity['certificate'] or {}
        values[f'{name}_ca'] = identity['ca'] or {}
    values['instance_uuid'] = values.pop('uuid')
    values['instance_name'] = values.pop('name')
    values['params'] = {
        name: ','.join(value) if isinstance(value, list) else str(value)
        for name, value in values['params'].items()
    }
    return MigrationPayload(
        **values, evidence=None if anchor is None else anchor.long()
    )


def _priority(one: record.Record) -> str:
    """Tell what somebody should look at from what is as it should be."""
    if one.result not in _PRIORITIES:
        return str(notification.Priority.ERROR)
    wanted = one.encryption is policy.Encryption.OPPORTUNISTIC
    if wanted and one.mode == 'plaintext':
        return str(notification.Priority.WARN)
    return str(_PRIORITIES[one.result])
