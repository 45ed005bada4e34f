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

"""Two hosts and a guest without libvirt, for what stands above the door."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import threading
from typing import Any
import xml.etree.ElementTree as ElementTree

from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import progress
from nova_native_tls.migration import versions

GuestState = libvirt_api.GuestState

UUID = '8a6e2b9c-0c7a-4a55-9a3b-6a7f1d7d0c11'
SOURCE_URI = 'qemu+tcp://host1.example.org/system'
DESTINATION_URI = 'qemu+tls://host2.example.org/system'

#: Longer than any test takes; reached only when the code under test hangs.
HANGS_AFTER_S = 60


def libvirt_failed(problem: str) -> exception.LibvirtFailed:
    """Make the error that the door makes of libvirt's."""
    return exception.LibvirtFailed(
        operation='libvirt', problem=problem, code=1
    )


def look(iteration: int = 1, **values: Any) -> progress.Progress:
    """Make one look at a running migration."""
    return progress.Progress(
        **{
            'elapsed_ms': 100,
            'memory_sent': 1000,
            'disk_sent': 0,
            'remaining': 500,
            'total': 1500,
            'rate_bytes_s': 10_000,
            'downtime_ms': 20,
            'iteration': iteration,
            **values,
        }
    )


class Domain:
    """A guest whose migration ends when all prepared looks were taken.

    :ivar looks: what ``running_job`` gives, one after the other; an error is
        raised, and after the last one the migration ends.
    :ivar error: how the migration ends; None: it succeeds.
    :ivar state_afterwards: on the source, once it has ended; an error is
        raised, None: it stays as it is.
    :ivar cancellable: whether ``cancel_job`` still has an effect.
    :ivar xml: its definition; an error is raised.
    :ivar destroy_error: raised when it is to end.
    :ivar hosts: forget it when it has ended.
    """

    def __init__(
        self,
        name: str = 'vm',
        *,
        state: GuestState = GuestState.RUNNING,
        disks: Sequence[str] = ('vda', 'vdb'),
        looks: Sequence[progress.Progress | Exception | None] = (),
        error: Exception | None = None,
        state_afterwards: GuestState | Exception | None = None,
        cancellable: bool = True,
    ) -> None:
        self.name = name
        self.uuid = UUID
        self.disks = tuple(disks)
        self.looks = list(looks)
        self.error = error
        self.state_afterwards = state_afterwards
        self.cancellable = cancellable
        self.completed: progress.Progress | Exception | None = None
        self.post_copy_error: Exception | None = None
        self.qemu_error: str | None = None
        self.xml: str | Exception = f'<domain><name>{name}</name></domain>'
        self.destroy_error: Exception | None = None
        self.hosts: list[Connection] = []
        self.arrived: Domain | None = None
        self.calls: list[str] = []
        self.migrated: list[tuple[str, migration_call.MigrateCall]] = []
        self._state: GuestState | Exception = state
        self._over = threading.Event()

    def state(self) -> GuestState:
        """Give the state, or fail as prepared."""
        self.calls.append('state')
        if isinstance(self._state, Exception):
            raise self._state
        return self._state

    def read_memory(self, address: int, size: int) -> bytes:
        """Nobody is to look here without a stand-in for what looks."""
        raise AssertionError(f'{size} bytes at {address:#x}')

    def disk_targets(self) -> tuple[str, ...]:
        """Give the disks."""
        self.calls.append('disk_targets')
        return self.disks

    def definition(self) -> ElementTree.Element:
        """Give the definition, or fail as prepared."""
        if isinstance(self.xml, Exception):
            raise self.xml
        return ElementTree.fromstring(self.xml)

    def destroy(self) -> None:
        """End, or fail as prepared."""
        self.calls.append('destroy')
        if self.destroy_error is not None:
            raise self.destroy_error
        self._state = GuestState.ABSENT
        for host in self.hosts:
            if host.domains.get(self.name) is self:
                del host.domains[self.name]

    def migrate(
        self, destination: Connection, call: migration_call.MigrateCall
    ) -> None:
        """Block until it is over, then end as prepared."""
        self.migrated.append((destination.uri, call))
        if not self.looks:
            self._over.set()
        if not self._over.wait(HANGS_AFTER_S):
            raise AssertionError('nobody watched the migration to its end')
        if self.state_afterwards is not None:
            self._state = self.state_afterwards
        if self.error is not None:
            raise self.error
        if self.state_afterwards is None:
            self._state = GuestState.ABSENT
            for host in self.hosts:
                host.domains.pop(self.name, None)
        arrived = self.arrived or Domain(self.name)
        arrived.xml = self.xml
        arrived.hosts.append(destination)
        destination.domains[self.name] = arrived

    def running_job(self) -> progress.Progress | None:
        """Give the next look."""
        self.calls.append('running_job')
        if not self.looks:
            self._over.set()
            return None
        seen = self.looks.pop(0)
        if isinstance(seen, Exception):
            raise seen
        return seen

    def completed_job(self) -> progress.Progress | None:
        """Give what is known of the finished migration."""
        if isinstance(self.completed, Exception):
            raise self.completed
        return self.completed

    def qemu_migration_error(self) -> str | None:
        """Give QEMU's own sentence."""
        self.calls.append('qemu_migration_error')
        return self.qemu_error

    def cancel_job(self) -> None:
        """End the migration with libvirt's own sentence, if still possible."""
        self.calls.append('cancel_job')
        if self.cancellable:
            self.error = libvirt_failed('operation aborted: by client')
            self._over.set()

    def start_post_copy(self) -> None:
        """Count, and fail once if that is prepared."""
        self.calls.append('start_post_copy')
        if self.post_copy_error is not None:
            err, self.post_copy_error = self.post_copy_error, None
            raise err


class Connection:
    """A host, by its libvirt.

    :ivar lost: raised by every question from now on.
    :ivar machines: what each type of guest may have, the default first.
    :ivar starts: what ``start_transient`` gives, one after the other.
    :ivar started: what it was asked for.
    """

    def __init__(
        self,
        uri: str,
        name: str,
        *,
        uuid: str | None = None,
        qemu: versions.Version | None = None,
    ) -> None:
        self.uri = uri
        self.name = name
        self.uuid = uuid
        self.qemu = qemu or versions.Version(7, 2, 22)
        self.domains: dict[str, Domain] = {}
        self.lost: Exception | None = None
        self.machines = {'kvm': ('pc-7.2',), 'qemu': ('pc-7.2', 'pc-7.1')}
        self.starts: list[Domain | Exception] = []
        self.started: list[str] = []

    def _answer(self, value: Any) -> Any:
        if self.lost is not None:
            raise self.lost
        return value

    @property
    def handle(self) -> Any:
        """Nothing asks for it above the door."""
        raise AssertionError('only the door may touch the binding')

    def host_name(self) -> str:
        """Give the host's own name."""
        return str(self._answer(self.name))

    def host_uuid(self) -> str | None:
        """Give the host's identity."""
        found: str | None = self._answer(self.uuid)
        return found

    def host_versions(self) -> versions.HostVersions:
        """Give a libvirt that knows everything, and this QEMU."""
        known: versions.HostVersions = self._answer(
            versions.HostVersions(
                libvirt=versions.Version(11, 3), qemu=self.qemu
            )
        )
        return known

    def domain(self, name: str) -> Domain:
        """Look a guest up by name or UUID."""
        self._answer(None)
        for domain in self.domains.values():
            if name in (domain.name, domain.uuid):
                return domain
        raise exception.DomainNotFound(name=name, uri=self.uri)

    def ask(self, about: str, question: Callable[[Any], Any]) -> Any:
        """Let the question be asked of the binding's own object."""
        self._answer(None)
        return question(self.handle)

    def guests(self) -> tuple[Domain, ...]:
        """Give all guests."""
        known: tuple[Domain, ...] = self._answer(tuple(self.domains.values()))
        return known

    def start_transient(self, definition: str) -> Domain:
        """Start the next guest that is prepared, under the name asked for."""
        self.started.append(definition)
        guest = self._answer(self.starts.pop(0))
        if isinstance(guest, Exception):
            raise guest
        name = ElementTree.fromstring(definition).findtext('name')
        assert isinstance(guest, Domain) and name is not None
        guest.name = name
        guest.xml = definition
        guest.hosts.append(self)
        self.domains[name] = guest
        return guest

    def guest_capabilities(
        self, *, machine: str | None, virt_type: str
    ) -> ElementTree.Element:
        """Tell what is known of such guests, or that there are none."""
        known = self._answer(self.machines).get(virt_type, ())
        if not known or machine not in (None, *known):
            raise libvirt_failed(f'no {virt_type} guest of type {machine}')
        root = ElementTree.Element('domainCapabilities')
        for tag, text in (
            ('machine', machine or known[0]),
            ('arch', 'x86_64'),
        ):
            ElementTree.SubElement(root, tag).text = text
        return root


class World:
    """Every host there is; stands in for ``libvirt_api.Connection.open``.

    :ivar cancels: what may stop each connection from being waited for.
    """

    def __init__(self, *hosts: Connection) -> None:
        self.hosts = {host.uri: host for host in hosts}
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.cancels: list[threading.Event | None] = []

    @contextlib.contextmanager
    def open(
        self,
        uri: str,
        *,
        timeout_s: float = 15,
        cancel: threading.Event | None = None,
    ) -> Iterator[Connection]:
        """Connect to a host of this world."""
        self.opened.append(uri)
        self.cancels.append(cancel)
        if uri not in self.hosts:
            raise exception.ConnectionFailed(
                uri=uri, problem='Connection refused'
            )
        try:
            yield self.hosts[uri]
        finally:
            self.closed.append(uri)
