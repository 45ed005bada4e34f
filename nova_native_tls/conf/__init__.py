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

"""Which options there are, and where they get registered.

Importing this package registers nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
import copy

from oslo_config import cfg

from nova_native_tls.conf import evidence
from nova_native_tls.conf import issuing
from nova_native_tls.conf import known_issues
from nova_native_tls.conf import libvirt
from nova_native_tls.conf import native_tls
from nova_native_tls.conf import policy
from nova_native_tls.conf import speed
from nova_native_tls.conf import watching


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register our options, and those of Nova that Nova has not registered.

    Nova's own definition always wins, so inside nova-compute the
    ``[libvirt]`` group stays exactly Nova's, whichever release it is.

    :param conf: the registry; in nova-compute ``nova.conf.CONF``.
    """
    conf.register_opts(native_tls.OPTS, group=native_tls.GROUP)
    conf.register_opts(issuing.OPTS, group=native_tls.GROUP)
    conf.register_opts(watching.OPTS, group=native_tls.GROUP)
    conf.register_opts(evidence.OPTS, group=native_tls.GROUP)
    conf.register_opts(policy.OPTS, group=native_tls.GROUP)
    conf.register_opts(known_issues.OPTS, group=native_tls.GROUP)
    conf.register_opts(speed.OPTS, group=native_tls.GROUP)
    known = conf.libvirt if 'libvirt' in conf else {}
    for opt in libvirt.OPTS:
        if opt.dest not in known:
            conf.register_opt(opt, group=libvirt.GROUP)


def list_opts() -> list[tuple[str, Sequence[cfg.Opt]]]:
    """List the options that exist only with this project installed."""
    own = [
        *native_tls.OPTS,
        *issuing.OPTS,
        *watching.OPTS,
        *evidence.OPTS,
        *policy.OPTS,
        *known_issues.OPTS,
        *speed.OPTS,
    ]
    return [(native_tls.GROUP, copy.deepcopy(own))]


def list_libvirt_opts() -> list[tuple[str, Sequence[cfg.Opt]]]:
    """List the options of Nova that this project reads.

    For hosts without Nova; beside Nova they are in ``nova.conf`` already.
    """
    return [(libvirt.GROUP, copy.deepcopy(libvirt.OPTS))]
