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

"""nova-compute that lies to its peer, or is blind, while a file says so.

A program: its arguments are nova-compute's. A liar stands for a peer that is
broken, newer, or hostile. A blind one asks no pre-check about its own host:
so a migration gets as far as it would if a certificate broke in the meantime.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import pathlib
import sys
from typing import Any

#: The command, without nova-compute's arguments.
PROGRAM: tuple[str, ...] = (sys.executable, __file__)

#: JSON. ``role``: which host of the migration lies; ``honest``: how often it
#: says the truth before; ``text``: what it says then, null for nothing. While
#: there is no such file it says the truth.
LIE = '/etc/nova/lie.json'

#: While it exists nobody looks.
BLIND = '/etc/nova/blind'


def main() -> None:
    """Run nova-compute."""
    # First of all, as nova-compute's own script does.
    compute = importlib.import_module('nova.cmd.compute')
    _make_liar()
    _make_blind()
    # oslo.config and oslo.log name files after the program.
    sys.argv[0] = 'nova-compute'
    compute.main()


def _make_liar() -> None:
    carrier: Any = importlib.import_module('nova_native_tls.nova.carrier')
    put = carrier.put

    def lying_put(migrate_data: Any, role: Any, own: Any) -> None:
        try:
            lie = json.loads(pathlib.Path(LIE).read_text())
        except FileNotFoundError:
            lie = None
        if lie is None or role.name != lie['role']:
            put(migrate_data, role, own)
        elif lie['honest'] > 0:
            put(migrate_data, role, own)
            lie['honest'] -= 1
            pathlib.Path(LIE).write_text(json.dumps(lie))
        elif lie['text'] is not None:
            put(migrate_data, role, own)
            carried = dict(getattr(migrate_data, carrier.FIELD))
            carried[role.value] = lie['text']
            setattr(migrate_data, carrier.FIELD, carried)

    carrier.put = lying_put


def _make_blind() -> None:
    own_facts: Any = importlib.import_module(
        'nova_native_tls.nova.facts.own_facts'
    )
    look = own_facts.look

    def blind_look(asked: Any) -> Any:
        if pathlib.Path(BLIND).exists():
            asked = dataclasses.replace(asked, checks=())
        return look(asked)

    own_facts.look = blind_look


if __name__ == '__main__':
    main()
