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

"""Runs ``nova-native-tls`` as a process of its own, as an operator does."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import fixtures
import testtools

#: Longer than any command takes; reached only when one hangs.
HANGS_AFTER_S = 120


class CommandLineTestCase(testtools.TestCase):
    """A directory for files, and processes that see nothing of this user."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.environment = {
            **os.environ,
            'HOME': str(self.directory),
            # stevedore keeps what it has seen of entry points there.
            'XDG_CACHE_HOME': str(self.directory / 'cache'),
            'COLUMNS': '200',
        }

    def file(self, content: str, name: str = 'nova.conf') -> str:
        """Write a file and give its path."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return str(path)

    def libvirt_file(self, *options: str, name: str = 'nova.conf') -> str:
        """Write [libvirt] options without their common prefix."""
        return self.file(
            '\n'.join(
                ['[libvirt]', *(f'live_migration_{o}' for o in options), '']
            ),
            name,
        )

    def run_module(
        self, module: str, *argv: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a module of Python's path as a program."""
        return subprocess.run(
            [sys.executable, '-m', module, *argv],
            capture_output=True,
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=HANGS_AFTER_S,
        )

    def run_command(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run ``nova-native-tls`` with these arguments."""
        return self.run_module('nova_native_tls.cmd.main', *argv)

    def run_json(self, *argv: str) -> Any:
        """Run it and read its result, whatever the status."""
        return json.loads(self.run_command(*argv, '-f', 'json').stdout)

    def assert_one_line(
        self,
        done: subprocess.CompletedProcess[str],
        *expected: str,
        status: int = 2,
    ) -> None:
        """Assert that it failed with one line on standard error alone."""
        self.assertEqual('', done.stdout)
        self.assertEqual(1, done.stderr.count('\n'), done.stderr)
        self.assertTrue(
            done.stderr.startswith('nova-native-tls: '), done.stderr
        )
        for text in expected:
            self.assertIn(text, done.stderr)
        self.assertEqual(status, done.returncode, done.stderr)
