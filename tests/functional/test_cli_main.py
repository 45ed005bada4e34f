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

"""The command line as a whole: help, versions, odd input."""

from __future__ import annotations

import re

from tests.functional import command_line

_OPTION = re.compile(r'(?<![\w-])(--[a-z][a-z-]*)')

#: Of each command, what it takes of its own; the manual has the same.
OPTIONS = {
    ('flags', 'show'): {
        '--config-file',
        '--block',
        '--paused',
        '--destination',
        '--tls-destination',
        '--libvirt-version',
        '--qemu-version',
    },
    ('migrate',): {
        '--config-file',
        '--connect',
        '--migrate-uri',
        '--tls-destination',
        '--copy-storage',
        '--parallel',
        '--postcopy',
        '--plaintext',
        '--direct',
    },
}

PLUG_IN = """
from cliff import command

from nova_native_tls.cmd import show_result


class Broken(show_result.ShowResult):
    "Break."

    def result(self, parsed_args):
        return {'quotient': 1 / 0}


class Plain(command.Command):
    "Break without our base class."

    def take_action(self, parsed_args):
        return 1 / 0


class Leaves(show_result.ShowResult):
    "Leave by the back door."

    def result(self, parsed_args):
        raise SystemExit(7)


class Constructor(show_result.ShowResult):
    "Break before anything."

    def __init__(self, *args, **kwargs):
        raise RuntimeError('early')


class Lines(show_result.ShowResult):
    "Break in two lines."

    def result(self, parsed_args):
        raise RuntimeError('two\\nlines')
"""


class HelpTest(command_line.CommandLineTestCase):
    """What an operator reads first."""

    def test_without_a_command(self) -> None:
        """The help is shown; no shell is opened."""
        done = self.run_command()
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        self.assertEqual(self.run_command('--help').stdout, done.stdout)

    def test_commands(self) -> None:
        """Each command stands in the help with one line."""
        done = self.run_command('--help')
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        for name in OPTIONS:
            self.assertRegex(
                done.stdout, rf'(?m)^  {" ".join(name)} +[A-Z]\w+ '
            )

    def test_options(self) -> None:
        """The help of each command explains every option it takes."""
        for name, options in OPTIONS.items():
            done = self.run_command(*name, '--help')
            self.assertEqual((0, ''), (done.returncode, done.stderr))
            usage, _title, explained = done.stdout.partition('\noptions:\n')
            self.assertEqual(set(), options - set(_OPTION.findall(usage)))
            for option in options:
                self.assertRegex(
                    explained, rf'(?m)^  {option}( [A-Z_]+)?(\n)? +\S+ \S+'
                )

    def test_no_option_is_missing_here(self) -> None:
        """A new option comes with a line in the list above."""
        common = set(
            _OPTION.findall(
                self.run_command('help', 'migrate').stdout.partition(
                    '--config-file'
                )[0]
            )
        )
        for name, options in OPTIONS.items():
            usage = self.run_command(*name, '--help').stdout.partition(
                '\noptions:\n'
            )[0]
            self.assertEqual(
                options, set(_OPTION.findall(usage)) - common, str(name)
            )

    def test_help_of_help(self) -> None:
        """It is a command like any other."""
        done = self.run_command('help', '--help')
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        self.assertIn('usage: nova-native-tls help', done.stdout)

    def test_arguments(self) -> None:
        """What stands without a name is explained too."""
        text = self.run_command('migrate', '--help').stdout
        self.assertRegex(text, r'(?m)^  domain +name or UUID')
        self.assertRegex(text, r'(?m)^  DEST_URI +\S+ destination')

    def test_version(self) -> None:
        """There is one, and it is a number."""
        done = self.run_command('--version')
        self.assertEqual(0, done.returncode)
        self.assertRegex(done.stdout, r' \d+\.\d+\S*\n$')


class OddInputTest(command_line.CommandLineTestCase):
    """A command line that cannot be run."""

    def test_unknown_command(self) -> None:
        """It is named on standard error, and the status is a failure's."""
        for argv in (('nonsense',), ('help', 'nonsense'), ('-v', 'nonsense')):
            self.assert_one_line(
                self.run_command(*argv),
                'there is no command "nonsense", see --help',
            )

    def test_half_a_command(self) -> None:
        """It is named; asked for help, the whole ones are listed."""
        self.assert_one_line(self.run_command('flags'), '"flags"')
        done = self.run_command('help', 'flags')
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        self.assertIn('flags show', done.stdout)

    def test_unknown_option(self) -> None:
        """It is named on standard error, and nothing is done."""
        for name in OPTIONS:
            self.assert_one_line(
                self.run_command(*name, '--no-such-option', 'x', 'y'),
                '--no-such-option',
                'see --help',
            )

    def test_a_value_of_the_wrong_type(self) -> None:
        """The option and the value are named."""
        self.assert_one_line(
            self.run_command(
                *('migrate', '--parallel', 'many', 'vm'),
                'qemu+tls://host2/system',
            ),
            '--parallel',
            "'many'",
        )

    def test_unknown_format(self) -> None:
        """It is named, with those that there are."""
        self.assert_one_line(
            self.run_command('flags', 'show', '-f', 'nonsense'),
            *("'nonsense'", 'json', 'yaml', 'value', 'table'),
        )

    def test_missing_arguments(self) -> None:
        """Those that are missing are named."""
        self.assert_one_line(self.run_command('migrate'), 'domain', 'DEST_URI')

    def test_unknown_option_and_nothing_else(self) -> None:
        """An unknown option before any command is named likewise."""
        self.assert_one_line(self.run_command('--nonsense'), '--nonsense')

    def test_an_option_and_no_command(self) -> None:
        """No shell is opened; the help is shown as without the option."""
        for option in ('--debug', '-q', '-v'):
            done = self.run_command(option)
            self.assertEqual(0, done.returncode, option)
            self.assertIn('flags show', done.stdout)

    def test_a_log_file_that_cannot_be_written(self) -> None:
        """One line of ours, and no breakdown of the tool."""
        self.assert_one_line(
            self.run_command('--log-file', '/nonexistent/x', 'flags', 'show'),
            '/nonexistent/x',
        )


class PlugInTest(command_line.CommandLineTestCase):
    """A command that another distribution brings."""

    def setUp(self) -> None:
        super().setUp()
        self.file(PLUG_IN, 'a_plug_in.py')
        info = 'a_plug_in-1.0.dist-info'
        self.file(
            'Metadata-Version: 2.1\nName: a-plug-in\nVersion: 1.0\n',
            f'{info}/METADATA',
        )
        self.file(
            '[nova_native_tls.cli]\n'
            'plug_broken = a_plug_in:Broken\n'
            'plug_plain = a_plug_in:Plain\n'
            'plug_leaves = a_plug_in:Leaves\n'
            'plug_constructor = a_plug_in:Constructor\n'
            'plug_lines = a_plug_in:Lines\n'
            'plug_missing = no_such_module:Missing\n',
            f'{info}/entry_points.txt',
        )
        self.environment['PYTHONPATH'] = ':'.join(
            filter(
                None, [str(self.directory), self.environment.get('PYTHONPATH')]
            )
        )

    def test_it_is_found(self) -> None:
        """It stands beside ours."""
        self.assertIn('plug broken', self.run_command('--help').stdout)

    def test_it_breaks(self) -> None:
        """What is broken says so, and its status is no other's."""
        self.assert_one_line(
            self.run_command('plug', 'broken'),
            'the tool itself broke',
            'ZeroDivisionError',
            status=255,
        )

    def test_it_breaks_with_debug(self) -> None:
        """With --debug there is a traceback to report."""
        done = self.run_command('--debug', 'plug', 'broken')
        self.assertEqual((255, ''), (done.returncode, done.stdout))
        self.assertIn('Traceback', done.stderr)

    def test_it_breaks_without_our_base_class(self) -> None:
        """cliff's own status for this is 1, which is a warning of ours."""
        done = self.run_command('plug', 'plain')
        self.assertEqual((255, ''), (done.returncode, done.stdout))
        self.assertIn('division by zero', done.stderr)

    def test_it_breaks_before_it_runs(self) -> None:
        """A status of 1 would be a warning's."""
        self.assert_one_line(
            self.run_command('plug', 'constructor'),
            'the tool itself broke (RuntimeError: early)',
            status=255,
        )

    def test_it_breaks_in_two_lines(self) -> None:
        """Whoever reads the status reads one line."""
        self.assert_one_line(
            self.run_command('plug', 'lines'),
            'the tool itself broke (RuntimeError: two lines)',
            status=255,
        )

    def test_it_cannot_be_loaded(self) -> None:
        """A command that is installed and missing is an error."""
        self.assert_one_line(
            self.run_command('plug', 'missing'), 'no_such_module', status=255
        )

    def test_it_leaves_by_itself(self) -> None:
        """A status of its own choice stays."""
        self.assertEqual(7, self.run_command('plug', 'leaves').returncode)

    def test_ours_work_beside_it(self) -> None:
        """Somebody else's fault is not ours."""
        shown = self.run_json(
            'flags', 'show', '--config-file', self.libvirt_file()
        )
        self.assertEqual(27, shown['bitmask'])

    def test_it_breaks_early_with_debug(self) -> None:
        """1 would be a warning: a traceback, and still 255."""
        done = self.run_command('--debug', 'plug', 'constructor')
        self.assertIn('Traceback', done.stderr)
        self.assertEqual(255, done.returncode)
