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

"""What ``openstack server event show`` displays, of what went well."""

from __future__ import annotations

import datetime
from typing import Any

import nova.conf
from nova import objects
from oslo_log import log as logging

from nova_native_tls.explain import matcher

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF

#: What there is room for.
DETAILS_LENGTH = matcher.DETAILS_LENGTH


def write(context: Any, instance: Any, event: str, details: str) -> None:
    """Add an event with words to the action that the user asked for.

    Nova itself keeps words only of events that failed, and says ``Error`` of
    the whole action then. One that cannot be written harms nothing.
    """
    now = datetime.datetime.now(datetime.UTC)
    try:
        objects.InstanceActionEvent(
            context,
            event=event,
            start_time=now,
            finish_time=now,
            result='Success',
            host=CONF.host,
            details=details[:DETAILS_LENGTH],
        ).create(instance.uuid, context.request_id)
    except Exception as err:
        LOG.warning(
            'The event %s cannot be written: %s: %s',
            event,
            type(err).__name__,
            err,
            instance=instance,
        )
