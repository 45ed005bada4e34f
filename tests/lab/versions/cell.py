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

"""One migration from one version to another, and what became of the guest."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
import signal
import time

from nova_native_tls.cmd import exit_status
from tests.lab.harness import errors
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.guest import kernel as guest_kernel
from tests.lab.harness.guest import spec as guest_spec
from tests.lab.harness.node import host as lab_host
from tests.lab.harness import observed
from tests.lab.harness.wire import proof as wire
from tests.lab import nova_conf
from tests.lab.versions import stand as versions_stand
from tests.lab.versions import ways

RAM = 49152
DISK = 49153
#: libvirt's own words for an event that only post-copy brings.
IN_POST_COPY = 'Resumed Post-copy'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How one migration ended.

    :ivar result: in a few words.
    :ivar problems: what is not as it must be.
    """

    source: str
    destination: str
    way: str
    result: str
    problems: tuple[str, ...]
    seconds: float


def try_out(
    stand: versions_stand.Stand, source: str, destination: str, way: ways.Way
) -> Cell:
    """Move a new guest, and look at the wire, its memory and its disk."""
    hosts = stand.pair(source, destination)
    started = time.monotonic()
    with _noted() as problems, contextlib.ExitStack() as stack:
        result = 'no end'
        guest = _start(stand, hosts, way, stack)
        seen, told = _migrate(stand, hosts, way, guest)
        refused_for = way.refused_for(*map(stand.versions, hosts))
        if refused_for:
            result = f'refused: {", ".join(each.id for each in refused_for)}'
            problems += _stayed(seen, guest, hosts)
        else:
            result = _say(seen.proof)
            connections = way.memory_connections(stand.versions(hosts[0]))
            changed_for = way.changed_for(*map(stand.versions, hosts))
            if changed_for:
                ids = ', '.join(each.id for each in changed_for)
                result += f' for {ids}'
                connections = 1
            way = dataclasses.replace(way, connections=connections)
            problems += _arrived(seen, guest, hosts, way)
            if way.post_copy and IN_POST_COPY not in told:
                problems.append('there was no post-copy')
    return Cell(
        source=source,
        destination=destination,
        way=way.name,
        result=result,
        problems=tuple(problems),
        seconds=time.monotonic() - started,
    )


def _start(
    stand: versions_stand.Stand,
    hosts: tuple[lab_host.Host, lab_host.Host],
    way: ways.Way,
    stack: contextlib.ExitStack,
) -> lab_guest.Guest:
    if way.post_copy:
        for host in hosts:
            stack.enter_context(_privileged(host))
    source, destination = hosts
    name = ''.join(c if c.isalnum() else '-' for c in way.name)
    guest = lab_guest.Guest(
        guest_spec.GuestSpec(
            name=f'{source.name}-{destination.name}-{name}',
            machine=way.machine(*map(stand.versions, hosts)),
            disk_mib=32 if way.disk else None,
            working_set_mib=64 if way.post_copy else 8,
            dirty_mib_s=200 if way.post_copy else 8,
        ),
        guest_kernel.build(stand.lab.controller.directory / 'kernel'),
    )
    for host in hosts:
        stack.callback(guest.destroy, host)
    guest.define_and_start(source)
    guest.wait_ready(source)
    guest.prepare_destination(destination)
    return guest


@contextlib.contextmanager
def _privileged(host: lab_host.Host) -> Iterator[None]:
    """Let QEMU do post-copy.

    userfaultfd is root's alone, and its switch is not the lab's to turn: it
    belongs to the whole machine.
    """
    host.configure_qemu(
        user='root', group='root', clear_emulator_capabilities=0
    )
    try:
        yield
    finally:
        host.configure_qemu()


def _migrate(
    stand: versions_stand.Stand,
    hosts: tuple[lab_host.Host, lab_host.Host],
    way: ways.Way,
    guest: lab_guest.Guest,
) -> tuple[observed.Observed, str]:
    """Migrate, and give what was seen and the destination's events."""
    source, destination = hosts
    options = [*way.options]
    if way.libvirt or way.native_tls:
        options += nova_conf.write(
            stand.lab.controller,
            guest.name,
            libvirt=way.libvirt,
            native_tls=way.native_tls,
        )
    if way.disk:
        options += ['--copy-storage', 'vda']
    watch = ['virsh', 'event', '--event', 'lifecycle', '--loop']
    with destination.popen(watch) as events:
        seen = observed.migrate(
            stand.lab, guest, source, destination, *options
        )
        events.signal(signal.SIGINT)
        told, _stderr = events.communicate(timeout_s=30)
    return seen, told


def _stayed(
    seen: observed.Observed,
    guest: lab_guest.Guest,
    hosts: tuple[lab_host.Host, lab_host.Host],
) -> Iterator[str]:
    """Tell what is wrong with a migration that had to be refused."""
    source, destination = hosts
    if seen.outcome.exit_status != exit_status.ExitStatus.FAILURE:
        yield f'not refused: {seen.outcome.exit_status}'
    if seen.proof.data_bytes:
        yield f'{seen.proof.data_bytes} bytes were sent'
    with _noted() as problems:
        guest.verify_memory(source)
    yield from problems
    if guest.state(destination) != lab_guest.ABSENT:
        yield f'the guest is on {destination.name}'


def _arrived(
    seen: observed.Observed,
    guest: lab_guest.Guest,
    hosts: tuple[lab_host.Host, lab_host.Host],
    way: ways.Way,
) -> Iterator[str]:
    """Tell what is wrong with a migration that had to work."""
    source, destination = hosts
    if seen.outcome.exit_status not in (
        exit_status.ExitStatus.SUCCESS,
        exit_status.ExitStatus.WARNING,
    ):
        yield f'{seen.outcome.exit_status}: {seen.outcome.stderr.strip()}'
        return
    yield from seen.proof.reasons
    yield from _wrong_connections(seen.proof, way)
    with _noted() as problems:
        guest.verify_memory(destination)
        if way.disk:
            guest.verify_disk(destination)
    yield from problems
    if guest.state(source) != lab_guest.ABSENT:
        yield f'the guest is on {source.name}, too'


def _wrong_connections(proof: wire.WireProof, way: ways.Way) -> Iterator[str]:
    seen = {p.port: p.connections for p in proof.ports if p.role == wire.DATA}
    memory = seen.pop(RAM, 0)
    least = way.connections or 0
    enough = least <= memory <= least + way.post_copy
    if not enough or seen != ({DISK: 1} if way.disk else {}):
        yield f'{memory} connections on {RAM}, and {seen}'


@contextlib.contextmanager
def _noted() -> Iterator[list[str]]:
    """Make a problem of what the lab finds wrong."""
    problems: list[str] = []
    try:
        yield problems
    except errors.LabError as err:
        problems.append(str(err))


def _say(proof: wire.WireProof) -> str:
    data = [port for port in proof.ports if port.role == wire.DATA]
    versions = sorted({each for port in data for each in port.tls_versions})
    connections = '+'.join(str(port.connections) for port in data)
    return f'{", ".join(versions) or "no TLS"}, {connections or 0}'
