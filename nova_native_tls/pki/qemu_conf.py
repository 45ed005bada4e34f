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

"""What qemu.conf says about QEMU's certificates.

Read only: editing is another matter, and goes through libvirt's own lens.
"""

from __future__ import annotations

from collections.abc import Mapping

from nova_native_tls.pki import conf_syntax

PATH = '/etc/libvirt/qemu.conf'
MAX_BYTES = 256 * 1024

#: Used when qemu.conf names none (virQEMUDriverConfigSetDefaults, libvirt
#: 9.0 src/qemu/qemu_conf.c), the first only if it exists at daemon start.
MIGRATE_DIRECTORY = '/etc/pki/libvirt-migrate'
DEFAULT_DIRECTORY = '/etc/pki/qemu'

Value = conf_syntax.Value


def parse(text: str) -> Mapping[str, Value]:
    """Read all settings; of one that is there twice the first counts.

    :raises QemuConfUnreadable: libvirt could not read it either.
    """
    settings: dict[str, Value] = {}
    for name, value in conf_syntax.statements(text):
        # virConfGetValue stops at the first (src/util/virconf.c).
        settings.setdefault(name, value)
    return settings
