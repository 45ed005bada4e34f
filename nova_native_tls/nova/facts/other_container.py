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

"""May Nova's helper look at libvirt's files, if those are not its own?"""

from __future__ import annotations

import os

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.checks import result
from nova_native_tls.host import daemon
from nova_native_tls.host import observation
from nova_native_tls.host import unseen


def shut_out(seen: observation.HostObservation) -> tuple[result.Finding, ...]:
    """Tell of a libvirt whose files the helper may not look at.

    Where it runs in another container it has a root directory of its own,
    which is found by its process id, and for which the kernel wants
    CAP_SYS_PTRACE (proc(5), /proc/pid/root); the helper of Nova 29 to 34 does
    not have it unless it is configured.

    :returns: nothing if there is nothing to tell.
    """
    process = seen.daemon
    if process is None and not isinstance(seen.libvirt, unseen.Unseen):
        return (_invisible(seen.host),)
    if not isinstance(process, daemon.Daemon) or not process.root:
        return ()
    try:
        os.stat(f'{process.root}/')
    except PermissionError:
        return (_forbidden(seen.host),)
    except OSError:
        # It is gone; what could be seen was seen.
        return ()
    return ()


def _invisible(host: str) -> result.Finding:
    """Tell of a daemon that answers, and so runs, and is not in /proc.

    Nova's own connection keeps one that ends when nobody uses it.
    """
    return host_check.not_looked_at(
        host,
        _(
            'libvirt answers, but no process of it can be seen, as from '
            'another container'
        ),
        remedy=_(
            'give the container of nova-compute the process ids of the host '
            '("--pid host")'
        ),
    )


def _forbidden(host: str) -> result.Finding:
    return host_check.not_looked_at(
        host,
        _(
            'libvirt has files of its own, as in another container, and '
            "Nova's privileged helper may not look at them"
        ),
        remedy=_(
            'set [nova_sys_admin] capabilities in nova.conf to what Nova has '
            'there and CAP_SYS_PTRACE, and restart nova-compute'
        ),
    )
