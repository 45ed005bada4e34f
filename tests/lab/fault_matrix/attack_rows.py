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

"""Attackers that no check can foresee."""

from __future__ import annotations

from tests.lab.fault_matrix import attacker
from tests.lab.fault_matrix import fault
from tests.lab.fault_matrix import stand

Attacker = attacker.Attacker


def _nothing(one: stand.Stand) -> None:
    """The hosts are as they should be."""


def _attack(
    name: str,
    kind: Attacker,
    *options: str,
    says: str,
    explained: str,
    interrupted: bool = False,
) -> fault.Fault:
    return fault.Fault(
        name=f'a rogue client first, {name}',
        where=fault.Where.DESTINATION,
        breaks=_nothing,
        seen_by=fault.SeenBy.NOBODY,
        attacker=kind,
        options=options,
        says=says,
        explained=explained,
        interrupted=interrupted,
    )


FAULTS = (
    _attack(
        'silent for a while',
        Attacker.SILENT,
        says='TLS handshake failed: The TLS connection was non-properly '
        'terminated.',
        explained='handshake.refused',
    ),
    _attack(
        'silent for ever',
        Attacker.PATIENT,
        says='TLS handshake failed: Error in the pull function.',
        explained='handshake.refused',
        interrupted=True,
    ),
    _attack(
        'not speaking TLS',
        Attacker.CLEAR,
        says='TLS handshake failed: An unexpected TLS packet was received.',
        explained='handshake.not-tls',
    ),
    _attack(
        'without a certificate',
        Attacker.ANONYMOUS,
        says='Verify failed: No certificate was found.',
        explained='client-cert.not-sent',
    ),
    _attack(
        'with a foreign certificate',
        Attacker.FOREIGN,
        says="The certificate hasn't got a known issuer",
        explained='peer.unknown-issuer',
    ),
    _attack(
        'without a certificate, and parallel connections',
        Attacker.ANONYMOUS,
        *('--parallel', '2'),
        says='Verify failed: No certificate was found.',
        explained='client-cert.not-sent',
    ),
    _attack(
        'not speaking TLS, and parallel connections',
        Attacker.CLEAR,
        *('--parallel', '2'),
        says='TLS handshake failed: An unexpected TLS packet was received.',
        explained='handshake.not-tls',
    ),
)
