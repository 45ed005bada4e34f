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

"""Migrates a guest that never comes to an end, and ends it."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import time

from tests.lab.harness import errors
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.guest import kernel as guest_kernel
from tests.lab.harness.guest import spec as guest_spec
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import node_process
from tests.soak import ways

GIB = 2**30
#: What the guest writes over again and again, faster than it can be sent.
MEMORY_MIB = 1024
WORKING_SET_MIB = 900

POLL_S = 2.0
TELL_EVERY_S = 20.0
#: With this much of a pause QEMU switches over at once.
DOWNTIME_MS = 120_000
#: For the switch-over, and for what is looked at afterwards.
AFTERWARDS_S = 300.0

_TOLD_BY_QEMU = re.compile(r'TLS|reason=(?!shutdown)|error', re.IGNORECASE)
_STAMP = re.compile(r'^\S+ \S+: (?=shutting down)')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of one way.

    :ivar sent: bytes of memory, repetitions included.
    :ivar told: what the command, and QEMU on both hosts, said at the end.
    """

    way: ways.Way
    end: ways.End
    sent: int
    duration_s: float
    told: tuple[str, ...]

    @property
    def is_as_expected(self) -> bool:
        """The guest is where it should be, or lost where it should be."""
        return self.end is self.way.end


def run(
    lab: lab_lab.Lab, way: ways.Way, *, gib: float, limit_s: float
) -> Trial:
    """Migrate in one way until so much was sent, then switch over.

    :param limit_s: after which it is given up.
    :raises LabError: it took longer, or nobody can say what came of it.
    """
    source, destination = lab.hosts
    guest = lab_guest.Guest(
        guest_spec.GuestSpec(
            name=way.name,
            memory_mib=MEMORY_MIB,
            working_set_mib=WORKING_SET_MIB,
            dirty_mib_s='max',
        ),
        guest_kernel.build(lab.controller.directory / 'kernel'),
    )
    with contextlib.ExitStack() as stack:
        for host in lab.hosts:
            stack.callback(guest.destroy, host)
        guest.define_and_start(source)
        guest.wait_ready(source, timeout_s=AFTERWARDS_S)
        guest.prepare_destination(destination)
        started = time.monotonic()
        with way.start(lab, guest) as running:
            sent = _follow(
                running, source, way, gib=gib, deadline=started + limit_s
            )
            duration_s = time.monotonic() - started
            _stdout, stderr = running.communicate(timeout_s=AFTERWARDS_S)
        return Trial(
            way=way,
            end=_end(guest, source, destination),
            sent=sent,
            duration_s=duration_s,
            told=tuple(_told(lab, guest, stderr)),
        )


def _follow(
    running: node_process.NodeProcess,
    source: lab_host.Host,
    way: ways.Way,
    *,
    gib: float,
    deadline: float,
) -> int:
    """Wait for the end, which is begun when enough was sent."""
    sent, told, switching = 0, 0.0, False
    before = (time.monotonic(), 0)
    while running.poll() is None:
        if time.monotonic() > deadline:
            raise errors.LabError(
                f'{way.title}: {sent / GIB:.1f} GiB were sent within the '
                'time: give it more (--limit-minutes), on a quiet machine'
            )
        sent = max(sent, _sent(source, way.name))
        now = time.monotonic()
        if now - told >= TELL_EVERY_S:
            rate = (sent - before[1]) / GIB / max(now - before[0], POLL_S)
            print(
                f'{way.name:8} {sent:14,d} bytes sent, {rate:.2f} GiB/s',
                flush=True,
            )
            told, before = now, (now, sent)
        if way.switches_over and not switching and sent >= gib * GIB:
            switching = True
            print(
                f'{way.name:8} {sent:14,d} bytes sent: switching over',
                flush=True,
            )
            source.virsh('migrate-setmaxdowntime', way.name, str(DOWNTIME_MS))
            deadline = now + AFTERWARDS_S
        time.sleep(POLL_S)
    if way.switches_over and not switching:
        raise errors.LabError(
            f'{way.title}: it ended when only {sent / GIB:.1f} GiB were sent'
        )
    return sent


def _sent(source: lab_host.Host, name: str) -> int:
    """Ask libvirt; 0 before there is a migration and after it."""
    told = source.virsh('domjobinfo', name, '--rawstats', check=False).stdout
    found = re.search(r'^memory_processed: *(\d+)$', told, re.MULTILINE)
    return int(found[1]) if found else 0


def _end(
    guest: lab_guest.Guest, source: lab_host.Host, destination: lab_host.Host
) -> ways.End:
    """Say where the guest is; where it lives, all of it is looked at.

    :raises LabError: it does not live as it should.
    """
    states = guest.state(source), guest.state(destination)
    alive = [state == 'running' for state in states]
    if not any(alive):
        return ways.End.LOST
    if all(alive):
        raise errors.LabError(f'{guest.name} runs on both hosts')
    host, end = (
        (source, ways.End.STAYED)
        if alive[0]
        else (destination, ways.End.ARRIVED)
    )
    guest.verify_memory(host, timeout_s=AFTERWARDS_S)
    return end


def _told(lab: lab_lab.Lab, guest: lab_guest.Guest, stderr: str) -> list[str]:
    lines = [f'command: {line}' for line in stderr.split('\n') if line.strip()]
    for host, title in zip(lab.hosts, ('source', 'destination'), strict=True):
        log = host.qemu_log(guest.name).splitlines()
        # Of a destination the command line is the first thing that is there.
        lines += [
            f"{title}'s QEMU: {_STAMP.sub('', line)}"
            for line in log
            if _TOLD_BY_QEMU.search(line) and not line.startswith(('-', ' '))
        ]
    return lines
