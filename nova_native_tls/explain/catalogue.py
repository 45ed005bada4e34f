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

"""Every sentence that can be explained, in one place.

The sentences are in modules of their own, by the question at which a
migration stops; here is the order in which documentation tells them.
"""

from __future__ import annotations

import dataclasses

from nova_native_tls._i18n import _
from nova_native_tls.explain import connection
from nova_native_tls.explain import control_connection
from nova_native_tls.explain import entry
from nova_native_tls.explain import handshake
from nova_native_tls.explain import loading
from nova_native_tls.explain import own_certificate
from nova_native_tls.explain import refusal


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Sentences that belong together."""

    title: str
    entries: tuple[entry.Entry, ...]


CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        title=_('A host cannot load its certificates'), entries=loading.ENTRIES
    ),
    Chapter(
        title=_("A host's own certificate breaks a rule"),
        entries=own_certificate.ENTRIES,
    ),
    Chapter(
        title=_('One host does not accept the other'),
        entries=handshake.ENTRIES,
    ),
    Chapter(title=_('The connection breaks'), entries=connection.ENTRIES),
    Chapter(
        title=_('libvirt or QEMU refuses the request'), entries=refusal.ENTRIES
    ),
    Chapter(
        title=_('The daemons do not trust each other'),
        entries=control_connection.ENTRIES,
    ),
)

CATALOGUE: tuple[entry.Entry, ...] = tuple(
    each for chapter in CHAPTERS for each in chapter.entries
)
