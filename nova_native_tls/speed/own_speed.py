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

"""How fast this host is, as far as a migration is concerned.

What takes time is measured once in a process, for some tenths of a second:
whoever must not wait that long asks early. The rest is looked at each time.
"""

from __future__ import annotations

import socket
import threading
import time
import xml.etree.ElementTree as ElementTree

from oslo_log import log as logging

from nova_native_tls import exception
from nova_native_tls.host import tls_priority
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki.gnutls import records
from nova_native_tls.speed import cores
from nova_native_tls.speed import costs
from nova_native_tls.speed import link
from nova_native_tls.speed import packing_rate
from nova_native_tls.speed import qemu_build
from nova_native_tls.speed import record_rate

LOG = logging.getLogger(__name__)

#: As long as a name is believed to stand for the same address.
_NAME_AGE_MAX_S = 300.0

_watch = cores.Watch()
_lock = threading.Lock()
#: Version of GnuTLS and priority -> what was measured; None: it could not be.
_measured: dict[tuple[str, str], costs.StreamCosts | None] = {}
#: Name -> when it was asked for, and its address.
_addresses: dict[str, tuple[float, str | None]] = {}


def measure(
    address: str | None = None,
    *,
    priority: str = tls_priority.ORDINARY,
    capabilities: str | None = None,
    root: str = '',
) -> costs.HostSpeed:
    """Say what this host has for a migration now.

    :param address: where it receives migrations, an IP address or a name;
        without one nothing is known of its link.
    :param priority: of GnuTLS, as QEMU has it here.
    :param capabilities: what libvirt says of itself, in XML; without it the
        emulator is looked for.
    :param root: what libvirt's paths begin with, seen from here.
    :raises OSError: the kernel does not say how busy it is.
    """
    build = _build(capabilities, root)
    return costs.HostSpeed(
        costs=stream_costs(priority),
        cores=cores.count(cores.usable()),
        free_cores=min(_watch.free(), cores.count(cores.usable())),
        link_gib_s=_link_gib_s(address),
        zstd=build.zstd,
        fills_records=build.fills_records,
    )


def stream_costs(
    priority: str = tls_priority.ORDINARY,
) -> costs.StreamCosts | None:
    """Say what sending costs; measured the first time.

    :returns: None if it cannot be measured: no GnuTLS, or it makes no
        connection with this priority.
    """
    with _lock:
        try:
            key = library.version(), priority
            if key not in _measured:
                # A failure counts as well: nobody waits for it twice.
                _measured[key] = None
                _measured[key] = _measure(priority)
            return _measured[key]
        except (exception.NativeTLSError, OSError) as err:
            LOG.warning('What TLS costs here was not measured: %s', err)
            return None


def _measure(priority: str) -> costs.StreamCosts:
    began = time.monotonic()
    found = costs.StreamCosts(
        # One page is one record where QEMU writes pages one by one.
        page_records=record_rate.measure(priority, costs.PAGE_BYTES),
        full_records=record_rate.measure(priority, records.RECORD_BYTES_MAX),
        packing=packing_rate.measure(),
    )
    LOG.debug(
        'Measured what TLS costs here, in %.2f s: %s',
        time.monotonic() - began,
        found,
    )
    return found


def _link_gib_s(address: str | None) -> float | None:
    if address is None:
        return None
    asked_at, found = _addresses.get(address, (0.0, None))
    if not asked_at or time.monotonic() - asked_at > _NAME_AGE_MAX_S:
        found = _resolved(address)
        _addresses[address] = time.monotonic(), found
    return None if found is None else link.gib_s(found)


def _resolved(name: str) -> str | None:
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as err:
        LOG.debug('No address of %s: %s', name, err)
        return None
    return str(answers[0][4][0])


def _build(capabilities: str | None, root: str) -> qemu_build.Build:
    try:
        return qemu_build.look(qemu_build.emulator(capabilities, root))
    except (
        exception.NativeTLSError,
        OSError,
        ValueError,
        ElementTree.ParseError,
    ) as err:
        LOG.debug('What QEMU here can do is not known: %s', err)
        return qemu_build.UNKNOWN
