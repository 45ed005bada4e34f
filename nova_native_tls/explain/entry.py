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

"""What the catalogue knows of one sentence."""

from __future__ import annotations

import dataclasses
import enum


class Host(enum.StrEnum):
    """Where something has to be mended, or who said something."""

    SOURCE = 'source'
    DESTINATION = 'destination'
    BOTH = 'both'
    UNKNOWN = 'unknown'


class Mend(enum.Enum):
    """How to tell which host has to be mended."""

    SOURCE = enum.auto()
    DESTINATION = enum.auto()
    BOTH = enum.auto()
    UNKNOWN = enum.auto()
    #: The host whose program says the sentence.
    HERE = enum.auto()
    #: The other one of the two.
    PEER = enum.auto()


class Seen(enum.StrEnum):
    """Whose words a sentence is."""

    SOURCE_QEMU = 'QEMU on the source'
    DESTINATION_QEMU = 'QEMU on the destination'
    LIBVIRT = 'libvirt'
    GNUTLS = 'GnuTLS'


class Rank(enum.IntEnum):
    """How much a sentence says; the lower, the more."""

    #: It says what is wrong.
    REASON = 0
    #: One end of a TLS connection noticed; the other end knows why.
    SYMPTOM = 1
    #: Follows from something else, and says where to look next.
    CONSEQUENCE = 2
    #: Follows from a consequence.
    AFTERMATH = 3


QEMU = (Seen.SOURCE_QEMU, Seen.DESTINATION_QEMU)
TLS = (*QEMU, Seen.GNUTLS)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One cause, all sentences that say it, and what to do about it.

    ``cause`` and ``remedy`` may name whatever each of the sentences holds, as
    ``%(file)s``, and beside that ``source`` and ``destination``, ``here`` and
    ``peer`` (the host that says the sentence and the other one), ``reader``
    (the program that reads the file), ``reload`` (how it comes to read a new
    one) and ``log`` (QEMU's log of the guest).

    :ivar id: stable; ``{file}`` in it stands for the kind of file, such as
        ``server-cert``.
    :ivar sentences: as ``sentence.compile_sentence`` takes them.
    :ivar upstream: where the sentence comes from.
    :ivar versions: which versions say it; all, if empty.
    """

    id: str
    sentences: tuple[str, ...]
    seen: tuple[Seen, ...]
    mend: Mend
    cause: str
    remedy: str
    upstream: str
    rank: Rank = Rank.REASON
    versions: str = ''
