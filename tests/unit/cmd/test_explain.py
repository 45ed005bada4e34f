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

"""nova-native-tls explain, in this process."""

from __future__ import annotations

import io
import json

import testtools

from nova_native_tls.cmd import main

from tests.unit.cmd import in_process

NAME = (
    "operation failed: job 'migration out' failed: Certificate does not match "
    'the hostname host9'
)
LOST = 'Cannot read from TLS channel: Input/output error'


class ExplainTest(testtools.TestCase):
    """Arguments and standard input to an explanation."""

    def setUp(self) -> None:
        super().setUp()
        self.line = self.useFixture(in_process.CommandLine())

    def _run(self, *argv: str, stdin=None) -> in_process.Result:
        # In a terminal's place, nothing.
        stdin = io.StringIO() if stdin is None else stdin
        out, err = io.StringIO(), io.StringIO()
        status = main.main(
            ['explain', '-f', 'json', *argv],
            stdin=stdin,
            stdout=out,
            stderr=err,
        )
        return in_process.Result(status, out.getvalue(), err.getvalue())

    def test_columns(self):
        """What it is, who has to do what, and how that is known."""
        done = self._run(NAME)
        self.assertEqual((0, ''), (done.status, done.err))
        shown = done.json()
        self.assertEqual(
            [
                'id',
                'host_to_mend',
                'cause',
                'remedy',
                'seen',
                'sentence',
                'when',
                'others',
            ],
            list(shown),
        )
        self.assertEqual('name.mismatch', shown['id'])
        self.assertEqual('destination', shown['host_to_mend'])
        self.assertIn('host9', shown['cause'])
        self.assertEqual(['QEMU on the source'], shown['seen'])
        self.assertEqual(
            'Certificate does not match the hostname host9', shown['sentence']
        )
        self.assertIsNone(shown['when'])
        self.assertEqual([], shown['others'])

    def test_words(self):
        """Quotes around the text may be left out."""
        self.assertEqual(
            'name.mismatch', self._run(*NAME.split()).json()['id']
        )

    def test_standard_input(self):
        """Without a text, or with a dash."""
        for argv in ((), ('-',)):
            stdin = io.StringIO(f'x\n{NAME}\nx\n')
            done = self._run(*argv, stdin=stdin)
            self.assertEqual(0, done.status)
            self.assertEqual('name.mismatch', done.json()['id'])

    def test_any_bytes(self):
        """A log need not be text from beginning to end."""
        raw = io.BytesIO(b'\xff\xfe\0' + NAME.encode() + b'\xc3\n\xff')
        stdin = io.TextIOWrapper(raw, encoding='ascii')
        done = self._run(stdin=stdin)
        self.assertEqual('name.mismatch', done.json()['id'])
        # It is still the process's own.
        self.assertFalse(raw.closed)

    def test_terminal(self):
        """Somebody in front of it is told what is waited for."""
        done = self._run(stdin=in_process.Terminal())
        self.assertIn('Ctrl-D', done.err)

    def test_seen_on(self):
        """Whose log it is makes an explanation definite."""
        for host, other in (
            ('source', 'destination'),
            ('destination', 'source'),
        ):
            shown = self._run('--seen-on', host, LOST).json()
            self.assertIn(f'on the {other}', shown['remedy'])

    def test_others(self):
        """What else is known is not kept back."""
        shown = self._run(f'{LOST} {NAME}').json()
        self.assertEqual('name.mismatch', shown['id'])
        (other,) = shown['others']
        self.assertTrue(other.startswith('connection.lost: '), other)

    def test_when(self):
        """A log's time is told, since a log may be old."""
        text = f'2026-11-21T12:44:37.685253Z qemu-system-x86_64: {LOST}'
        self.assertEqual(
            '2026-11-21T12:44:37.685253+00:00', self._run(text).json()['when']
        )

    def test_not_known(self):
        """One line that says what to do instead; no result."""
        for argv in (('nonsense',), (), ('-',)):
            done = self._run(*argv)
            self.assertEqual((2, ''), (done.status, done.out))
            self.assertEqual(1, done.err.count('\n'))
            self.assertIn('/var/log/libvirt/qemu/', done.err)

    def test_for_people(self):
        """Lines, and dashes for what there is not."""
        done = self.line.run('explain', NAME)
        self.assertEqual(0, done.status)
        self.assertIn('| when         | - ', done.out)
        self.assertNotIn('None', done.out)
        self.assertRaises(json.JSONDecodeError, done.json)
