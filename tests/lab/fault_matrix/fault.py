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

"""What is one row of the matrix?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.fault_matrix import attacker
    from tests.lab.fault_matrix import stand

Act = Callable[['stand.Stand'], None]


class Where(enum.Enum):
    """Which hosts something is done to."""

    SOURCE = ('source',)
    DESTINATION = ('destination',)
    BOTH = ('source', 'destination')


class SeenBy(enum.StrEnum):
    """The least that an operator has to run to be told."""

    #: ``host check`` on every host; ``pair check`` says it or does not.
    HOST = 'host check'
    #: ``pair check`` on the source; no host alone can know.
    PAIR = 'pair check'
    #: ``pair check`` with the files of both hosts.
    FILES = 'pair check, files'
    #: ``pair check --depth canary``.
    CANARY = 'canary'
    #: Nothing: it is not there until the migration is.
    NOBODY = '-'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, and what has to come of it.

    :ivar breaks: what is done, on each host of ``where``.
    :ivar codes: of all failures that the checks find; none if it is no
        reason to refuse.
    :ivar warnings: codes of warnings that it brings.
    :ivar stricter: why the checks refuse what QEMU does; if empty, they
        agree.
    :ivar says: words of QEMU or libvirt.
    :ivar explained: id of the explanation; of what does not fail, empty.
    :ivar daemon_says: words in the log of the libvirt of a host of ``where``.
    :ivar daemon_explained: id of the explanation of these.
    :ivar remedy: words that are in the remedy of a finding, which ``mends``
        does; " ... " between those of several. Commands in remedies are run
        in any case.
    :ivar nova_conf: on each host of ``where``, besides the ordinary: section
        and option, and the value.
    :ivar options: of the command that migrates.
    :ivar attacker: who is at the destination's port before the source; what
        the destination says of it may be no reason to fail.
    :ivar interrupted: somebody has to lose patience.
    """

    name: str
    where: Where
    breaks: Act
    codes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seen_by: SeenBy = SeenBy.HOST
    stricter: str = ''
    says: str = ''
    explained: str = ''
    daemon_says: str = ''
    daemon_explained: str = ''
    remedy: str = ''
    mends: Act | None = None
    nova_conf: Mapping[str, str] = dataclasses.field(default_factory=dict)
    options: tuple[str, ...] = ()
    attacker: attacker.Attacker | None = None
    interrupted: bool = False

    @property
    def refused(self) -> bool:
        """The checks have to say no."""
        return bool(self.codes)

    @property
    def name_to_verify(self) -> str | None:
        """What the source is to look for, instead of the usual."""
        if '--tls-destination' not in self.options:
            return None
        return self.options[self.options.index('--tls-destination') + 1]

    @property
    def fails(self) -> bool:
        """The migration has to fail."""
        if self.attacker is not None:
            return self.interrupted
        return bool(self.says)
