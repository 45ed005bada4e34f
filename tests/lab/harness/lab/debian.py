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

"""From which root directory does a host of another Debian run?"""

from __future__ import annotations

from collections.abc import Callable
import pathlib

from tests import debian_tree
from tests.lab.harness import errors

#: A host, its guests' disks, tcpdump for who looks at its wire, ssh, and what
#: this package needs to run there. dbus, libpam-systemd and
#: python3-cffi-backend are behind virtual packages that others want.
CONTENT = debian_tree.Content(
    name='lab',
    packages=(
        'dbus',
        'iproute2',
        'libpam-systemd',
        'libvirt-clients',
        'libvirt-daemon-system',
        'openssh-client',
        'openssh-server',
        'python3-cffi-backend',
        'python3-cliff',
        'python3-cryptography',
        'python3-libvirt',
        'python3-oslo.config',
        'python3-oslo.i18n',
        'python3-oslo.log',
        'python3-oslo.upgradecheck',
        'python3-oslo.utils',
        'python3-pbr',
        'python3-stevedore',
        'qemu-system-x86',
        'qemu-utils',
        'tcpdump',
        'tini',
    ),
)


def root(
    suite: str, *, progress: Callable[[str], None]
) -> pathlib.Path | None:
    """Return the root directory of a Debian, such as trixie, made if needed.

    :returns: None for the machine's own, if that is this Debian.
    :raises LabError: it cannot be made.
    """
    if suite == debian_tree.own_suite():
        return None
    try:
        return debian_tree.make(suite, CONTENT, tell=progress)
    except debian_tree.TreeError as err:
        raise errors.LabError(str(err)) from err


def roots(
    suites: dict[str, str], *, progress: Callable[[str], None]
) -> dict[str, pathlib.Path]:
    """Return what ``Lab.up`` wants as trees.

    :param suites: name of a host -> the Debian that it is to run.
    :raises LabError: as ``root``.
    """
    found = {
        name: root(suite, progress=progress) for name, suite in suites.items()
    }
    return {name: tree for name, tree in found.items() if tree is not None}
