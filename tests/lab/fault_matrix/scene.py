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

"""Two hosts and one guest, for all faults one after another.

The guest goes there and back: wherever it is, that host is the source.
"""

from __future__ import annotations

import atexit
import functools
import os

from tests.lab.fault_matrix import certificates
from tests.lab.fault_matrix import fault as matrix_fault
from tests.lab.fault_matrix import stand
from tests.lab.fault_matrix import warm
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.guest import kernel as guest_kernel
from tests.lab.harness.guest import spec as guest_spec
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import qemu_thread

NAME = os.environ.get('LAB_MATRIX_NAME', 'matrix')
GUEST = 'matrix'


class Scene:
    """A lab for faults."""

    def __init__(self, lab: lab_lab.Lab) -> None:
        self.lab = lab
        ca = certificates.authority('QEMU migration CA')
        foreign = certificates.authority('QEMU migration CA of others')
        stands = [
            stand.Stand(
                host,
                ca=ca,
                foreign_ca=foreign,
                leaf=certificates.leaf(ca, (host.fqdn, host.name)),
                third=lab.controller,
            )
            for host in lab.hosts
        ]
        for one, other in zip(stands, reversed(stands), strict=True):
            one.peer = other
        self.source, self.destination = stands
        #: Of commands on a third machine.
        self.controller = warm.WarmCommand(lab.controller, 0)
        self.guest = lab_guest.Guest(
            guest_spec.GuestSpec(
                name=GUEST, memory_mib=16, working_set_mib=1, dirty_mib_s=1
            ),
            guest_kernel.build(lab.controller.directory / 'kernel'),
        )

    @property
    def hosts(self) -> tuple[lab_host.Host, lab_host.Host]:
        """Source and destination."""
        return self.source.host, self.destination.host

    def stands(self, where: matrix_fault.Where) -> list[stand.Stand]:
        """Give the hosts that are meant."""
        return [getattr(self, role) for role in where.value]

    def restore(self) -> None:
        """Make both hosts as they should be, and the guest run on one."""
        for one in (self.source, self.destination):
            one.restore()
        self.find_guest()

    def find_guest(self) -> None:
        """Call the host the source on which the guest is; start it if need be.

        :raises GuestError: it does not start.
        """
        states = [self.guest.state(host) for host in self.hosts]
        if states == [lab_guest.ABSENT, 'running']:
            self.source, self.destination = self.destination, self.source
        elif states != ['running', lab_guest.ABSENT]:
            self.put_back()
        self.start_anew_if_standing()

    def put_back(self) -> None:
        """Have a new guest on the source, in place of the one that left."""
        for host in self.hosts:
            self.guest.destroy(host)
        self.guest.define_and_start(self.source.host)
        self.guest.wait_ready(self.source.host)

    def start_anew_if_standing(self) -> bool:
        """Have a new guest if QEMU never ends the migration that failed.

        It is the known issue parallel-hang, and this its way out.

        :returns: it was so.
        """
        standing = qemu_thread.remains(GUEST, qemu_thread.LEADER)
        if standing:
            self.put_back()
        return standing

    def states(self) -> tuple[str, str]:
        """Tell how the guest is on the source and on the destination."""
        here, there = (
            lab_guest.ABSENT
            if host.libvirtd_pid is None
            else self.guest.state(host)
            for host in self.hosts
        )
        return here, there

    def logs(self) -> tuple[str, str]:
        """Read what QEMU has said of the guest on both hosts."""
        here, there = (host.qemu_log(GUEST) for host in self.hosts)
        return here, there


@functools.cache
def get() -> Scene:
    """Bring the lab up for all faults of this process."""
    # What a killed run left behind is not the lab that this run wants.
    lab_lab.Lab.down(NAME)
    atexit.register(lab_lab.Lab.down, NAME)
    return Scene(lab_lab.Lab.up(name=NAME, host_count=2))
