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

"""What confines QEMU beyond permissions: AppArmor and SELinux."""

from __future__ import annotations

import dataclasses
import errno
import os

from nova_native_tls.host import apparmor_rules

APPARMOR = '/etc/apparmor.d'
#: What libvirt makes the profile of each guest of.
TEMPLATE = 'libvirt/TEMPLATE.qemu'
LABEL = 'security.selinux'
FILE_MAX = 1024 * 1024


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What confines guests that start now.

    :ivar models: as libvirt calls them: dac, apparmor, selinux.
    :ivar rules: of AppArmor; None if it does not confine.
    """

    models: frozenset[str]
    rules: apparmor_rules.Rules | None = None


def look(models: frozenset[str], root: str = '') -> Confinement:
    """Read the profile that guests get.

    :param models: what libvirt says that it uses.
    :raises OSError: AppArmor confines guests and nobody can say how.
    """
    if 'apparmor' not in models:
        return Confinement(models=models)
    rules = apparmor_rules.parse(
        _read(root, TEMPLATE), lambda name: _included(root, name)
    )
    return Confinement(models=models, rules=rules)


def _included(root: str, name: str) -> str | None:
    path = f'{root}{APPARMOR}/{name}'
    try:
        if not os.path.isdir(path):
            return _read(root, name)
        return '\n'.join(
            _read(root, f'{name}/{each}')
            for each in sorted(os.listdir(path))
            if not each.startswith('.')
        )
    except OSError:
        return None


def _read(root: str, name: str) -> str:
    path = f'{root}{APPARMOR}/{name}'
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read(FILE_MAX)


def label(path: str) -> str | None:
    """Read a file's SELinux label; None if it has none.

    :raises OSError: it cannot be read.
    """
    try:
        value = os.getxattr(path, LABEL)
    except OSError as err:
        if err.errno in (errno.ENODATA, errno.EOPNOTSUPP):
            return None
        raise
    return value.rstrip(b'\0').decode('ascii', 'replace')
