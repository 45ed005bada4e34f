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

"""A guest between two hosts, wherever it is."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import dataclasses
from typing import Self

from tests.lab.bench import guests
from tests.lab.bench import hosts as bench_hosts
from tests.lab.harness import errors
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.node import host as lab_host

READY_TIMEOUT_S = 300.0
_TOLD_LINES = 4


class WayFailed(errors.LabError):
    """The guest was not moved in this way."""

    @classmethod
    def told(cls, stderr: str) -> Self:
        """Say what the command said last."""
        lines = [line for line in stderr.splitlines() if line.strip()]
        said = lines[-1].strip() if lines else 'no word'
        return cls(said.removeprefix('error: '))


@dataclasses.dataclass(slots=True)
class Scene:
    """A guest between two hosts.

    :ivar here: where it is.
    """

    pair: bench_hosts.Pair
    kind: guests.Kind
    memory_mib: int
    here: lab_host.Host
    there: lab_host.Host
    guest: lab_guest.Guest

    @classmethod
    def begin(
        cls, pair: bench_hosts.Pair, kind: guests.Kind, memory_mib: int
    ) -> Self:
        """Start the guest."""
        here, there = pair.lab.hosts
        guest = _start(pair, kind, here, memory_mib)
        return cls(pair, kind, memory_mib, here, there, guest)

    @classmethod
    @contextlib.contextmanager
    def up(
        cls,
        suite: str,
        kind_name: str,
        memory_mib: int,
        tell: Callable[[str], None],
    ) -> Iterator[Self]:
        """Have a guest between two hosts of a Debian, and take all down.

        :raises LabError: the hosts, or the guest, did not come up.
        """
        (kind,) = (each for each in guests.KINDS if each.name == kind_name)
        with bench_hosts.up(suite, tell) as pair:
            tell(pair.title)
            scene = cls.begin(pair, kind, memory_mib)
            try:
                yield scene
            finally:
                scene.end()

    @property
    def where(self) -> str:
        """Say between which hosts what guest is."""
        return f'{self.pair.title}; {self.kind.title}, {self.memory_mib} MiB'

    def end(self) -> None:
        """Remove the guest, wherever it is."""
        for host in (self.here, self.there):
            self.guest.destroy(host)

    def swap(self) -> None:
        """Note that the guest has arrived."""
        self.here, self.there = self.there, self.here

    def told(self) -> Iterator[str]:
        """Say where the guest is, and what its QEMUs said last."""
        for host in (self.here, self.there):
            log = host.qemu_log(self.guest.name).splitlines()
            said = [line for line in log if line[:1].isdigit()][-_TOLD_LINES:]
            yield f'{host.name}: {self.guest.state(host)}'
            yield from said

    def settle(self) -> None:
        """After a failure, find the guest again, or start another."""
        for host in (self.here, self.there):
            if host.libvirtd_pid is None:
                host.start_libvirtd()
        if self.guest.is_running_on(self.here):
            return
        if self.guest.is_running_on(self.there):
            self.swap()
            return
        self.end()
        self.guest = _start(self.pair, self.kind, self.here, self.memory_mib)


def _start(
    pair: bench_hosts.Pair,
    kind: guests.Kind,
    host: lab_host.Host,
    memory_mib: int,
) -> lab_guest.Guest:
    return guests.start(
        kind,
        host,
        memory_mib=memory_mib,
        directory=pair.lab.controller.directory,
        timeout_s=READY_TIMEOUT_S,
    )
