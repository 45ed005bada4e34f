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

"""Which programs of QEMU are installed on this host?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
import platform
import re
import shutil

from nova_native_tls._i18n import _
from nova_native_tls import exception

Which = Callable[[str], str | None]

_VERSION_LINE = re.compile(
    r'\S+ version (?P<release>[\d.]+)(?: \((?P<package>.*)\))?'
)


class ProgramMissing(exception.NativeTLSError):
    msg_fmt = _('None of these programs is installed: %(names)s')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Paths of QEMU's programs.

    :ivar emulator: what libvirt starts for a guest.
    :ivar image: ``qemu-img``, a client of the same TLS code.
    :ivar server: ``qemu-nbd``, a server of it.
    """

    emulator: str
    image: str
    server: str


@dataclasses.dataclass(frozen=True, slots=True)
class Build:
    """One build of QEMU, as it tells by itself.

    :ivar package: what the distribution adds; empty if nothing.
    """

    release: str
    package: str = ''

    def __str__(self) -> str:
        return (
            f'{self.release} ({self.package})'
            if self.package
            else (self.release)
        )


def find(emulator: str | None = None, which: Which = shutil.which) -> Programs:
    """Look for the programs.

    :param emulator: where libvirt has it; looked for by default.
    :raises ProgramMissing: one is not there; nothing can be proven.
    """
    return Programs(
        emulator=emulator or find_emulator(which),
        image=_first(('qemu-img',), which),
        server=_first(('qemu-nbd',), which),
    )


def find_emulator(which: Which = shutil.which) -> str:
    """Look for the emulator as libvirt does.

    virQEMUCapsFindBinaryForArch, libvirt 9.0 src/qemu/qemu_capabilities.c.

    :raises ProgramMissing: it is not there.
    """
    return _first(
        (
            f'qemu-system-{platform.machine()}',
            '/usr/libexec/qemu-kvm',
            'qemu-kvm',
            'kvm',
        ),
        which,
    )


def _first(names: Iterable[str], which: Which) -> str:
    for name in names:
        found = which(name)
        if found is not None:
            return found
    raise ProgramMissing(names=', '.join(names))


def build_of(output: str) -> Build | None:
    """Read what a program prints for ``--version``; None if it is unclear."""
    match = _VERSION_LINE.match(output)
    if match is None:
        return None
    return Build(match['release'], match['package'] or '')
