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


SINGLE = '/etc/single-connection.conf'


def _nothing(one: stand.Stand) -> None:
    """The hosts are as they should be."""


def _single_connection(one: stand.Stand) -> None:
    """So are the hosts; the migration is asked for as Nova does it."""
    one.third.write_file(
        SINGLE,
        '[libvirt]\nlive_migration_with_native_tls = true\n'
        '[native_tls]\nrekey_crash = watch\n',
    )


def _attack(
    name: str,
    kind: Attacker,
    *,
    says: str,
    explained: str,
    interrupted: bool = False,
    single: bool = False,
) -> fault.Fault:
    return fault.Fault(
        name=f'a rogue client first, {name}',
        where=fault.Where.DESTINATION,
        breaks=_single_connection if single else _nothing,
        seen_by=fault.SeenBy.NOBODY,
        attacker=kind,
        options=('--config-file', SINGLE) if single else (),
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
        'without a certificate, and a single connection',
        Attacker.ANONYMOUS,
        single=True,
        says='Verify failed: No certificate was found.',
        explained='client-cert.not-sent',
    ),
    _attack(
        'not speaking TLS, and a single connection',
        Attacker.CLEAR,
        single=True,
        says='TLS handshake failed: An unexpected TLS packet was received.',
        explained='handshake.not-tls',
    ),
)
