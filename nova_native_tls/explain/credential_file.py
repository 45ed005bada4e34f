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

"""Whose file it is that a sentence names."""

from __future__ import annotations

import dataclasses
import re

from nova_native_tls._i18n import _
from nova_native_tls.explain import entry

# QEMU's names (crypto/tlscredsx509.h) and libvirtd's own
# (src/rpc/virnettlscontext.c), of which a source uses the client's and a
# destination the server's.
_KIND = re.compile(
    r'(?:^|/)(?:(?P<qemu>ca-cert|ca-crl|dh-params|'
    r'(?:server|client)-(?:cert|key))(?:-[0-9])?'
    r'|(?P<libvirt>cacert|cacrl|(?:server|client)(?:cert|key)))\.pem$'
)
_SIDES = (
    (('server', 'ca-crl', 'dh-params'), entry.Host.DESTINATION),
    (('client',), entry.Host.SOURCE),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CredentialFile:
    """What the name of a file tells.

    :ivar kind: such as server-cert; file, if the name is no usual one.
    :ivar host: who reads such a file during a migration; None, if both do.
    :ivar reader: the program that reads it.
    :ivar reload: how that program comes to read a new one.
    """

    kind: str
    host: entry.Host | None
    reader: str
    reload: str


def identify(path: str) -> CredentialFile:
    """Tell what a file is for by its name alone."""
    found = _KIND.search(path)
    kind = 'file' if found is None else found['qemu'] or found['libvirt']
    libvirt = found is not None and found['libvirt'] is not None
    return CredentialFile(
        kind=kind,
        host=next(
            (host for prefixes, host in _SIDES if kind.startswith(prefixes)),
            None,
        ),
        reader='libvirtd' if libvirt else 'QEMU',
        reload=_('then restart libvirtd')
        if libvirt
        else _('QEMU reads it at the next migration'),
    )
