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

"""A look at a running guest's memory, through libvirt.

What it does to the guest: QEMU's main loop copies each block while it holds
its big lock, for a millisecond (``qmp_pmemsave``, QEMU 7.2 softmmu/cpus.c).
vCPUs run on; one that wants a device of QEMU's meanwhile waits for that long.
Nothing is written, and no page is made dirty.

Where the memory goes: QEMU writes a block to a new file that only root and
it can read, in libvirt's directory of this host; libvirt reads it from there
and removes it before it answers (``qemuDomainMemoryPeek``, libvirt 9.0
src/qemu/qemu_driver.c). Here it stays in this process, is compressed, and is
dropped: only numbers leave this module, and nothing of it is logged.
"""

from __future__ import annotations

import random
import threading
import time
import xml.etree.ElementTree as ElementTree

from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import time_limit
from nova_native_tls.speed import compressors
from nova_native_tls.speed import sample
from nova_native_tls.speed import sample_places

LOG = logging.getLogger(__name__)

#: For all reading; a block takes 1 to 3 ms.
LIMIT_S = 0.04


def memory_of(domain: libvirt_api.Domain) -> sample.MemorySample | None:
    """Look, and if nothing was seen leave it at a line of the log."""
    seen = look(domain)
    if isinstance(seen, sample.Unsampled):
        LOG.debug('The memory of the guest is not known: %s', seen.problem)
        return None
    return seen


def look(
    domain: libvirt_api.Domain, *, limit_s: float = LIMIT_S
) -> sample.MemorySample | sample.Unsampled:
    """Find out what compressing this guest's memory brings and costs.

    It raises nothing, because a migration goes on without an answer. When
    time is over it takes what was read by then; a libvirt that does not
    answer is left behind in a thread.

    :param limit_s: for reading. Compressing comes after that, some 6 ms.
    """
    try:
        return _look(domain, limit_s)
    except exception.NativeTLSError as err:
        return sample.Unsampled(str(err))
    except Exception as err:
        LOG.debug('Looking at the memory of %s', domain.name, exc_info=True)
        return sample.Unsampled(
            _('looking at it broke: %s') % type(err).__name__
        )


def _look(
    domain: libvirt_api.Domain, limit_s: float
) -> sample.MemorySample | sample.Unsampled:
    zstd = compressors.zstd()
    if zstd is None:
        return sample.Unsampled(_('this host has no %s') % compressors.LIBRARY)
    reading = _Reading(domain, limit_s)
    try:
        time_limit.within(limit_s, reading.run)
    except TimeoutError:
        LOG.debug('Reading memory of %s took too long', domain.name)
    finally:
        reading.over.set()
    if reading.problem is not None:
        return sample.Unsampled(reading.problem)
    return sample.measure(tuple(reading.blocks), zstd)


class _Reading:
    """What is read by a thread that may be left behind.

    :ivar blocks: grows while it runs.
    :ivar problem: why nothing will be read.
    :ivar over: nobody waits for more.
    """

    def __init__(self, domain: libvirt_api.Domain, limit_s: float) -> None:
        self.blocks: list[bytes] = []
        self.problem: str | None = None
        self.over = threading.Event()
        self._domain = domain
        self._deadline = time.monotonic() + limit_s

    def run(self) -> None:
        definition = self._domain.definition()
        self.problem = _obstacle(definition)
        memory = sample_places.memory_of(definition)
        if self.problem is not None or memory is None:
            self.problem = self.problem or _(
                'where the RAM of such a guest is, is not known'
            )
            return
        chance = random.random()  # noqa: S311
        for address in sample_places.blocks(memory, offset=chance):
            if self.over.is_set() or time.monotonic() > self._deadline:
                return
            self.blocks.append(
                self._domain.read_memory(address, sample_places.BLOCK_BYTES)
            )


def _obstacle(definition: ElementTree.Element) -> str | None:
    """Tell why reading would cost more than it is worth.

    For each block libvirt lets AppArmor load the guest's rules anew, with
    one more file in them: ``AppArmorSetPathLabel``, libvirt 9.0
    src/security/security_apparmor.c.
    """
    for label in definition.iterfind('seclabel'):
        if label.get('model') == 'apparmor' and label.get('relabel') != 'no':
            return _(
                'AppArmor confines it, whose rules libvirt would have to load '
                'anew for each look'
            )
    return None
