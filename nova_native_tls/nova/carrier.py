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

"""Carries facts between the two nova-computes of a live migration.

They travel in ``migrate_data.old_vol_attachment_ids``, a dictionary of
strings that every Nova from 29 to 34 passes on unread: the destination's
facts to the source with the answer to the first check and again with that of
``pre_live_migration``, the source's facts to the destination with the second
check. A Nova without this project ignores them, and sends none. What an end
says about encrypting this one migration goes the same way, under keys of its
own.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
from typing import Any

from nova_native_tls.peer import facts
from nova_native_tls.peer import terms


class Role(enum.Enum):
    """Whose facts; the values are the keys in the dictionary.

    Volume attachments are keyed by UUID there, so nothing can collide.
    """

    SOURCE = 'native_tls:source'
    DESTINATION = 'native_tls:destination'


FIELD = 'old_vol_attachment_ids'

#: What follows a role in the key of what that end says about encryption.
_TERMS = ':policy'


def put(migrate_data: Any, role: Role, own: facts.HostFacts) -> None:
    """Add facts to what Nova sends anyway.

    :param migrate_data: a LibvirtLiveMigrateData object.
    """
    # The later, the closer to what the other host compares its clock with.
    said = dataclasses.replace(own, said_at=_now())
    _put(migrate_data, role.value, facts.dumps(said))


def put_terms(migrate_data: Any, role: Role, own: terms.Terms) -> None:
    """Add what this end says about encrypting this migration."""
    _put(migrate_data, f'{role.value}{_TERMS}', terms.dumps(own))


def _put(migrate_data: Any, key: str, text: str) -> None:
    if FIELD not in migrate_data.fields:
        return
    # Assigned anew, because only that marks the field as changed.
    setattr(migrate_data, FIELD, {**_carried(migrate_data), key: text})


def _carried(migrate_data: Any) -> dict[str, str]:
    # In Nova's own tests it may be no object of Nova's.
    fields = getattr(migrate_data, 'fields', ())
    if FIELD not in fields or FIELD not in migrate_data:
        return {}
    return dict(getattr(migrate_data, FIELD) or {})


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def get(migrate_data: Any, role: Role) -> facts.HostFacts | None:
    """Read the other host's facts.

    :returns: None when it sent none: a Nova without this project.
    :raises FactsUnreadable: it sent something that cannot be used.
    """
    text = _carried(migrate_data).get(role.value)
    return None if text is None else facts.loads(text)


def get_terms(migrate_data: Any, role: Role) -> terms.Terms | None:
    """Read what the other end says about encrypting this migration.

    :returns: None when it says nothing: a Nova without this project, or one
        on which nobody asked for encryption.
    :raises FactsUnreadable: it sent something that cannot be used.
    """
    text = _carried(migrate_data).get(f'{role.value}{_TERMS}')
    return None if text is None else terms.loads(text)
