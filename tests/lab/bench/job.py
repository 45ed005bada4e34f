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

"""What does libvirt say of a migration?"""

from __future__ import annotations

import dataclasses
import json
from typing import Any
from typing import Self

from tests.lab.harness.node import host as lab_host

_PAGE = 4096


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One look at the statistics of a job; all 0 where there is none.

    :ivar carried: bytes of the guest's memory that got across, repetitions
        included, whatever became of them on the way.
    :ivar iteration: how often QEMU has gone through memory, from 1.
    """

    elapsed_s: float
    carried: int
    iteration: int
    downtime_ms: float | None
    setup_ms: float | None

    @classmethod
    def running(cls, source: lab_host.Host, name: str) -> Self:
        """Look at one that runs."""
        return cls._ask(source, name)

    @classmethod
    def completed(cls, destination: lab_host.Host, name: str) -> Self:
        """Look at one that has ended, where the guest is now.

        The source sends them with the guest's last data; there it is
        forgotten.
        """
        return cls._ask(destination, name, '--completed')

    @classmethod
    def _ask(cls, host: lab_host.Host, name: str, *options: str) -> Self:
        told = host.virsh(
            'domjobinfo', name, '--rawstats', *options, check=False
        ).stdout
        found: dict[str, int] = {}
        for line in told.splitlines():
            key, _colon, value = line.partition(':')
            if value.strip().isdigit():
                found[key.strip()] = int(value)
        return cls(
            elapsed_s=found.get('time_elapsed', 0) / 1e3,
            carried=found.get('memory_normal_bytes', 0)
            + found.get('memory_constant', 0) * _PAGE,
            iteration=found.get('memory_iteration', 0),
            downtime_ms=found.get('downtime'),
            setup_ms=found.get('setup_time'),
        )


def channels(source: lab_host.Host, name: str) -> str:
    """Say what the QEMU of a migration that runs has for memory.

    Nothing where it has one connection and no compression.
    """
    capabilities, parameters = (
        _qmp(source, name, f'query-migrate-{what}')
        for what in ('capabilities', 'parameters')
    )
    on = {each['capability'] for each in capabilities or () if each['state']}
    if 'multifd' not in on or not parameters:
        return ''
    found = [f'{parameters["multifd-channels"]} connections']
    compression = parameters.get('multifd-compression', 'none')
    if compression != 'none':
        level = parameters[f'multifd-{compression}-level']
        found.append(f'{compression} level {level}')
    return ', '.join(found)


def _qmp(source: lab_host.Host, name: str, command: str) -> Any:
    """Ask a QEMU; None where it is gone."""
    said = source.virsh(
        *('qemu-monitor-command', name, json.dumps({'execute': command})),
        check=False,
    ).stdout
    return json.loads(said)['return'] if said.strip() else None
