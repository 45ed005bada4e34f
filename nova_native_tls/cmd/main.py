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

"""Entry point of ``nova-native-tls``."""

from __future__ import annotations

import importlib.metadata
import itertools
import sys
import traceback
from typing import Any

from cliff import app
from cliff import command

from nova_native_tls._i18n import _
from nova_native_tls.cmd import commands
from nova_native_tls.cmd import exit_status
from nova_native_tls import exception

NAMESPACE = 'nova_native_tls.cli'
DISTRIBUTION = 'nova-native-tls'


class NativeTLSApp(app.App):
    """The application: finds commands by entry point."""

    NAME = DISTRIBUTION

    def __init__(self, **streams: Any) -> None:
        self.finished = False
        super().__init__(
            description=_('Encrypted live migration that is certain to work.'),
            version=importlib.metadata.version(DISTRIBUTION),
            command_manager=commands.Commands(NAMESPACE),
            deferred_help=True,
            **streams,
        )

    def run_subcommand(self, argv: list[str]) -> int:
        """Run one command, if there is such a command.

        An unknown one gets a line of ours on standard error, where cliff
        would write to standard output.
        """
        behind_help = argv[0] == 'help'
        asked = argv[1:] if behind_help else argv
        words = list(
            itertools.takewhile(lambda word: not word.startswith('-'), asked)
        )
        known = self._knows(words, prefixes=behind_help)
        if known or (behind_help and not words):
            return int(super().run_subcommand(argv))
        problem = self._cannot_be_loaded(words)
        self.tell(
            problem
            or _('there is no command "%s", see --help') % ' '.join(asked)
        )
        if problem is not None:
            return exit_status.ExitStatus.BROKEN
        return exit_status.ExitStatus.FAILURE

    def _knows(self, words: list[str], *, prefixes: bool) -> bool:
        if words and words[0] in ('help', 'complete'):
            return True
        try:
            self.command_manager.find_command(words)
        except ValueError:
            # "help flags" lists the commands that begin so.
            return prefixes and any(
                name.split()[: len(words)] == words
                for name, _entry in self.command_manager
            )
        return True

    def configure_logging(self) -> None:
        """Set cliff's logging up, and say it plainly if that fails."""
        try:
            super().configure_logging()
        except OSError as err:
            self.tell(
                _('cannot write the log file %(file)s: %(problem)s')
                % {'file': err.filename, 'problem': err.strerror}
            )
            raise SystemExit(exit_status.ExitStatus.FAILURE) from err

    def _cannot_be_loaded(self, words: list[str]) -> str | None:
        """Say why a command that is installed is missing all the same."""
        for entry in importlib.metadata.entry_points(group=NAMESPACE):
            if entry.name.split('_') == words[: entry.name.count('_') + 1]:
                try:
                    entry.load()
                except Exception as err:
                    return _broken_sentence(err)
        return None

    def tell(self, sentence: str) -> None:
        """Print one line for people, beside any result."""
        print(f'{self.NAME}: {sentence}', file=self.stderr)

    def clean_up(
        self, cmd: command.Command, result: int, err: BaseException | None
    ) -> None:
        """Note that a command ran, so that its own status counts."""
        self.finished = err is None


def _broken_sentence(err: Exception) -> str:
    return str(exception.ToolBroken(kind=type(err).__name__, problem=err))


def main(argv: list[str] | None = None, **streams: Any) -> int:
    """Run one command line and return its exit status.

    :param argv: without the program's name; default: the process's own.
    """
    application = NativeTLSApp(**streams)
    if argv is None:
        argv = sys.argv[1:]
    try:
        # Without a command cliff would start an interactive shell.
        _options, command = application.parser.parse_known_args(argv)
        if not command and not {'-h', '--help'}.intersection(argv):
            argv = [*argv, 'help']
        status = int(application.run(argv))
    except Exception as err:
        if '--debug' in argv:
            traceback.print_exception(err, file=application.stderr)
        application.tell(_broken_sentence(err))
        return exit_status.ExitStatus.BROKEN
    # 1 is cliff's status for "broke", and ours for "worked, with a warning".
    if status == exit_status.ExitStatus.WARNING and not application.finished:
        return exit_status.ExitStatus.BROKEN
    return status


if __name__ == '__main__':
    sys.exit(main())
