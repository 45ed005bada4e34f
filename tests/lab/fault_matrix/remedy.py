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

"""Does the remedy of a finding, done as it is written, mend the fault?"""

from __future__ import annotations

import re

from tests.lab.fault_matrix import checks
from tests.lab.fault_matrix import fault as matrix_fault
from tests.lab.fault_matrix import scene as matrix_scene
from tests.lab.harness import errors

_COMMAND = re.compile(r'run "([^"]+)"')
#: The lab has no systemd: what it would do, the harness does or the row.
_SYSTEMD = 'systemctl '
_RESTART = 'systemctl restart libvirtd'


class RemedyWrong(errors.LabError):
    """A remedy does not say what it takes."""


def commands(text: str) -> list[str]:
    """Give the commands that a remedy tells to run."""
    return _COMMAND.findall(text)


def apply(
    scene: matrix_scene.Scene,
    fault: matrix_fault.Fault,
    findings: tuple[checks.Finding, ...],
) -> None:
    """Do what the remedies of all failures say.

    :raises RemedyWrong: none of them says what the row of the matrix does.
    :raises LabError: a command of a remedy failed.
    """
    wanted = [
        each
        for each in findings
        if each.status == checks.FAILURE or each.code in fault.warnings
    ]
    texts = [each.remedy for each in wanted]
    if not all(texts):
        raise RemedyWrong(f'{fault.name}: a finding has no remedy')
    for part in filter(None, fault.remedy.split(' ... ')):
        if not any(part in text for text in texts):
            raise RemedyWrong(
                f'{fault.name}: no remedy says {part!r}: {texts}'
            )
    typed = dict.fromkeys(
        (each.stand, command)
        for each in wanted
        for command in commands(each.remedy)
    )
    if not typed and fault.mends is None:
        raise RemedyWrong(f'{fault.name}: nothing to run in {texts}')
    for one, command in typed:
        if not command.startswith(_SYSTEMD):
            one.sh(command)
    if fault.mends is not None:
        for one in scene.stands(fault.where):
            fault.mends(one)
    for one, command in typed:
        # What is told to be done before is done by now.
        if command == _RESTART:
            one.host.restart_libvirtd()
