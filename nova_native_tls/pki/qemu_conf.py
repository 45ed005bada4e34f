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

"""Reads qemu.conf: which directory QEMU's certificates are in.

Read only: editing is another matter, and goes through libvirt's own lens.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import re

from nova_native_tls._i18n import _
from nova_native_tls import exception

PATH = '/etc/libvirt/qemu.conf'
MAX_BYTES = 256 * 1024

#: Used when qemu.conf names none (virQEMUDriverConfigSetDefaults, libvirt
#: 9.0 src/qemu/qemu_conf.c), the first only if it exists at daemon start.
MIGRATE_DIRECTORY = '/etc/pki/libvirt-migrate'
DEFAULT_DIRECTORY = '/etc/pki/qemu'

Value = str | int | tuple[str, ...]

#: The grammar of src/util/virconf.c, libvirt 9.0: a setting is a name, an
#: equals sign, and a string, a number or a list of strings.
_STRING = r'"""(?P<long>.*?)"""|"(?P<double>[^"\n]*)"|\'(?P<single>[^\'\n]*)\''
_SETTING = re.compile(
    r'[ \t]*(?P<name>[A-Za-z0-9_-]+)[ \t]*=[ \t]*'
    rf'(?:{_STRING}|(?P<number>-?\d+)|\[(?P<list>[^\]]*)\])'
    r'[ \t]*(?:#[^\n]*)?(?:\n|;|\Z)',
    re.DOTALL,
)
_BLANK = re.compile(r'[ \t]*(?:#[^\n]*)?(?:\r?\n|;|\Z)')
_ITEM = re.compile(r'"([^"]*)"|\'([^\']*)\'')


def parse(text: str) -> Mapping[str, Value]:
    """Read all settings; of one that is there twice the first counts.

    :raises QemuConfUnreadable: libvirt could not read it either.
    """
    settings: dict[str, Value] = {}
    position = 0
    while position < len(text):
        blank = _BLANK.match(text, position)
        if blank is not None and blank.end() > position:
            position = blank.end()
            continue
        match = _SETTING.match(text, position)
        if match is None:
            raise exception.QemuConfUnreadable(
                problem=_('line %d is no setting')
                % (text.count('\n', 0, position) + 1)
            )
        # virConfGetValue stops at the first (src/util/virconf.c).
        settings.setdefault(match['name'], _value(match))
        position = match.end()
    return settings


def _value(match: re.Match[str]) -> Value:
    if match['number'] is not None:
        return int(match['number'])
    if match['list'] is not None:
        return tuple(a or b for a, b in _ITEM.findall(match['list']))
    return next(
        match[kind]
        for kind in ('long', 'double', 'single')
        if match[kind] is not None
    )


def migration_directory(
    settings: Mapping[str, Value], exists: Callable[[str], bool]
) -> str:
    """Give the directory that libvirt passes to QEMU for a migration.

    What the running daemon uses can differ: it decided when it started.

    :param exists: tells whether a directory is there.
    """
    configured = settings.get('migrate_tls_x509_cert_dir')
    if configured:
        return str(configured)
    if exists(MIGRATE_DIRECTORY):
        return MIGRATE_DIRECTORY
    return str(settings.get('default_tls_x509_cert_dir') or DEFAULT_DIRECTORY)
