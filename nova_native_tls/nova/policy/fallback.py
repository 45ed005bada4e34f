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

"""Tells of guest memory that crosses in clear text although TLS was wanted."""

from __future__ import annotations

from typing import Any

from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls.nova.call import call_plan
from nova_native_tls.nova.telling import action_event
from nova_native_tls.peer import terms as peer_terms
from nova_native_tls import policy

LOG = logging.getLogger(__name__)

#: The event in ``openstack server event show`` that tells why.
EVENT = 'compute_native_tls_clear_text'


def is_one(terms: peer_terms.Terms) -> bool:
    """Tell whether these terms are such a case."""
    wanted = terms.decision.encryption is policy.Encryption.OPPORTUNISTIC
    return wanted and not terms.encrypted


def tell(context: Any, instance: Any, terms: peer_terms.Terms) -> None:
    """Tell it, every time: one warning and one event.

    The notification, which tells it too, is sent at the end.
    """
    why = _('The live migration is in clear text: %s') % call_plan.because(
        terms
    )
    LOG.warning('%s', why, instance=instance)
    action_event.write(context, instance, EVENT, why)
