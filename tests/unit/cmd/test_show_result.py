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

"""How any command ends: result, line, status."""

from __future__ import annotations

from typing import Any

import fixtures
import testtools

from nova_native_tls.cmd import exit_status
from nova_native_tls.cmd import show_result
from nova_native_tls import exception
from tests.unit.cmd import in_process


class ShowResultTest(testtools.TestCase):
    """A command whose work is replaced."""

    def setUp(self) -> None:
        super().setUp()
        self.line = self.useFixture(in_process.CommandLine())

    def _run(self, result: Any, *options: str) -> in_process.Result:
        """Run with ``result`` as the command's work."""
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova_native_tls.cmd.flags_show.FlagsShow.result', result
            )
        )
        return self.line.run(*options, 'flags', 'show', '-f', 'json')

    def test_success(self) -> None:
        """The result alone is printed."""
        done = self._run(lambda command, arguments: {'a': 1, 'b': None})
        self.assertEqual(0, done.status)
        self.assertEqual({'a': 1, 'b': None}, done.json())
        self.assertEqual('', done.err)

    def test_warning(self) -> None:
        """The result is printed all the same, the warning beside it."""

        def result(
            command: show_result.ShowResult, _arguments: object
        ) -> dict[str, object]:
            command.warn('look out')
            return {'a': 1}

        done = self._run(result)
        self.assertEqual(1, done.status)
        self.assertEqual({'a': 1}, done.json())
        self.assertEqual('nova-native-tls: warning: look out\n', done.err)

    def test_a_warning_does_not_weaken_a_failure(self) -> None:
        """The worse of the two counts."""

        def result(
            command: show_result.ShowResult, _arguments: object
        ) -> dict[str, object]:
            command.status = exit_status.ExitStatus.FAILURE
            command.warn('look out')
            return {}

        self.assertEqual(2, self._run(result).status)

    def test_one_run_does_not_change_the_next(self) -> None:
        """The status belongs to one run."""

        def warn(
            command: show_result.ShowResult, _arguments: object
        ) -> dict[str, object]:
            command.warn('look out')
            return {}

        self.assertEqual(1, self._run(warn).status)
        self.assertEqual(0, self._run(lambda command, arguments: {}).status)

    def test_failure(self) -> None:
        """One line, no result, no traceback."""

        def result(_command: object, _arguments: object) -> None:
            raise exception.UnknownFlag(flag='X')

        done = self._run(result)
        self.assertEqual(2, done.status)
        self.assertEqual('', done.out)
        self.assertEqual(
            'nova-native-tls: There is no migration flag X\n', done.err
        )

    def test_broken(self) -> None:
        """What we did not foresee says so, and asks for a report."""

        def result(_command: object, _arguments: object) -> None:
            raise ZeroDivisionError('by zero')

        done = self._run(result)
        self.assertEqual(255, done.status)
        self.assertEqual('', done.out)
        self.assertEqual(1, done.err.count('\n'))
        self.assertIn('the tool itself broke', done.err)
        self.assertIn('ZeroDivisionError: by zero', done.err)
        self.assertIn('--debug', done.err)

    def test_broken_with_debug(self) -> None:
        """The traceback comes with --debug, the status stays."""

        def result(_command: object, _arguments: object) -> None:
            raise ZeroDivisionError('by zero')

        done = self._run(result, '--debug')
        self.assertEqual(255, done.status)
        self.assertIn('Traceback', done.err)

    def test_failure_with_debug(self) -> None:
        """Likewise for a failure; its cause is in the traceback."""

        def result(_command: object, _arguments: object) -> None:
            try:
                raise ValueError('the cause')
            except ValueError as err:
                raise exception.UnknownFlag(flag='X') from err

        done = self._run(result, '--debug')
        self.assertEqual(2, done.status)
        self.assertIn('Traceback', done.err)
        self.assertIn('the cause', done.err)
