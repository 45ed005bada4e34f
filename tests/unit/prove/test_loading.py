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

"""Tests of prove/loading.py."""

from __future__ import annotations

import json
from typing import Any

import testtools

from nova_native_tls.prove import loading
from nova_native_tls.prove import process
from nova_native_tls.prove import programs
from nova_native_tls.prove import subject

GREETING = {
    'QMP': {
        'version': {
            'qemu': {'major': 7, 'minor': 2, 'micro': 22},
            'package': 'Debian',
        },
        'capabilities': [],
    }
}


class Emulator:
    """Answers what is prepared; keeps what it was told."""

    def __init__(self, *replies: Any, errors: str = '') -> None:
        self.replies = replies
        self.errors = errors
        self.told: list[dict[str, Any]] = []

    def finish(self, _deadline: process.Deadline, text: str) -> process.Ended:
        """Answer."""
        self.told = [json.loads(line) for line in text.splitlines()]
        output = '\n'.join(
            reply if isinstance(reply, str) else json.dumps(reply)
            for reply in self.replies
        )
        return process.Ended(status=0, output=output, errors=self.errors)


def _returned(name: str) -> dict[str, Any]:
    return {'return': {}, 'id': name}


def _refused(name: str, sentence: str) -> dict[str, Any]:
    return {'error': {'class': 'GenericError', 'desc': sentence}, 'id': name}


class AskTest(testtools.TestCase):
    """QEMU's answers, over its monitor."""

    def _ask(
        self, emulator: Emulator, passphrase: str | None = None
    ) -> loading.Loading:
        given = subject.Subject(
            host='host1', directory='/d', name=None, passphrase=passphrase
        )
        return loading.ask(emulator, given, process.Deadline(60))

    def test_loaded(self) -> None:
        """Both are loaded."""
        found = self._ask(
            Emulator(
                GREETING,
                {'return': {}},
                _returned('server'),
                {'event': 'SHUTDOWN'},
                _returned('client'),
            )
        )
        self.assertTrue(found.succeeded)
        self.assertEqual({'server': '', 'client': ''}, found.answers)
        self.assertEqual(programs.Build('7.2.22', 'Debian'), found.build)

    def test_refused(self) -> None:
        """One is not; its sentence is kept, and the other's answer."""
        found = self._ask(
            Emulator(GREETING, _refused('server', 'no'), _returned('client'))
        )
        self.assertFalse(found.succeeded)
        self.assertEqual({'server': 'no', 'client': ''}, found.answers)

    def test_silence(self) -> None:
        """No answer is not success."""
        for replies in ((), (GREETING,), (GREETING, _returned('server'))):
            self.assertFalse(self._ask(Emulator(*replies)).succeeded)

    def test_noise(self) -> None:
        """What is no answer is passed over; errors are kept."""
        found = self._ask(Emulator('[]', 'x', '7', errors=' what\n'))
        self.assertEqual({}, found.answers)
        self.assertIsNone(found.build)
        self.assertEqual('what', found.output)

    def test_orders(self) -> None:
        """The passphrase comes first, then both ends; then QEMU ends."""
        emulator = Emulator(GREETING)
        self._ask(emulator, 'a "phrase"')
        self.assertEqual(
            [
                ('qmp_capabilities', None),
                ('object-add', 'secret'),
                ('object-add', 'tls-creds-x509'),
                ('object-add', 'tls-creds-x509'),
                ('quit', None),
            ],
            [
                (each['execute'], each.get('arguments', {}).get('qom-type'))
                for each in emulator.told
            ],
        )
        self.assertEqual('a "phrase"', emulator.told[1]['arguments']['data'])

    def test_passphrase_refused(self) -> None:
        """Without it, what QEMU says of the keys has no meaning."""
        found = self._ask(
            Emulator(
                GREETING, _refused('phrase', 'not UTF-8'), _returned('server')
            ),
            'x',
        )
        self.assertEqual({}, found.answers)
