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

"""What a defect is, and all of them by name."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses

from tests.functional.fidelity import world

Change = Callable[[world.World], None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Defect:
    """One thing that can be wrong, or only unusual.

    :ivar on_files: it changes files, after everything was signed.
    :ivar weight: how often it is taken, compared with others.
    """

    name: str
    change: Change
    on_files: bool = False
    weight: float = 1.0


REGISTRY: dict[str, Defect] = {}


def defect(
    name: str, *, on_files: bool = False, weight: float = 1.0
) -> Callable[[Change], Change]:
    """Enter a function under a name."""

    def enter(change: Change) -> Change:
        enter_all({name: change}, on_files=on_files, weight=weight)
        return change

    return enter


def enter_all(
    changes: dict[str, Change], *, on_files: bool = False, weight: float = 1.0
) -> None:
    """Enter many functions."""
    for name, change in changes.items():
        if name in REGISTRY:
            raise ValueError(f'{name} is there twice')
        REGISTRY[name] = Defect(
            name=name, change=change, on_files=on_files, weight=weight
        )
