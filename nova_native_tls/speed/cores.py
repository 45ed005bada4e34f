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

"""How many processors may be used here, and how many does nobody use now?"""

from __future__ import annotations

from collections.abc import Set
import dataclasses
import os
import threading
import time

_STAT = '/proc/stat'
_OWN_GROUPS = '/proc/self/cgroup'
_GROUPS = '/sys/fs/cgroup'

#: /proc/stat counts in ticks of 10 ms: less than this says little.
_INTERVAL_MIN_S = 0.05
#: What was that long ago does not matter any more.
_INTERVAL_MAX_S = 90.0


@dataclasses.dataclass(frozen=True, slots=True)
class _Ticks:
    """What processors did since the start: ticks in all, idle ones."""

    total: int
    idle: int


def usable(own_groups: str = _OWN_GROUPS, groups: str = _GROUPS) -> float:
    """Count the processors that this process may use.

    It may be allowed some of them (sched_setaffinity(2)), or only a part of
    their time (cpu.max of a control group, version 2). A guest of libvirt is
    in a control group of its own, whose limits are not known here.
    """
    allowed = float(len(os.sched_getaffinity(0)))
    try:
        return min([allowed, *_quotas(own_groups, groups)])
    except (OSError, ValueError):
        return allowed


def count(processors: float) -> int:
    """Tell how many whole ones they are, which is one at least."""
    return max(1, int(processors))


def _quotas(own_groups: str, groups: str) -> list[float]:
    """Read the limits of this process's group and of all around it."""
    with open(own_groups, encoding='utf-8') as file:
        # "0::" is the line of version 2 (cgroups(7)).
        own = [line[3:].strip() for line in file if line.startswith('0::')]
    quotas = []
    for path in own:
        parts = path.strip('/').split('/')
        for depth in range(len(parts) + 1):
            found = _quota(os.path.join(groups, *parts[:depth], 'cpu.max'))
            if found is not None:
                quotas.append(found)
    return quotas


def _quota(path: str) -> float | None:
    try:
        with open(path, encoding='ascii') as file:
            quota, period = file.read().split()
    except FileNotFoundError:
        # The root has none, and nobody needs it on any way down.
        return None
    return None if quota == 'max' else int(quota) / int(period)


class Watch:
    """Tells how busy the processors were since somebody asked before."""

    def __init__(self, stat: str = _STAT) -> None:
        self._stat = stat
        self._lock = threading.Lock()
        self._at_s = 0.0
        self._before: _Ticks | None = None
        self._idle = 0.0

    def free(self) -> float:
        """Count the processors that nobody used.

        On average since it was asked before; if that was long ago or never,
        for a twentieth of a second that is waited for.

        :raises OSError: the kernel does not say.
        """
        processors = os.sched_getaffinity(0)
        with self._lock:
            before, age_s = self._before, time.monotonic() - self._at_s
            if before is None or age_s > _INTERVAL_MAX_S:
                before = self._read(processors)
                time.sleep(_INTERVAL_MIN_S)
            elif age_s < _INTERVAL_MIN_S:
                return min(self._idle, usable())
            now = self._read(processors)
            self._before, self._at_s = now, time.monotonic()
            self._idle = len(processors) * _share(before, now)
            return min(self._idle, usable())

    def _read(self, processors: Set[int]) -> _Ticks:
        names = {f'cpu{number}' for number in processors}
        total = idle = 0
        with open(self._stat, encoding='ascii') as file:
            for line in file:
                name, *fields = line.split()
                if name in names:
                    # user, nice, system, idle, iowait, irq, softirq, steal;
                    # the time of guests is in the first two (proc(5)).
                    ticks = [int(field) for field in fields[:8]]
                    total += sum(ticks)
                    idle += ticks[3] + ticks[4]
        return _Ticks(total, idle)


def _share(before: _Ticks, now: _Ticks) -> float:
    """Say which part of the time was idle; nothing of no time."""
    # The kernel counts iowait backwards at times (proc(5)).
    total, idle = now.total - before.total, now.idle - before.idle
    return min(max(idle / total, 0.0), 1.0) if total > 0 else 0.0
