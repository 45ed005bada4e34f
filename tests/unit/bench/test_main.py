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

"""Tests of the command that measures."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import functools
import io
import json
import pathlib
import sys
import tempfile
import types
from unittest import mock

import testtools

from nova_native_tls.cmd import exit_status
from tests.lab.bench import __main__ as bench_main
from tests.lab.bench import sheet as bench_sheet
from tests.lab.harness import errors


def make_sheet(subject: str) -> bench_sheet.Sheet:
    """One that has a column."""
    return bench_sheet.Sheet(
        subject=subject,
        title='Any',
        columns=(bench_sheet.Column(name='time', unit='s'),),
    )


class MainTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.output = pathlib.Path(directory.name, 'found.json')
        for name in ('one', 'two'):
            self.run_subject(name)

    def run_subject(
        self, name: str, then: Callable[[], None] = lambda: None
    ) -> None:
        """Let a subject measure once, and then do something."""

        def run(
            sheet: bench_sheet.Sheet,
            *,
            rounds: int,
            tell: Callable[[str], None],
        ) -> None:
            sheet.add('', name, {'time': rounds})
            then()

        module = types.SimpleNamespace(
            sheet=functools.partial(make_sheet, name), run=run
        )
        modules = mock.patch.dict(
            sys.modules, {f'tests.bench_of_{name}': module}
        )
        modules.start()
        self.addCleanup(modules.stop)

    def main(self, *argv: str) -> tuple[int, str]:
        """Run it; give its status and what it printed."""
        subjects = {
            name: (f'tests.bench_of_{name}', number)
            for number, name in enumerate(('one', 'two'), 1)
        }
        stdout = io.StringIO()
        with (
            mock.patch.object(bench_main, 'SUBJECTS', subjects),
            mock.patch.object(bench_main.signal, 'signal', autospec=True),
            mock.patch.object(sys, 'argv', ['bench', *argv]),
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            status = bench_main.main()
        return status, stdout.getvalue()

    def measured(self, text: str) -> dict[str, list[float]]:
        """What JSON says of each subject."""
        return {
            row['what']: row['values']['time']
            for sheet in json.loads(text)['sheets']
            for row in sheet['rows']
        }

    def test_everything(self) -> None:
        """All subjects, each with its own number of repetitions."""
        status, printed = self.main('--json')
        self.assertEqual(exit_status.ExitStatus.SUCCESS, status)
        self.assertEqual({'one': [1], 'two': [2]}, self.measured(printed))

    def test_one(self) -> None:
        """Only what is named, as often as is said."""
        _status, printed = self.main('two', '--rounds', '7', '--json')
        self.assertEqual({'two': [7]}, self.measured(printed))

    def test_interrupted(self) -> None:
        """What there is is shown and kept, and nothing else is begun."""
        self.run_subject('one', mock.Mock(side_effect=KeyboardInterrupt))
        status, printed = self.main('--output', str(self.output))
        self.assertEqual(exit_status.ExitStatus.FAILURE, status)
        self.assertIn('one', printed)
        self.assertEqual({'one': [1]}, self.measured(self.output.read_text()))

    def test_failed(self) -> None:
        """One that fails keeps none of the others from being measured."""
        self.run_subject('one', mock.Mock(side_effect=errors.LabError))
        status, printed = self.main('--json')
        self.assertEqual(exit_status.ExitStatus.FAILURE, status)
        self.assertEqual({'one': [1], 'two': [2]}, self.measured(printed))

    def test_show(self) -> None:
        """A file is shown as it was when it was written."""
        _status, printed = self.main('--output', str(self.output))
        self.run_subject('one', mock.Mock(side_effect=AssertionError))
        self.assertEqual(
            (exit_status.ExitStatus.SUCCESS, printed),
            self.main('--show', str(self.output)),
        )

    def test_show_twice(self) -> None:
        """The same run is not compared with itself."""
        self.main('--output', str(self.output))
        status, printed = self.main(*('--show', str(self.output)) * 2)
        self.assertEqual(
            (exit_status.ExitStatus.FAILURE, ''), (status, printed)
        )

    def test_unknown(self) -> None:
        """What is no subject is refused before anything is measured."""
        error = self.assertRaises(SystemExit, self.main, 'three')
        self.assertEqual(2, error.code)
