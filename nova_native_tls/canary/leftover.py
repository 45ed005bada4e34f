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

"""Removes canaries whose process was killed before it could do so."""

from __future__ import annotations

import time

from oslo_log import log as logging

from nova_native_tls.canary import definition
from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api

LOG = logging.getLogger(__name__)

#: Older than any canary on its way. What has nothing else to end it, such as
#: a paused guest, is left no longer than this and until the next canary.
MAX_AGE_S = 300


def names(host: libvirt_api.Connection) -> frozenset[str]:
    """Give the names that canaries of this host have.

    :raises LibvirtFailed: libvirt does not say.
    """
    return frozenset(
        guest.name
        for guest in host.guests()
        if definition.could_be(guest.name)
    )


def remove(
    host: libvirt_api.Connection, *, now: float | None = None
) -> tuple[str, ...]:
    """End every canary that is too old, and nothing else; give their names.

    :param now: seconds since the epoch.
    :raises LibvirtFailed: libvirt does not list them, or does not end one.
    """
    moment = time.time() if now is None else now
    removed = []
    for guest in host.guests():
        if definition.could_be(guest.name) and _is_old(guest, moment):
            LOG.warning('Ending a canary that was left: %s', guest.name)
            guest.destroy()
            removed.append(guest.name)
    return tuple(removed)


def _is_old(guest: libvirt_api.Domain, now: float) -> bool:
    try:
        started = definition.started(guest.definition())
    except exception.LibvirtFailed as err:
        # Most likely it has just ended; the next time will tell.
        LOG.debug('Looking at %s: %s', guest.name, err)
        return False
    # One from the future is of a clock that was set back.
    return started is not None and abs(now - started) > MAX_AGE_S
