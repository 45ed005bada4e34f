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

"""``nova-native-tls host check`` as a process, where there is no libvirt."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.functional import command_line
from tests.functional.host import trees

NOWHERE = 'qemu+unix:///system?socket=/nowhere'
COLUMNS = [
    'status',
    'code',
    'subject',
    'detail',
    'wanted',
    'remedy',
    'stricter',
]


class HostCheckTest(command_line.CommandLineTestCase, trees.NeedsRoot):
    """A host that is not a compute node."""

    def check(self, *prefix: str, options: tuple[str, ...] = ()) -> Any:
        """Run it, perhaps as somebody else."""
        return subprocess.run(
            [
                *(*prefix, sys.executable, '-m', 'nova_native_tls.cmd.main'),
                *('host', 'check', '--connect', NOWHERE, *options),
            ],
            capture_output=True,
            cwd='/',
            env=self.environment,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=command_line.HANGS_AFTER_S,
        )

    def test_no_libvirt(self) -> None:
        """A failure, a list, and nothing about it on standard error."""
        done = self.check(options=('-f', 'json'))
        self.assertEqual((2, ''), (done.returncode, done.stderr))
        rows = json.loads(done.stdout)
        self.assertEqual(COLUMNS, list(rows[0]))
        self.assertEqual('failure', rows[0]['status'])
        found = {row['code']: row for row in rows}
        silent = found['libvirt.no-answer']
        self.assertIn('/nowhere', silent['detail'])
        # What depends on it cannot have been looked at.
        for code in ('apparmor.not-looked-at', 'credentials.not-looked-at'):
            self.assertEqual('failure', found[code]['status'])
            self.assertIn('libvirt', found[code]['remedy'])
        for row in rows:
            if row['status'] != 'success':
                self.assertNotEqual('', row['remedy'], row)

    def test_worst_first(self) -> None:
        """What has to be mended is at the top."""
        done = self.check(options=('-f', 'value', '-c', 'status'))
        statuses = done.stdout.split()
        order = ['failure', 'warning', 'success']
        self.assertEqual(sorted(statuses, key=order.index), statuses)

    def test_without_capabilities(self) -> None:
        """Who cannot become QEMU's user computes what that user may read."""
        done = self.check(
            *('setpriv', '--bounding-set=-all', '--inh-caps=-all', '--'),
            options=('-f', 'json'),
        )
        self.assertEqual((2, ''), (done.returncode, done.stderr))
        codes = {row['code'] for row in json.loads(done.stdout)}
        self.assertIn('libvirt.no-answer', codes)

    def test_unknown_depth(self) -> None:
        """One line."""
        done = self.check(options=('--depth', 'deep'))
        self.assert_one_line(done, "'deep'")

    def test_configuration(self) -> None:
        """A nova.conf that cannot be read is one line, before any look."""
        done = self.check(options=('--config-file', '/nowhere'))
        self.assert_one_line(done, '/nowhere')
