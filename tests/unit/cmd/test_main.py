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

"""The entry point, and what it does with odd command lines."""

from __future__ import annotations

import importlib.metadata
import io
import sys
from typing import Any

import fixtures
import testtools

from nova_native_tls.cmd import main
from tests.unit.cmd import in_process


class MainTest(testtools.TestCase):
    """main.main in this process."""

    def setUp(self) -> None:
        super().setUp()
        self.line = self.useFixture(in_process.CommandLine())

    def test_help(self) -> None:
        """The help lists the commands and ends well."""
        done = self.line.run('help')
        self.assertEqual((0, ''), (done.status, done.err))
        self.assertIn('flags show', done.out)
        self.assertIn('migrate', done.out)

    def test_only_one_command_is_loaded(self) -> None:
        """The others, and all that they need, cost nobody any time."""
        loaded: list[str] = []
        load = importlib.metadata.EntryPoint.load

        def spy(entry: importlib.metadata.EntryPoint) -> Any:
            if entry.group == main.NAMESPACE:
                loaded.append(entry.name)
            return load(entry)

        self.useFixture(
            fixtures.MockPatchObject(
                importlib.metadata.EntryPoint, 'load', spy
            )
        )
        self.assertEqual(0, self.line.run('flags', 'show', '--help').status)
        self.assertEqual({'flags_show'}, {*loaded})

    def test_unknown_command(self) -> None:
        """A failure, not a warning and not a breakdown."""
        done = self.line.run('nonsense')
        self.assertEqual((2, ''), (done.status, done.out))
        self.assertEqual(
            'nova-native-tls: there is no command "nonsense", see --help\n',
            done.err,
        )

    def test_no_arguments(self) -> None:
        """No arguments are no arguments: the process's own do not count."""
        self.useFixture(
            fixtures.MockPatchObject(sys, 'argv', ['tests', 'nonsense'])
        )
        done = self.line.run()
        self.assertEqual((0, ''), (done.status, done.err))
        self.assertEqual(self.line.run('help').out, done.out)

    def test_the_processs_own_arguments(self) -> None:
        """They count where a caller gives none."""
        self.useFixture(
            fixtures.MockPatchObject(sys, 'argv', ['tests', 'nonsense'])
        )
        err = io.StringIO()
        self.assertEqual(2, main.main(stderr=err))
        self.assertIn('"nonsense"', err.getvalue())

    def _break(self) -> None:
        """Make the application break before any command begins."""

        def broken(*_args: object) -> None:
            raise ZeroDivisionError('by\nzero')

        self.useFixture(
            fixtures.MockPatchObject(
                main.NativeTLSApp, 'run_subcommand', broken
            )
        )

    def test_broken(self) -> None:
        """What nobody foresaw is one line, and no warning's status."""
        self._break()
        done = self.line.run('flags', 'show')
        self.assertEqual((255, ''), (done.status, done.out))
        self.assertEqual(1, done.err.count('\n'), done.err)
        self.assertIn(
            'nova-native-tls: the tool itself broke (ZeroDivisionError: '
            'by zero)',
            done.err,
        )
        self.assertIn('--debug', done.err)

    def test_broken_with_debug(self) -> None:
        """The traceback is shown as well, and 1 stays a warning's status."""
        self._break()
        done = self.line.run('--debug', 'flags', 'show')
        self.assertEqual(255, done.status)
        self.assertIn('Traceback', done.err)

    def test_entry_points(self) -> None:
        """Every command is found by the name that the manual has."""
        self.assertEqual(
            {
                'ca_crl',
                'ca_init',
                'ca_revoke',
                'ca_rotate',
                'ca_show',
                'ca_sign',
                'evidence_list',
                'evidence_show',
                'evidence_verify',
                'explain',
                'flags_show',
                'host_check',
                'host_configure',
                'host_enroll',
                'host_install',
                'host_renew',
                'host_show',
                'host_speed',
                'known-issues_list',
                'known-issues_show',
                'migrate',
                'nova_show',
                'pair_check',
                'policy_show',
            },
            {
                entry_point.name
                for entry_point in importlib.metadata.entry_points(
                    group=main.NAMESPACE
                )
                if entry_point.value.startswith('nova_native_tls.')
            },
        )
