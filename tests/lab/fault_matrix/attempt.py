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

"""What does the real migration come to?"""

from __future__ import annotations

import dataclasses
import time

from nova_native_tls.cmd import exit_status
from nova_native_tls.explain import matcher
from tests.lab.fault_matrix import attacker
from tests.lab.fault_matrix import fault as matrix_fault
from tests.lab.fault_matrix import scene as matrix_scene
from tests.lab.harness import observed

#: In which the source comes, too, and gets nowhere.
PATIENCE_S = 3


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A migration, and what both QEMUs and libvirt said of it.

    :ivar error: of the command; empty when it succeeded.
    :ivar explanation: what all that was said means; None if it succeeded
        and nobody attacked, or if nothing of it is known.
    """

    error: str
    source_log: str
    destination_log: str
    explanation: matcher.Explanation | None

    @property
    def arrived(self) -> bool:
        """The command says that the guest did."""
        return not self.error

    @property
    def said(self) -> str:
        """All words of everybody."""
        return '\n'.join((self.error, self.source_log, self.destination_log))


def migrate(
    scene: matrix_scene.Scene,
    fault: matrix_fault.Fault | None = None,
    attack: attacker.Attack | None = None,
) -> Attempt:
    """Migrate the guest from the source to the destination.

    :param attack: what goes on meanwhile.
    """
    source, destination = scene.hosts
    scene.guest.prepare_destination(destination)
    before = [len(log) for log in scene.logs()]
    argv = observed.arguments(
        scene.guest,
        source,
        destination,
        *(() if fault is None else fault.options),
    )
    command = scene.controller
    command.start(*argv[len(observed.COMMAND) :])
    if fault is not None and fault.interrupted and attack is not None:
        _interrupt(scene, attack)
    done = command.wait()
    failed = done.status not in (
        exit_status.ExitStatus.SUCCESS,
        exit_status.ExitStatus.WARNING,
    )
    here, there = (
        log[length:] for log, length in zip(scene.logs(), before, strict=True)
    )
    error = (done.stderr.strip() or 'no words') if failed else ''
    return Attempt(
        error=error,
        source_log=here,
        destination_log=there,
        explanation=matcher.best_of(error, there, source_log=here)
        if error or (fault is not None and fault.attacker is not None)
        else None,
    )


def _interrupt(scene: matrix_scene.Scene, attack: attacker.Attack) -> None:
    """Be the operator who waits in vain and ends the guest that is to come.

    To cancel the migration would not be enough: libvirt on the source waits
    for libvirt on the destination, and that for its QEMU.
    """
    attack.connected.wait(attacker.WAIT_S)
    time.sleep(PATIENCE_S)
    scene.destination.host.virsh('destroy', matrix_scene.GUEST)
