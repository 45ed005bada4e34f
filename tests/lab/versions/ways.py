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

"""In which ways are guests moved between two versions?"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses

from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration.known_issues import memory
from nova_native_tls.migration.known_issues import rules
from nova_native_tls.migration import versions
from nova_native_tls.speed import choice

#: Of the oldest QEMU, which all newer ones know.
OLD_MACHINE = 'pc-i440fx-7.2'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of asking for a migration, always with TLS.

    :ivar options: of the command.
    :ivar libvirt: options of that group of nova.conf.
    :ivar native_tls: the same of that one.
    :ivar disk: the guest has a disk, which is copied.
    :ivar post_copy: it needs post-copy to arrive.
    :ivar new_machine: its machine is the newest that both ends know.
    :ivar connections: how many the memory has; with post-copy libvirt adds
        one of its own where it can (10.0 and newer), so there it is at least
        so many; None for what this project chooses.
    :ivar flags: what it asks of libvirt beyond what every way does.
    """

    name: str
    options: tuple[str, ...] = ()
    libvirt: Mapping[str, object] = dataclasses.field(default_factory=dict)
    native_tls: Mapping[str, object] = dataclasses.field(default_factory=dict)
    disk: bool = False
    post_copy: bool = False
    new_machine: bool = False
    connections: int | None = 1
    flags: frozenset[str] = frozenset()

    def machine(
        self, source: versions.HostVersions, destination: versions.HostVersions
    ) -> str:
        """Name the guest's machine between two hosts."""
        known = [end.qemu for end in (source, destination) if end.qemu]
        if not self.new_machine or not known:
            return OLD_MACHINE
        older = min(known)
        return f'pc-i440fx-{older.major}.{older.minor}'

    def memory_connections(self, source: versions.HostVersions) -> int:
        """Tell how many carry memory, and the one that QEMU reads from."""
        if self.connections is not None:
            return self.connections
        busily = source.qemu and memory.BUSY_WAIT.include(source.qemu)
        return 1 + (
            choice.WITH_BUSY_WAIT if busily else choice.USUAL_CONNECTIONS
        )

    def refused_for(
        self, source: versions.HostVersions, destination: versions.HostVersions
    ) -> tuple[issue.KnownIssue, ...]:
        """Return the known issues that keep two hosts from it."""
        return tuple(self._met(source, destination, issue.Kind.REFUSE))

    def changed_for(
        self, source: versions.HostVersions, destination: versions.HostVersions
    ) -> tuple[issue.KnownIssue, ...]:
        """Return those for which they do it over one connection instead."""
        return tuple(
            known
            for known in self._met(source, destination, issue.Kind.ADJUST)
            if known.changes == issue.ONE_CONNECTION
        )

    def _met(
        self,
        source: versions.HostVersions,
        destination: versions.HostVersions,
        kind: issue.Kind,
    ) -> Iterator[issue.KnownIssue]:
        call = migration_call.MigrateCall(
            flags=frozenset({'LIVE', 'PEER2PEER', 'TLS', *self.flags}),
            params={'tls.destination': 'its name'},
        )
        request = migration_call.MigrationRequest(
            iothreads=False, machine=self.machine(source, destination)
        )
        context = versions.Context(source=source, destination=destination)
        for met in rules.find(call, request, context):
            if met.kind is kind:
                yield met.known


#: As Nova asks for it, over one connection.
_ONE = {'live_migration_with_native_tls': True}
_AS_IT_IS = {'rekey_crash': 'watch'}
#: The guest writes faster than it is sent, so only post-copy can end it.
_SLOW = {**_ONE, 'live_migration_bandwidth': 60}

_POST_COPY_PARALLEL = Way(
    name='post-copy, parallel',
    options=('--postcopy', '--parallel', '2'),
    libvirt=_SLOW,
    post_copy=True,
    new_machine=True,
    connections=3,
    flags=frozenset({'POSTCOPY', 'PARALLEL'}),
)

WAYS = (
    Way(name='as chosen', connections=None, flags=frozenset({'PARALLEL'})),
    Way(
        name='single, disk',
        libvirt=_ONE,
        native_tls=_AS_IT_IS,
        disk=True,
        flags=frozenset({'NON_SHARED_DISK'}),
    ),
    Way(
        name='parallel, disk',
        options=('--parallel', '4'),
        disk=True,
        connections=5,
        flags=frozenset({'NON_SHARED_DISK', 'PARALLEL'}),
    ),
    Way(
        name='post-copy',
        options=('--postcopy',),
        libvirt=_SLOW,
        native_tls=_AS_IT_IS,
        post_copy=True,
        flags=frozenset({'POSTCOPY'}),
    ),
    _POST_COPY_PARALLEL,
    dataclasses.replace(
        _POST_COPY_PARALLEL, name='post-copy, parallel, 7.2', new_machine=False
    ),
)
