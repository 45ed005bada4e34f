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

"""Finding the programs, their Python, and understanding what it says."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
from unittest import mock

import fixtures
import testtools

from nova_native_tls.nova.installation import loading

NOVA_COMPUTE = loading.Program.NOVA_COMPUTE
OWN = loading.Program.OWN

SAID = {
    'python_version': '3.11.2',
    'prefix': '/usr',
    'is_virtual': False,
    'nova_version': '34.0.0',
    'nova_path': '/usr/lib/python3/dist-packages/nova',
    'native_tls_version': '1.0.0',
    'native_tls_path': '/usr/lib/python3/dist-packages/nova_native_tls',
    'problem': '',
}


class FolderTestCase(testtools.TestCase):
    """A folder to put programs into."""

    def setUp(self) -> None:
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def program(self, text: str, name: str = 'bin/nova-compute') -> str:
        """Write a program and give its path."""
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return str(path)


class FindTest(FolderTestCase):
    """Where a program is looked for."""

    def find(self, *path: str, beside: str = 'venv') -> tuple[str, ...]:
        self.useFixture(
            fixtures.MonkeyPatch(
                'sys.executable', str(self.root / beside / 'python3')
            )
        )
        folders = [str(self.root / folder) for folder in path]
        self.useFixture(
            fixtures.EnvironmentVariable('PATH', os.pathsep.join(folders))
        )
        return loading.find(NOVA_COMPUTE)

    def test_none(self) -> None:
        """Nowhere is no error."""
        self.assertEqual((), self.find('bin'))

    def test_on_path(self) -> None:
        """As a shell finds it."""
        program = self.program('')
        self.assertEqual((program,), self.find('sbin', 'bin'))

    def test_beside_python_first(self) -> None:
        """That environment's own counts most; the other is told too."""
        there = self.program('')
        beside = self.program('', 'venv/nova-compute')
        self.assertEqual((beside, there), self.find('bin'))

    def test_the_same_twice(self) -> None:
        """A program that is found in two ways is one program."""
        beside = self.program('', 'venv/nova-compute')
        (self.root / 'bin').mkdir()
        (self.root / 'bin' / 'nova-compute').symlink_to(beside)
        self.assertEqual((beside,), self.find('bin', 'venv'))

    def test_what_cannot_be_run(self) -> None:
        """A file that is no program is not found."""
        os.chmod(self.program(''), 0o644)
        self.assertEqual((), self.find('bin'))


class PythonOfTest(FolderTestCase):
    """Reading which Python runs a program."""

    def setUp(self) -> None:
        super().setUp()
        self.python = self.program('', 'bin/python3.11')
        self.spaced = self.program('', 'a b/python3')
        self.useFixture(
            fixtures.EnvironmentVariable('PATH', str(self.root / 'bin'))
        )

    def test_forms(self) -> None:
        """Those that pip and distributions write."""
        for text, python in (
            (f'#!{self.python}\nimport sys\n', self.python),
            (f'#! {self.python} -s\n', self.python),
            (f'#!{self.python}', self.python),
            (f'#!{self.python}\r\n', self.python),
            ('#!/usr/bin/env python3.11\n', self.python),
            ('#!/usr/bin/env -S python3.11 -s\n', self.python),
            (
                f"#!/bin/sh\n'''exec' {self.python} \"$0\" \"$@\"\n' '''\n",
                self.python,
            ),
            (
                f"#!/bin/sh\n'''exec' \"{self.spaced}\" \"$0\" \"$@\"\n",
                self.spaced,
            ),
        ):
            self.assertEqual(
                python, loading.python_of(self.program(text)), text
            )

    def test_not_known(self) -> None:
        """Nothing is guessed at, and the program is named."""
        for text in (
            '',
            '\n',
            '#!',
            '#!\n',
            '#!/bin/sh\nexec python3 "$@"\n',
            '#!/bin/sh',
            '#!/usr/bin/env\n',
            '#!/usr/bin/env nothing-like-it\n',
            '#!/usr/bin/python-that-is-not-there\n',
            f'#!{self.python} "\n',
            'import sys\n',
            '\x7fELF\x02\x01\x01\x00',
            "#!/bin/sh\n'''exec' \"$(dirname \"$0\")\"/python \"$@\"\n",
        ):
            program = self.program(text)
            err = self.assertRaises(
                loading.NotPython, loading.python_of, program
            )
            self.assertIn(program, str(err))

    def test_any_bytes(self) -> None:
        """A program need not be text."""
        path = pathlib.Path(self.program(''))
        path.write_bytes(b'#!\xff\xfe\0 \n\xff' + bytes(range(256)))
        self.assertRaises(loading.NotPython, loading.python_of, str(path))

    def test_not_there(self) -> None:
        """As one that cannot be read."""
        for path in (str(self.root / 'none'), str(self.root)):
            self.assertRaises(loading.NotPython, loading.python_of, path)


class AskTest(testtools.TestCase):
    """Understanding what a Python says, whatever it says."""

    def ask(self, said: str, stderr: str = '') -> loading.Loader:
        done = subprocess.CompletedProcess([], 0, said, stderr)
        with mock.patch.object(
            subprocess, 'run', autospec=True, return_value=done
        ):
            return loading.ask(NOVA_COMPUTE, '/bin/nova-compute', '/bin/py')

    def problem(self, said: str, stderr: str = '') -> str:
        loader = self.ask(said, stderr)
        self.assertFalse(loader.works)
        return loader.problem

    def test_it_works(self) -> None:
        """Everything it says is kept, whatever else it printed."""
        loader = self.ask(f'a warning\n\n{json.dumps(SAID)}\n')
        self.assertTrue(loader.works)
        self.assertEqual(
            {**SAID, 'path': '/bin/nova-compute', 'python': '/bin/py'},
            {
                name: value
                for name, value in dataclasses.asdict(loader).items()
                if name not in ('program', 'missing')
            },
        )

    def test_what_is_missing(self) -> None:
        """Each module has its sentence, with the places in it."""
        for missing, *texts in (
            ('nova', 'Nova is not installed in /usr'),
            ('nova_native_tls', 'nova-native-tls is not installed in /usr'),
            (
                'nova.virt.native_tls',
                SAID['nova_path'],
                SAID['native_tls_path'],
            ),
            ('libvirt', 'binding of libvirt', '/usr'),
        ):
            problem = self.problem(
                json.dumps({**SAID, 'problem': 'x', 'missing': missing})
            )
            for text in texts:
                self.assertIn(text, problem)

    def test_another_problem(self) -> None:
        """It is shown as it is."""
        for missing in (None, 'oslo_log'):
            self.assertEqual(
                'x',
                self.problem(
                    json.dumps({**SAID, 'problem': 'x', 'missing': missing})
                ),
            )

    def test_python_too_old(self) -> None:
        """Then nothing else needs to be said."""
        for version, is_old in (
            ('2.7.18', True),
            ('3.9.2', True),
            ('3.10.14', True),
            ('3.11.0', False),
            ('3.14.0rc1', False),
            ('4.0', False),
        ):
            problem = self.problem(
                json.dumps({'python_version': version, 'problem': 'x'})
            )
            self.assertEqual(is_old, f'Python {version} is too old' in problem)

    def test_no_answer(self) -> None:
        """What it says instead is shown."""
        for said in ('', '\n', 'nonsense', '{"python_version": '):
            self.assertIn(
                'SyntaxError: x', self.problem(said, 'at\nSyntaxError: x\n')
            )
            self.assertIn('nothing', self.problem(said))

    def test_an_answer_of_another_kind(self) -> None:
        """JSON that is not what the probe writes is no answer either."""
        for said in (
            '1',
            '[]',
            'null',
            '"x"',
            '{}',
            '{"python_version": "3.11.2"}',
            '{"problem": "", "colour": "red"}',
        ):
            self.assertIn('no answer', self.problem(said))

    def test_it_cannot_be_run(self) -> None:
        """Each way has its sentence."""
        for error, text in (
            (subprocess.TimeoutExpired('x', 1), 'no answer within'),
            (PermissionError(13, 'Permission denied'), 'Permission denied'),
        ):
            with mock.patch.object(
                subprocess, 'run', autospec=True, side_effect=error
            ):
                loader = loading.ask(OWN, '/bin/x', '/bin/py')
            self.assertIn(text, loader.problem)

    def test_really(self) -> None:
        """The probe runs, isolated, and says what this Python is."""
        loader = loading.ask(OWN, '/bin/x', sys.executable)
        self.assertEqual(
            '.'.join(map(str, sys.version_info[:3])), loader.python_version
        )


class LookTest(FolderTestCase):
    """From a name to an answer."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MonkeyPatch(
                'sys.executable', str(self.root / 'venv/python3')
            )
        )
        self.useFixture(
            fixtures.EnvironmentVariable('PATH', str(self.root / 'bin'))
        )
        self.python = self.program('', 'bin/python3')

    def look_for_own(
        self, nova_path: str | None, answer: loading.Loader
    ) -> loading.Loader:
        theirs = loading.Loader(program=NOVA_COMPUTE, nova_path=nova_path)
        with mock.patch.object(
            loading, 'look', autospec=True, return_value=answer
        ):
            return loading.own(theirs)

    def test_none(self) -> None:
        """It is said where was looked."""
        loader = loading.look(NOVA_COMPUTE)
        self.assertIsNone(loader.path)
        self.assertFalse(loader.works)
        self.assertIn(str(self.root / 'venv'), loader.problem)

    def test_no_python(self) -> None:
        """The program is told although its Python is not known."""
        path = self.program('#!/bin/sh\n')
        loader = loading.look(NOVA_COMPUTE)
        self.assertEqual((path, None), (loader.path, loader.python))
        self.assertFalse(loader.works)

    def test_named(self) -> None:
        """Nothing else is looked for."""
        self.program(f'#!{self.python}\n')
        named = self.program(f'#!{self.python}\n', 'bin/another')
        with mock.patch.object(loading, 'ask', autospec=True) as ask:
            self.assertIs(ask.return_value, loading.look(NOVA_COMPUTE, named))
        ask.assert_called_once_with(NOVA_COMPUTE, named, self.python)

    def test_own_starts_the_same_nova(self) -> None:
        """Also when there are two paths to it."""
        (self.root / 'nova').mkdir()
        (self.root / 'link').symlink_to(self.root / 'nova')
        answer = loading.Loader(program=OWN, nova_path=str(self.root / 'nova'))
        for theirs in (str(self.root / 'link'), None):
            self.assertTrue(self.look_for_own(theirs, answer).works)

    def test_own_starts_another_nova(self) -> None:
        """Then it does not serve; where that Nova is is told."""
        answer = loading.Loader(program=OWN, nova_path='/opt/nova')
        loader = self.look_for_own('/usr/nova', answer)
        self.assertFalse(loader.works)
        self.assertIn('/opt/nova', loader.problem)

    def test_own_has_a_problem_of_its_own(self) -> None:
        """That is what is told."""
        answer = loading.Loader(
            program=OWN, nova_path='/opt/nova', problem='x'
        )
        self.assertIs(answer, self.look_for_own('/usr/nova', answer))

    def test_as_dict(self) -> None:
        """What is shown always has the same names."""
        empty = loading.as_dict(loading.Loader(program=OWN, problem='x'))
        full = loading.as_dict(loading.Loader(program=OWN, **SAID))
        self.assertEqual(list(empty), list(full))
        self.assertEqual((False, True), (empty['works'], full['works']))
