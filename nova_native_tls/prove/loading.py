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

"""Does the emulator itself load the credentials, as for a migration?"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from nova_native_tls.prove import arguments
from nova_native_tls.prove import process
from nova_native_tls.prove import programs as prove_programs
from nova_native_tls.prove import subject as prove_subject

ENDPOINTS = ('server', 'client')

#: A machine without anything, as libvirt uses to ask what a QEMU can do
#: (qemuProcessQMPLaunch, libvirt 9.0 src/qemu/qemu_process.c).
_NO_MACHINE = (
    '-no-user-config',
    '-nodefaults',
    '-display',
    'none',
    '-machine',
    'none,accel=kvm:tcg',
    '-S',
    '-qmp',
    'stdio',
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """What the emulator answered.

    :ivar build: which QEMU it is; None: it did not get as far as that.
    :ivar answers: of each endpoint, if there was an answer, QEMU's sentence;
        empty if the credentials are good.
    :ivar output: what it printed beside its answers.
    """

    build: prove_programs.Build | None
    answers: dict[str, str]
    output: str

    @property
    def succeeded(self) -> bool:
        """Both were loaded; no answer is not success."""
        return all(self.answers.get(each) == '' for each in ENDPOINTS)


def start(
    subject: prove_subject.Subject, programs: prove_programs.Programs
) -> process.Child:
    """Start the emulator without a machine.

    :raises OSError: it cannot be started.
    """
    return process.Child(
        (programs.emulator, *_NO_MACHINE), account=subject.switched
    )


def ask(
    child: process.Child,
    subject: prove_subject.Subject,
    deadline: process.Deadline,
) -> Loading:
    """Let it load what a destination and what a source load.

    :raises TimeoutError: it has not answered.
    """
    ended = child.finish(deadline, _orders(subject))
    replies = [
        each for line in ended.output.splitlines() if (each := _reply(line))
    ]
    answers = {}
    for reply in replies:
        if 'error' in reply:
            answers[str(reply.get('id'))] = str(reply['error']['desc'])
        elif 'return' in reply:
            answers[str(reply.get('id'))] = ''
    # Without its passphrase nothing else has a meaning.
    if answers.pop(arguments.PHRASE_ID, ''):
        answers = {}
    return Loading(
        build=_build(replies),
        answers={each: answers[each] for each in ENDPOINTS if each in answers},
        output=ended.errors.strip(),
    )


def _orders(subject: prove_subject.Subject) -> str:
    orders: list[dict[str, Any]] = [{'execute': 'qmp_capabilities'}]
    if subject.passphrase is not None:
        orders.append(
            _create(
                arguments.PHRASE_ID,
                {'qom-type': 'secret', 'data': subject.passphrase},
            )
        )
    orders.extend(
        _create(
            endpoint,
            {
                'qom-type': 'tls-creds-x509',
                **arguments.credentials(subject, endpoint),
            },
        )
        for endpoint in ENDPOINTS
    )
    orders.append({'execute': 'quit'})
    return ''.join(json.dumps(order) + '\n' for order in orders)


def _create(name: str, properties: dict[str, str | bool]) -> dict[str, Any]:
    return {
        'execute': 'object-add',
        'id': name,
        'arguments': {'id': name, **properties},
    }


def _reply(line: str) -> dict[str, Any] | None:
    try:
        reply = json.loads(line)
    except ValueError:
        return None
    return reply if isinstance(reply, dict) else None


def _build(replies: list[dict[str, Any]]) -> prove_programs.Build | None:
    for reply in replies:
        if 'QMP' in reply:
            version = reply['QMP']['version']
            numbers = version['qemu']
            return prove_programs.Build(
                '{major}.{minor}.{micro}'.format(**numbers), version['package']
            )
    return None
