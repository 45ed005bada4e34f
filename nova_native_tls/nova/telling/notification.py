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


"""Sends versioned notifications of this project in Nova's own way.

They go where Nova's go, and only where an operator wants versioned ones.
Nova's event types end in an action out of a list of its own; these, such as
``native_tls.certificate``, do not.
"""

from __future__ import annotations

from typing import Any

import nova.conf
from nova import context as nova_context
from nova.notifications.objects import base
from nova.objects import base as objects_base
from nova.objects import fields
from oslo_log import log as logging

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF

Priority = fields.NotificationPriority


@objects_base.NovaObjectRegistry.register_if(False)
class Payload(base.NotificationPayloadBase):  # type: ignore[misc]
    """What a notification says; to be derived from, never sent itself.

    A derived class is registered by ``register`` and has a ``VERSION`` of its
    own; a field that is added raises the minor number. No secrets.
    """

    OBJ_PROJECT_NAMESPACE = 'nova_native_tls'

    def __init__(self, **values: Any) -> None:
        super().__init__()
        for name, value in values.items():
            setattr(self, name, value)


#: Registers a class of payload, as Nova registers its own.
register = objects_base.NovaObjectRegistry.register_notification


@objects_base.NovaObjectRegistry.register_if(False)
class EventType(base.EventType):  # type: ignore[misc]
    """An event whose action need not be one of Nova's."""

    # It is never sent itself. By its name it is taken for Nova's.
    fields = {'action': fields.StringField()}


@objects_base.NovaObjectRegistry.register_if(False)
class Notification(base.NotificationBase):  # type: ignore[misc]
    """One notification; only its payload is sent as an object."""

    fields = {'payload': fields.ObjectField('Payload', subclasses=True)}


def send(
    action: str,
    payload: Payload,
    *,
    priority: str = Priority.INFO,
    context: Any = None,
) -> None:
    """Send ``native_tls.ACTION`` from this host, if anybody wants it.

    An error is logged, not raised: nothing depends on who listens.

    :param priority: of ``Priority``.
    :param context: of the request that it belongs to; by default nobody's.
    """
    try:
        Notification(
            priority=priority,
            event_type=EventType(object='native_tls', action=action),
            publisher=base.NotificationPublisher(
                host=CONF.host, source=fields.NotificationSource.COMPUTE
            ),
            payload=payload,
        ).emit(context or nova_context.get_admin_context())
    except Exception as err:
        LOG.warning(
            'The notification native_tls.%s was not sent: %s: %s',
            action,
            type(err).__name__,
            err,
        )
