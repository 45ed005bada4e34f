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

"""A guest of the lab, followed across hosts.

Its serial console is a file per host.  libvirt starts a new one for each
incoming migration, and the guest speaks once a second: what a host's file
holds is what the guest said *there*.
"""

from __future__ import annotations

from collections.abc import Callable
import pathlib
import re
import time
from typing import TYPE_CHECKING
from typing import TypeVar

from tests.lab.harness import errors
from tests.lab.harness.guest import console as guest_console
from tests.lab.harness.guest import disk as guest_disk
from tests.lab.harness.guest import spec as guest_spec

if TYPE_CHECKING:
    from tests.lab.harness.node import host as lab_host

ABSENT = 'absent'
PAGES_PER_MIB = 256
POLL_S = 0.1

_Found = TypeVar('_Found')


class GuestError(errors.LabError):
    """A guest is not as it should be; the text says what was seen."""


class Guest:
    """One guest made of ``spec``, whichever host it is on.

    ``kernel`` is the built guest kernel, in the file system of the tests, and
    ``image`` the pages of a guest with ``fill='image'``.

    :raises GuestError: it wants an image, and there is none.
    """

    def __init__(
        self,
        spec: guest_spec.GuestSpec,
        kernel: pathlib.Path,
        *,
        image: pathlib.Path | None = None,
    ) -> None:
        self.spec = spec
        self._files = {guest_spec.KERNEL: kernel}
        if spec.fill == 'image':
            if image is None:
                raise GuestError(f'{spec.name} needs an image of memory')
            self._files[guest_spec.MEMORY_IMAGE] = image

    @property
    def name(self) -> str:
        """The domain's name."""
        return self.spec.name

    def define_and_start(
        self, host: lab_host.Host, *, paused: bool = False
    ) -> None:
        """Install kernel and disk on ``host``, define the guest, start it."""
        self._install(host)
        if self.spec.disk_mib is not None:
            guest_disk.create(host, self.spec)
        xml = f'{guest_spec.IMAGES}/{self.name}.xml'
        host.path(xml).write_text(guest_spec.domain_xml(self.spec))
        host.virsh('define', xml)
        host.path(xml).unlink()
        host.virsh('start', self.name, *(['--paused'] if paused else []))

    def prepare_destination(self, host: lab_host.Host) -> None:
        """Put on ``host`` what a migration to it needs to find there."""
        self._install(host)
        # A file left by an earlier stay would be read as of this one.
        host.path(self.spec.serial_path).unlink(missing_ok=True)
        if self.spec.disk_mib is not None:
            guest_disk.create_empty(host, self.spec)

    def wait_ready(
        self, host: lab_host.Host, *, timeout_s: float = 60
    ) -> guest_console.Ready:
        """Wait until the guest, started on ``host``, has filled its memory.

        :raises GuestError: it reported an error, or not within the time.
        """
        return self._wait(
            host,
            lambda: self._console(host).ready,
            timeout_s=timeout_s,
            what='be ready',
        )

    def heartbeat(
        self, host: lab_host.Host, *, timeout_s: float = 20
    ) -> guest_console.Beat:
        """Return the last beat on ``host``, waiting for the first.

        It may be the past's: a guest that has left keeps its last beat here.

        :raises GuestError: there is none within the time.
        """
        return self._wait_beat(
            host, lambda _beat: True, timeout_s=timeout_s, what='beat'
        )

    def state(self, host: lab_host.Host) -> str:
        """Return virsh's word for the state on ``host``, or ``absent``."""
        for line in host.virsh('list', '--all').stdout.splitlines()[2:]:
            columns = re.split(r'\s{2,}', line.strip())
            if len(columns) == 3 and columns[1] == self.name:
                return columns[2]
        return ABSENT

    def is_running_on(self, host: lab_host.Host) -> bool:
        """Say whether libvirt on ``host`` has the guest running."""
        return self.state(host) == 'running'

    def verify_alive(
        self, host: lab_host.Host, *, beats: int = 2, timeout_s: float = 30
    ) -> guest_console.Beat:
        """Wait until the guest has lived ``beats`` more seconds on ``host``.

        :raises GuestError: it is not running there, its beats do not come,
            or it found bad pages in its memory.
        """
        self._require_running(host)
        first = self.heartbeat(host, timeout_s=timeout_s)
        last = self._wait_beat(
            host,
            lambda beat: beat.number >= first.number + beats,
            timeout_s=timeout_s,
            what=f'live {beats} more seconds',
        )
        self._require_running(host)
        return last

    def verify_memory(
        self, host: lab_host.Host, *, timeout_s: float = 120
    ) -> guest_console.Beat:
        """Wait until the guest on ``host`` has checked every page anew.

        :raises GuestError: as :meth:`verify_alive`.
        """
        first = self.heartbeat(host, timeout_s=timeout_s)
        # The check goes round: so many pages in a row are all pages.
        enough = first.checked_pages + self.spec.memory_mib * PAGES_PER_MIB
        last = self._wait_beat(
            host,
            lambda beat: beat.checked_pages >= enough,
            timeout_s=timeout_s,
            what='check all of its memory',
        )
        self._require_running(host)
        return last

    def verify_disk(self, host: lab_host.Host) -> None:
        """Shut the guest off on ``host`` and compare its whole disk.

        :raises guest_disk.GuestDiskError: it differs from what was created.
        """
        self._shut_off(host)
        guest_disk.verify(host, self.spec)

    def destroy(self, host: lab_host.Host) -> None:
        """Remove guest, definition and disk from ``host``, if there."""
        self._shut_off(host)
        # A guest that was only migrated here ends with its process.
        if self.state(host) != ABSENT:
            host.virsh('undefine', self.name)
        guest_disk.remove(host, self.spec)

    def _shut_off(self, host: lab_host.Host) -> None:
        if self.state(host) not in (ABSENT, 'shut off'):
            host.virsh('destroy', self.name)

    def _install(self, host: lab_host.Host) -> None:
        # libvirt writes the console there before it makes the directory.
        host.path(guest_spec.LOGS).mkdir(parents=True, exist_ok=True)
        for name, file in self._files.items():
            installed = host.path(name)
            wanted = file.read_bytes()
            if installed.exists() and installed.read_bytes() == wanted:
                continue
            installed.parent.mkdir(parents=True, exist_ok=True)
            installed.write_bytes(wanted)
            installed.chmod(0o644)

    def _console(self, host: lab_host.Host) -> guest_console.Console:
        path = host.path(self.spec.serial_path)
        written = path.read_bytes() if path.exists() else b''
        console = guest_console.parse(written)
        if console.error is not None:
            raise GuestError(
                f'{self.name} on {host.name} stopped with: {console.error}'
            )
        return console

    def _last_beat(self, host: lab_host.Host) -> guest_console.Beat | None:
        beats = self._console(host).beats
        if not beats:
            return None
        if beats[-1].bad_pages:
            raise GuestError(
                f'{self.name} on {host.name} found bad pages in its memory: '
                f'{beats[-1]}'
            )
        return beats[-1]

    def _wait_beat(
        self,
        host: lab_host.Host,
        enough: Callable[[guest_console.Beat], bool],
        *,
        timeout_s: float,
        what: str,
    ) -> guest_console.Beat:
        def look() -> guest_console.Beat | None:
            beat = self._last_beat(host)
            return beat if beat is not None and enough(beat) else None

        return self._wait(host, look, timeout_s=timeout_s, what=what)

    def _wait(
        self,
        host: lab_host.Host,
        look: Callable[[], _Found | None],
        *,
        timeout_s: float,
        what: str,
    ) -> _Found:
        deadline = time.monotonic() + timeout_s
        while (found := look()) is None:
            if time.monotonic() > deadline:
                raise GuestError(
                    f'{self.name} did not {what} on {host.name} within '
                    f'{timeout_s} s; it is {self.state(host)!r} there and '
                    f'its last beat is {self._last_beat(host)}'
                )
            time.sleep(POLL_S)
        return found

    def _require_running(self, host: lab_host.Host) -> None:
        if (state := self.state(host)) != 'running':
            raise GuestError(f'{self.name} is {state!r} on {host.name}')
