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

"""nova-native-tls explain, as a process."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.functional import command_line

LOST = 'Cannot read from TLS channel: Input/output error'
REASON = "The certificate hasn't got a known issuer"
LINE = 'INFO nova.compute.manager [-] nothing of interest\n'


class ExplainTestCase(command_line.CommandLineTestCase):
    """Runs the command with something on its standard input."""

    def _run(self, *argv: str, stdin: bytes = b''):
        return subprocess.run(
            [
                sys.executable,
                '-m',
                'nova_native_tls.cmd.main',
                'explain',
                *argv,
            ],
            env=self.environment,
            cwd=self.directory,
            input=stdin,
            capture_output=True,
            timeout=command_line.HANGS_AFTER_S,
            check=False,
        )


class ExplainTest(ExplainTestCase):
    """What an operator does."""

    def test_message(self) -> None:
        """The message is copied from a terminal."""
        done = self._run(
            "operation failed: job 'migration out' failed: Certificate does "
            'not match the hostname 203.0.113.12'
        )
        self.assertEqual((0, b''), (done.returncode, done.stderr))
        self.assertIn(b'203.0.113.12', done.stdout)
        self.assertIn(b'tls_destination', done.stdout)

    def test_log(self) -> None:
        """The log is long, and says why in the middle."""
        log = (LINE * 50_000 + REASON + '\n' + LINE * 50_000 + LOST).encode()
        done = self._run('--seen-on', 'destination', '-f', 'json', stdin=log)
        self.assertEqual((0, b''), (done.returncode, done.stderr))
        shown = json.loads(done.stdout)
        self.assertEqual('peer.unknown-issuer', shown['id'])
        self.assertEqual('both', shown['host_to_mend'])
        self.assertEqual(1, len(shown['others']))

    def test_no_text(self) -> None:
        """Bytes of any kind are no reason to break."""
        done = self._run(stdin=bytes(range(256)) * 1_000)
        self.assertEqual((2, b''), (done.returncode, done.stdout))
        self.assertEqual(1, done.stderr.count(b'\n'), done.stderr)
        done = self._run(
            '-f',
            'value',
            '-c',
            'id',
            stdin=bytes(range(256))
            + REASON.encode()
            + bytes(range(255, 0, -1)),
        )
        self.assertEqual(b'peer.unknown-issuer\n', done.stdout)

    def test_not_known(self) -> None:
        """It says so, and a script can tell."""
        done = self._run('no such sentence')
        self.assertEqual((2, b''), (done.returncode, done.stdout))
        self.assertEqual(1, done.stderr.count(b'\n'), done.stderr)

    def test_wrong_use(self) -> None:
        """A host is one of two."""
        done = self._run('--seen-on', 'elsewhere', LOST)
        self.assertEqual((2, b''), (done.returncode, done.stdout))
        self.assertIn(b'elsewhere', done.stderr)
