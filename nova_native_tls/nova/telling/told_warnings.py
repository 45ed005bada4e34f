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

"""Which warnings about this host are news, and not as they were before?"""

from __future__ import annotations

from collections.abc import Iterable
import threading
from typing import Any
import weakref

from nova_native_tls.checks import base
from nova_native_tls.checks import result

#: What tells one warning from another: not its words, in which times change.
_Key = tuple[str, str]


class Told:
    """Remembers what the last look at each stage found; one per process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hosts: weakref.WeakKeyDictionary[
            Any, dict[base.Stage, frozenset[_Key]]
        ] = weakref.WeakKeyDictionary()

    def at_start(self, host: Any, findings: Iterable[result.Finding]) -> None:
        """Take these for told, at whatever stage they are found again."""
        known = frozenset(_warnings(findings))
        with self._lock:
            self._hosts[host] = dict.fromkeys(base.Stage, known)

    def news(
        self, host: Any, stage: base.Stage, findings: Iterable[result.Finding]
    ) -> tuple[result.Finding, ...]:
        """Give those that were not found the last time at this stage."""
        found = _warnings(findings)
        with self._lock:
            known = self._hosts.setdefault(host, {})
            before = known.get(stage, frozenset())
            known[stage] = frozenset(found)
        return tuple(
            warning for key, warning in found.items() if key not in before
        )


def _warnings(
    findings: Iterable[result.Finding],
) -> dict[_Key, result.Finding]:
    return {
        (finding.code, finding.subject): finding
        for finding in findings
        if finding.status is result.Status.WARNING
    }
