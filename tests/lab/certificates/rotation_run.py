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

"""Certificates are renewed and the CA is replaced while a guest moves.

By the commands of the runbook, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import json
import time

from tests.lab.certificates import doc_commands
from tests.lab.certificates import shuttle
from tests.lab.certificates import ssh_access
from tests.lab.certificates import stand as certificate_stand

RENEW = 'Renew every certificate'
TRUST_BOTH = 'Trust both'
SWITCH = 'Let the new one sign'
GIVE_UP = 'Give up the old one'

#: The guest has moved there and back with what is installed.
_BOTH_WAYS = 2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it.

    :ivar serials: of the certificates that each host had, in their order.
    :ivar authorities: fingerprints of the CAs that all hosts trusted, at the
        beginning and at the end.
    """

    legs: tuple[shuttle.Leg, ...]
    serials: dict[str, list[str]]
    authorities: tuple[frozenset[str], frozenset[str]]
    duration_s: float

    @property
    def wrong(self) -> list[shuttle.Leg]:
        """The legs that failed, or of which something is not proven."""
        return [leg for leg in self.legs if leg.wrong]


def run(
    stand: certificate_stand.Stand,
    *,
    renewals: int,
    progress: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """Renew every leaf so many times, and replace the CA on the way.

    :raises LabError: a command did not do what the runbook says, or the
        guest has stopped.
    """
    page = doc_commands.sections(certificate_stand.RUNBOOK)
    host = stand.lab.hosts[0]
    guest = stand.start_guest(host)
    beat = guest.verify_alive(host)
    serials: dict[str, list[str]] = {each.name: [] for each in stand.lab.hosts}
    before = _authorities(stand)
    began = time.monotonic()

    def renew(count: int) -> None:
        for _each in range(count):
            stand.run(*page[RENEW])
            for name, known in serials.items():
                report = f'{ssh_access.HOME}/reports/{name}.json'
                text = stand.machines['admin'].read_file(report)
                known.append(json.loads(text)['serial'])
            progress(f'renewed {len(known)} times')

    with shuttle.Shuttle(stand, guest) as moving:
        renew(renewals // 2)
        for title in (TRUST_BOTH, SWITCH, GIVE_UP):
            if title == GIVE_UP:
                renew(1)
            stand.run(*page[title])
            progress(f'the CA is replaced: {title}')
            moving.wait(_BOTH_WAYS)
        renew(renewals - renewals // 2 - 1)
        moving.wait(_BOTH_WAYS)
    last = guest.verify_memory(moving.where)
    if last.number <= beat.number:
        raise certificate_stand.CommandFailed('the guest began anew')
    return Outcome(
        legs=tuple(moving.legs),
        serials=serials,
        authorities=(before, _authorities(stand)),
        duration_s=time.monotonic() - began,
    )


def _authorities(stand: certificate_stand.Stand) -> frozenset[str]:
    """Give what all hosts trust.

    :raises CommandFailed: they do not trust the same.
    """
    found = {
        frozenset(stand.command(host.name, 'host', 'show')['trusted_sha256'])
        for host in stand.lab.hosts
    }
    if len(found) != 1:
        raise certificate_stand.CommandFailed('hosts trust different CAs')
    return found.pop()
