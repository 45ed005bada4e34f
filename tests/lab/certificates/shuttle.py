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

"""A guest goes back and forth between two hosts, and every leg is proven.

The next leg begins as soon as the one before is over: its capture is ended
and read meanwhile. A capture holds only what went to the ports of one
destination, so that of the next leg, to the other host, is not in it.
"""

from __future__ import annotations

from concurrent import futures
import dataclasses
import threading
import time
from types import TracebackType
from typing import Self

from tests.lab.certificates import stand as certificate_stand
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import process
from tests.lab.harness import observed
from tests.lab.harness.wire import capture
from tests.lab.harness.wire import proof as wire

#: qemu.conf's migration_port_min and _max.
_PORTS = '49152-49215'
#: Many times the guest: nothing is dropped when tcpdump gets no CPU for long.
_BUFFER_KIB = 128 * 1024
#: Captures of this many legs may wait to be read.
_UNREAD_MAX = 10
_RUN = '/run/libvirt/qemu'
#: No connection out of a host looks like one to QEMU's ports.
_LOCAL_PORTS = 'echo 32768 49151 > /proc/sys/net/ipv4/ip_local_port_range'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One migration.

    :ivar wrong: why it is no proof; empty if everything is as it should be.
    :ivar sets: which set of certificates source and destination had, when it
        began and when it was over.
    :ivar pause_s: from the end of the one before to its beginning.
    """

    number: int
    destination: str
    sets: tuple[tuple[str, ...], tuple[str, ...]]
    duration_s: float
    pause_s: float
    wrong: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Moved:
    """A leg whose capture still runs."""

    number: int
    destination: lab_host.Host
    outcome: observed.Outcome
    sets: tuple[tuple[str, ...], tuple[str, ...]]
    duration_s: float
    pause_s: float
    restarted: tuple[str, ...]


class Shuttle:
    """Moves a guest while the ``with`` block lasts.

    ``legs`` is complete after it. A leg that fails is the last one.
    """

    def __init__(
        self, stand: certificate_stand.Stand, guest: lab_guest.Guest
    ) -> None:
        self._stand = stand
        self._guest = guest
        self._hosts = stand.lab.hosts
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._problem: BaseException | None = None
        self._moved = threading.Condition()
        self._count = 0
        self._arrived: tuple[int, int] | None = None
        self.legs: list[Leg] = []
        for host in self._hosts:
            host.run(['sh', '-c', _LOCAL_PORTS])
        self._daemons = self._identify_daemons()

    @property
    def where(self) -> lab_host.Host:
        """The host that the guest is on; only when nothing moves."""
        return self._hosts[self._count % 2]

    def wait(self, legs: int, *, timeout_s: float = 120) -> None:
        """Wait until so many more legs are over.

        :raises LabError: they are not, in this time.
        """
        with self._moved:
            target = self._count + legs
            ok = self._moved.wait_for(
                lambda: self._count >= target or self._over.is_set(), timeout_s
            )
        if not ok or self._count < target:
            raise lab_guest.GuestError(f'{self._guest.name} has stopped')

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        if self._problem is not None and exc_type is None:
            raise self._problem

    def _run(self) -> None:
        try:
            with (
                futures.ThreadPoolExecutor(2) as ending,
                futures.ThreadPoolExecutor(1) as reading,
            ):
                self._go(ending, reading)
        except BaseException as err:
            self._problem = err
        finally:
            self._over.set()
            with self._moved:
                self._moved.notify_all()

    def _go(
        self,
        ending: futures.ThreadPoolExecutor,
        reading: futures.ThreadPoolExecutor,
    ) -> None:
        captures: list[futures.Future[None]] = []
        unread: list[futures.Future[Leg]] = []
        ended = time.monotonic()
        while not self._over.is_set():
            if len(captures) == 2:
                # It captures at the destination of the next leg.
                captures.pop(0).result()
            if len(unread) == _UNREAD_MAX:
                self.legs.append(unread.pop(0).result())
            moved, running = self._move(ended)
            ended = time.monotonic()
            over = ending.submit(running.__exit__, None, None, None)
            captures.append(over)
            unread.append(reading.submit(self._prove, moved, running, over))
            with self._moved:
                self._count += 1
                self._moved.notify_all()
            if moved.outcome.exit_status:
                break
        self.legs += [each.result() for each in unread]

    def _move(self, ended: float) -> tuple[_Moved, capture.Capture]:
        number = self._count
        source, destination = (
            self._hosts[number % 2],
            self._hosts[1 - number % 2],
        )
        path = observed.captures(self._stand.lab) / f'leg-{number}.pcap'
        running = capture.Capture(
            destination,
            path,
            expression=_towards(destination),
            buffer_kib=_BUFFER_KIB,
        )
        self._guest.prepare_destination(destination)
        running.__enter__()
        began = time.monotonic()
        here, before = self._qemu(source), self._sets()
        outcome = observed.run(source, self._arguments(destination))
        moved = _Moved(
            number=number,
            destination=destination,
            outcome=outcome,
            sets=(before, self._sets()),
            duration_s=time.monotonic() - began,
            pause_s=began - ended,
            restarted=self._restarted(here),
        )
        self._arrived = self._qemu(destination)
        return moved, running

    def _arguments(self, destination: lab_host.Host) -> list[str]:
        name = f'{destination.name}.{certificate_stand.DOMAIN}'
        uri = destination.uri('tls', name)
        return [
            *observed.COMMAND,
            'migrate',
            self._guest.name,
            uri,
            '-f',
            'json',
        ]

    def _restarted(self, here: tuple[int, int] | None) -> tuple[str, ...]:
        """Say what is not the process any more that it was."""
        found = []
        if self._identify_daemons() != self._daemons:
            found.append('a libvirtd has been restarted')
        if here is None:
            found.append('no QEMU on the source')
        elif self._arrived not in (None, here):
            found.append('the QEMU of the guest is another one')
        return tuple(found)

    def _identify_daemons(self) -> list[tuple[int, int] | None]:
        return [_started(host, host.libvirtd_pid) for host in self._hosts]

    def _qemu(self, host: lab_host.Host) -> tuple[int, int] | None:
        try:
            text = host.path(f'{_RUN}/{self._guest.name}.pid').read_text()
        except FileNotFoundError:
            return None
        return _started(host, int(text))

    def _sets(self) -> tuple[str, ...]:
        return tuple(
            str(host.path(f'{certificate_stand.QEMU_PKI}/.current').readlink())
            for host in self._hosts
        )

    def _prove(
        self,
        moved: _Moved,
        running: capture.Capture,
        over: futures.Future[None],
    ) -> Leg:
        over.result()
        path = running.result.path
        proof = wire.prove(
            path,
            secrets=[self._guest.spec.secret.encode()],
            dropped_packets=running.result.dropped_packets,
            expected_bytes=moved.outcome.record.get('memory_bytes'),
        )
        path.unlink()
        path.with_name(f'{path.name}.log').unlink()
        return Leg(
            number=moved.number,
            destination=moved.destination.name,
            sets=moved.sets,
            duration_s=moved.duration_s,
            pause_s=moved.pause_s,
            wrong=(*_wrong(moved, proof), *moved.restarted),
        )


def _wrong(moved: _Moved, proof: wire.WireProof) -> tuple[str, ...]:
    if moved.outcome.exit_status:
        return (f'it failed: {moved.outcome.stderr.strip()}',)
    found = list(proof.reasons)
    record = moved.outcome.record
    name = f'{moved.destination.name}.{certificate_stand.DOMAIN}'
    if record['mode'] != 'tls' or record['verified_name'] != name:
        found.append(f'{record["mode"]}, verified {record["verified_name"]}')
    found += [
        f'{port.connections} connections, {port.tls_handshakes} handshakes'
        for port in proof.ports
        if port.connections != port.tls_handshakes
    ]
    return tuple(found)


def _started(host: lab_host.Host, pid: int | None) -> tuple[int, int] | None:
    """Identify a process of a host, by the id that it has there."""
    if pid is None:
        return None
    try:
        stat = process.parse_stat(host.path(f'/proc/{pid}/stat').read_text())
    except (FileNotFoundError, ProcessLookupError):
        return None
    return stat.pid, stat.start_ticks


def _towards(host: lab_host.Host) -> str:
    """Select what goes to QEMU on a host, and the answers."""
    return ' or '.join(
        f'(tcp and {end} host {address} and {end} portrange {_PORTS})'
        for end in ('dst', 'src')
        for address in (host.management_ipv4, host.management_ipv6)
    )
