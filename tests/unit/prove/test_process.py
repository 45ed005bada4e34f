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

"""Tests of prove/process.py."""

from __future__ import annotations

import os
import sys
from typing import Any

import fixtures
import testtools

from nova_native_tls.prove import process
from nova_native_tls.prove import subject


class ChildTest(testtools.TestCase):
    """A program that ends in time."""

    def _child(self, script: str, **options: Any) -> process.Child:
        return process.Child(
            (sys.executable, '-c', script), account=None, **options
        )

    def test_ends(self) -> None:
        """Status and output are kept, input is passed."""
        script = (
            'import sys; print(input()); sys.stderr.write("e"); sys.exit(3)'
        )
        with self._child(script) as child:
            ended = child.finish(process.Deadline(60), 'text\n')
        self.assertEqual(
            process.Ended(status=3, output='text\n', errors='e'), ended
        )

    def test_odd_output(self) -> None:
        """Bytes that are no text are no error."""
        with self._child('import os; os.write(1, b"\\xff")') as child:
            ended = child.finish(process.Deadline(60))
        self.assertEqual('\N{REPLACEMENT CHARACTER}', ended.output)

    def test_hangs(self) -> None:
        """It is not waited for, and does not outlive the context."""
        script = (
            'import signal, time; '
            'signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)'
        )
        with self._child(script) as child:
            self.assertRaises(
                TimeoutError, child.finish, process.Deadline(0.05)
            )
            pid = child._process.pid
        self.assertFalse(os.path.exists(f'/proc/{pid}'))

    def test_environment(self) -> None:
        """Nothing of ours is passed on."""
        self.useFixture(fixtures.EnvironmentVariable('LANG', 'de_DE.UTF-8'))
        with self._child(
            'import os; print(sorted(os.environ))', environment={'ADDED': 'x'}
        ) as child:
            ended = child.finish(process.Deadline(60))
        self.assertEqual("['ADDED', 'LC_ALL', 'PATH']\n", ended.output)

    def test_accounts(self) -> None:
        """It runs as that user; as root it has no capabilities either."""
        asked: list[tuple[Any, dict[str, Any]]] = []

        def popen(argv: Any, **options: Any) -> None:
            asked.append((argv, options))

        self.useFixture(
            fixtures.MockPatchObject(process.subprocess, 'Popen', popen)
        )
        for uid in (64055, 0):
            process.Child(
                ('qemu-img',),
                account=subject.Account(
                    name='x', uid=uid, gid=7, groups=(8, 9)
                ),
            )
        (argv, options), (as_root, _options) = asked
        self.assertEqual(('qemu-img',), argv)
        self.assertEqual(
            {'user': 64055, 'group': 7, 'extra_groups': (8, 9), 'cwd': '/'},
            {
                key: options[key]
                for key in ('user', 'group', 'extra_groups', 'cwd')
            },
        )
        self.assertEqual(('setpriv', '--bounding-set=-all'), as_root[:2])
        self.assertEqual('qemu-img', as_root[-1])


class SubjectTest(testtools.TestCase):
    """As whom QEMU can be asked."""

    def _asked_by(self, euid: int, uid: int | None) -> tuple[bool, bool]:
        self.useFixture(
            fixtures.MockPatchObject(subject.os, 'geteuid', lambda: euid)
        )
        account = (
            None if uid is None else subject.Account(name='x', uid=uid, gid=1)
        )
        given = subject.Subject(
            host='h', directory='/', name=None, account=account
        )
        return given.as_qemu, given.switched is not None

    def test_who(self) -> None:
        """Root can be anybody, anybody else only itself."""
        self.assertEqual((True, True), self._asked_by(0, 64055))
        self.assertEqual((True, False), self._asked_by(64055, 64055))
        self.assertEqual((False, False), self._asked_by(1000, 64055))
        self.assertEqual((False, False), self._asked_by(0, None))
