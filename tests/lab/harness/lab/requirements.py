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

"""Can a lab run on this machine, as this user?"""

from __future__ import annotations

import os
import pwd
import shutil

from tests.lab.harness import errors
from tests.lab.harness.node import environment
from tests.lab.harness.node import libvirt_conf

#: Program -> the Debian package that has it.
PROGRAMS = {
    'ip': 'iproute2',
    'libvirtd': 'libvirt-daemon-system',
    'mount': 'mount',
    'nsenter': 'util-linux',
    'qemu-system-x86_64': 'qemu-system-x86',
    'setpriv': 'util-linux',
    'tini': 'tini',
    'unshare': 'util-linux',
    'virsh': 'libvirt-clients',
}


def check() -> None:
    """Return when a lab can be started here.

    Says nothing about the kernel: a missing overlay or veth module shows
    itself when the first node starts.

    :raises RequirementError: not root, or programs or the QEMU user are
        missing; every missing one is named, with its package.
    """
    check_root()
    missing = [
        name
        for name in PROGRAMS
        if shutil.which(name, path=environment.SEARCH_PATH) is None
    ]
    packages = {PROGRAMS[name] for name in missing}
    if not _user_exists(libvirt_conf.QEMU_USER):
        missing.append(f'the user {libvirt_conf.QEMU_USER}')
        packages.add('libvirt-daemon-system')
    if missing:
        raise errors.RequirementError(
            f'The lab misses {", ".join(missing)}: install '
            f'{" ".join(sorted(packages))}.'
        )


def check_root() -> None:
    """Return when this user may handle a lab at all.

    :raises RequirementError: not root.
    """
    if os.geteuid() != 0:
        raise errors.RequirementError(
            'The lab needs root (namespaces, libvirtd): run it with sudo.'
        )


def _user_exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
