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

"""What stands in place of what could not be looked at."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
from typing import TypeVar

from nova_native_tls._i18n import _
from nova_native_tls import exception

AS_ROOT = _('run the check as root, where libvirt runs')

T = TypeVar('T')
U = TypeVar('U')


@dataclasses.dataclass(frozen=True, slots=True)
class Unseen:
    """Never read it as good.

    :ivar problem: why nobody could look, for people.
    :ivar remedy: what to do about that.
    """

    problem: str
    remedy: str = AS_ROOT


def seen(look: Callable[[], T], *, remedy: str = AS_ROOT) -> T | Unseen:
    """Look, and keep it as a fact if that does not work."""
    try:
        return look()
    except (OSError, exception.NativeTLSError) as err:
        return Unseen(str(err), remedy)


def seen_from(known: T | Unseen, look: Callable[[T], U]) -> U | Unseen:
    """Look on from what is known; without it there is nothing to see."""
    if isinstance(known, Unseen):
        return known
    return seen(lambda: look(known))
