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

"""Does this host's libvirt reach what this process reaches?

In a peer-to-peer migration libvirt of the source dials libvirt of the
destination. That a third machine reaches both says nothing about it.
"""

from __future__ import annotations

import os

from nova_native_tls._i18n import _
from nova_native_tls.checks import result
from nova_native_tls.host import daemon
from nova_native_tls.host import process

ROOT = 0


def of_libvirt(host: str) -> result.Finding:
    """Tell whether libvirt on this host dials as this process does.

    It does as the same user, with the same network and the same files.
    """
    try:
        found = daemon.find()
        if found is None:
            return _unknown(host, _('its libvirt is not among the processes'))
        same_network = process.same_network(found.pid)
    except OSError as err:
        return _unknown(host, str(err))
    if os.geteuid() != ROOT:
        # Others have certificates and keys of their own, in their homes.
        return _unknown(
            host, _('this is run as another user than %s') % found.program
        )
    if not same_network or found.root:
        return _unknown(
            host,
            _('%s has another network than this command, or other files')
            % found.program,
        )
    return result.Finding(
        code='source.reaches-alike',
        status=result.Status.SUCCESS,
        subject=host,
        detail=_(
            '%s dials from the same network and with the same files: what '
            'this command reaches, it reaches'
        )
        % found.program,
    )


def _unknown(host: str, problem: str) -> result.Finding:
    return result.Finding(
        code='source.reach-unknown',
        status=result.Status.WARNING,
        subject=host,
        detail=_(
            'that this command reaches the destination says nothing about '
            'libvirt here: %s'
        )
        % problem,
        remedy=_(
            'run this as root where libvirt runs, in the same container, or '
            'with --depth canary'
        ),
    )
